"""Writes `operators/`: one tiny ONNX file for each operator, attribute and version of interest,
with the values that onnxruntime computes at 20 points (5 pictures).

    python operators.py

`operators/values.json` holds the points, by name, and for each file `NAME.onnx` its version of
the operator set, which points it takes as `x`, and the rows of its output `y`, flattened.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import onnx
import onnxruntime

FOLDER = Path(__file__).parent / "operators"
ROWS, PICTURES = 20, 5
STREAM = np.random.default_rng(41)
POINTS = {
    "general": STREAM.normal(0, 1.2, (ROWS, 4)).round(4),
    "positive": STREAM.uniform(0.2, 3, (ROWS, 4)).round(4),
    "picture": STREAM.normal(0, 1, (PICTURES, 50)).round(4),
}


def weights(*shape, low=-1.0, high=1.0):
    return STREAM.uniform(low, high, shape).round(4).astype(np.float32)


def whole(*values):
    return np.array(values, np.int64)


def number(value):
    return np.array(value, np.float32)


# A picture is two channels of 5×5. What a body names and does not define is in the dictionary.
PICTURE = {"shape": whole(-1, 2, 5, 5)}
AS_PICTURE = "c = Reshape(x, shape)\n"
W34, W43, B3 = weights(3, 4), weights(4, 3), weights(3)
ROW, ONE = weights(4), weights(1)
SCALE, SHIFT = weights(4, low=0.5, high=1.5), weights(4)
MEAN, VARIANCE = weights(4), weights(4, low=0.5, high=2.0)
NORM = {"scale": SCALE, "shift": SHIFT}
BATCH = NORM | {"mean": MEAN, "variance": VARIANCE}
KERNEL, KERNEL_1D, BIAS = weights(3, 2, 3, 3), weights(3, 2, 3), weights(3)
GROUPED = weights(4, 1, 2, 2)

# name: (version of the operator set, points, body, constants)
CASES = {
    # Affine maps.
    "gemm": (17, "general", "y = Gemm(x, w, b)", {"w": W43, "b": B3}),
    "gemm_trans_b": (17, "general", "y = Gemm<transB = 1>(x, w, b)", {"w": W34, "b": B3}),
    "gemm_alpha_beta": (17, "general", "y = Gemm<alpha = 0.5, beta = 2.0, transB = 1>(x, w, b)",
                        {"w": W34, "b": B3}),
    "gemm_no_bias": (17, "general", "y = Gemm(x, w)", {"w": W43}),
    "gemm_scalar_bias": (17, "general", "y = Gemm(x, w, b)", {"w": W43, "b": ONE}),
    "gemm_trans_a": (17, "general", "t = Transpose<perm = [1, 0]>(x)\n"
                     "y = Gemm<transA = 1>(t, w, b)", {"w": W43, "b": B3}),
    "matmul": (17, "general", "y = MatMul(x, w)", {"w": W43}),
    "matmul_add": (13, "general", "m = MatMul(x, w)\ny = Add(m, b)", {"w": W43, "b": B3}),
    "matmul_vector": (17, "general", "y = MatMul(x, w)", {"w": ROW}),
    "matmul_batched": (17, "general", "a = Reshape(x, s)\nt = Transpose<perm = [0, 2, 1]>(a)\n"
                       "y = MatMul(a, t)", {"s": whole(-1, 2, 2)}),
    # Arithmetic with broadcasting.
    "add_row": (17, "general", "y = Add(x, w)", {"w": ROW}),
    "add_scalar": (17, "general", "y = Add(c, x)", {"c": number(0.75)}),
    "sub_left": (17, "general", "y = Sub(w, x)", {"w": ROW}),
    "mul_self": (17, "general", "y = Mul(x, x)", {}),
    "mul_outer": (17, "general", "a = Unsqueeze(x, one)\nb = Unsqueeze(x, two)\ny = Mul(a, b)",
                  {"one": whole(1), "two": whole(2)}),
    "div_row": (17, "general", "y = Div(x, w)", {"w": SCALE}),
    "div_left": (17, "positive", "y = Div(w, x)", {"w": ROW}),
    "neg": (17, "general", "y = Neg(x)", {}),
    "abs": (17, "general", "y = Abs(x)", {}),
    "reciprocal": (17, "positive", "y = Reciprocal(x)", {}),
    "pow_square": (17, "general", "y = Pow(x, p)", {"p": number(2.0)}),
    "pow_row": (17, "positive", "y = Pow(x, p)", {"p": ROW}),
    "pow_base": (17, "general", "y = Pow(b, x)", {"b": number(1.7)}),
    "pow_both": (17, "positive", "y = Pow(x, x)", {}),
    "pow_integer": (17, "general", "y = Pow(x, p)", {"p": whole(3)}),
    "sqrt": (17, "positive", "y = Sqrt(x)", {}),
    "exp": (17, "general", "y = Exp(x)", {}),
    "log": (17, "positive", "y = Log(x)", {}),
    "erf": (17, "general", "y = Erf(x)", {}),
    "sin": (17, "general", "y = Sin(x)", {}),
    "cos": (17, "general", "y = Cos(x)", {}),
    "min": (17, "general", "y = Min(x, w, c)", {"w": ROW, "c": number(0.5)}),
    "max": (17, "general", "y = Max(x, w)", {"w": ROW}),
    "sum": (17, "general", "y = Sum(x, w, x)", {"w": ROW}),
    "clip": (17, "general", "y = Clip(x, low, high)", {"low": number(-0.5), "high": number(0.8)}),
    "clip_below": (17, "general", "y = Clip(x, low)", {"low": number(0.1)}),
    "clip_attributes": (10, "general", "y = Clip<min = -0.5, max = 0.8>(x)", {}),
    # Activations.
    "relu": (17, "general", "y = Relu(x)", {}),
    "leaky_relu": (17, "general", "y = LeakyRelu(x)", {}),
    "leaky_relu_alpha": (17, "general", "y = LeakyRelu<alpha = 0.2>(x)", {}),
    "prelu": (17, "general", "y = PRelu(x, w)", {"w": SCALE}),
    "elu": (17, "general", "y = Elu(x)", {}),
    "elu_alpha": (17, "general", "y = Elu<alpha = 0.7>(x)", {}),
    "selu": (17, "general", "y = Selu(x)", {}),
    "celu": (17, "general", "y = Celu<alpha = 0.5>(x)", {}),
    "gelu": (20, "general", "y = Gelu(x)", {}),
    "gelu_tanh": (20, "general", 'y = Gelu<approximate = "tanh">(x)', {}),
    "silu": (17, "general", "s = Sigmoid(x)\ny = Mul(x, s)", {}),
    "tanh": (17, "general", "y = Tanh(x)", {}),
    "sigmoid": (17, "general", "y = Sigmoid(x)", {}),
    "hard_sigmoid": (17, "general", "y = HardSigmoid(x)", {}),
    "hard_swish": (17, "general", "y = HardSwish(x)", {}),
    "softplus": (17, "general", "y = Softplus(x)", {}),
    "softsign": (17, "general", "y = Softsign(x)", {}),
    "mish": (18, "general", "y = Mish(x)", {}),
    "softmax": (17, "general", "y = Softmax(x)", {}),
    "softmax_axis": (17, "general", "a = Reshape(x, s)\ny = Softmax<axis = 1>(a)",
                     {"s": whole(-1, 2, 2)}),
    # Before version 13 all axes from the given one on are one.
    "softmax_flattening": (11, "general", "a = Reshape(x, s)\ny = Softmax<axis = 1>(a)",
                           {"s": whole(-1, 2, 2)}),
    "log_softmax": (17, "general", "y = LogSoftmax(x)", {}),
    # Norms.
    "layer_norm": (17, "general", "y = LayerNormalization(x, scale, shift)", NORM),
    "layer_norm_no_shift": (17, "general", "y = LayerNormalization<axis = 1, epsilon = 0.01>"
                            "(x, scale)", {"scale": SCALE}),
    "batch_norm": (17, "general", "y = BatchNormalization<epsilon = 0.001>"
                   "(x, scale, shift, mean, variance)", BATCH),
    "batch_norm_old": (9, "general", "y = BatchNormalization(x, scale, shift, mean, variance)",
                       BATCH),
    "batch_norm_picture": (17, "picture", AS_PICTURE + "y = BatchNormalization"
                           "(c, scale, shift, mean, variance)",
                           PICTURE | {name: value[:2] for name, value in BATCH.items()}),
    "dropout": (17, "general", "y = Dropout(x)", {}),
    "dropout_ratio": (17, "general", "y = Dropout(x, r)", {"r": number(0.5)}),
    "dropout_old": (10, "general", "y = Dropout<ratio = 0.3>(x)", {}),
    "identity": (17, "general", "y = Identity(x)", {}),
    "cast": (17, "general", "a = Cast<to = 11>(x)\ny = Cast<to = 1>(a)", {}),
    "constant": (17, "general", "c = Constant<value_float = 1.5>()\ny = Mul(x, c)", {}),
    # Shapes.
    "concat": (17, "general", "t = Tanh(x)\ny = Concat<axis = 1>(x, t)", {}),
    "concat_last": (17, "general", "t = Tanh(x)\ny = Concat<axis = -1>(t, x, t)", {}),
    "slice": (17, "general", "y = Slice(x, from, to, axes)",
              {"from": whole(1), "to": whole(3), "axes": whole(1)}),
    "slice_from_end": (17, "general", "y = Slice(x, from, to, axes)",
                       {"from": whole(-2), "to": whole(2**63 - 1), "axes": whole(-1)}),
    "slice_step": (17, "general", "y = Slice(x, from, to, axes, steps)",
                   {"from": whole(0), "to": whole(4), "axes": whole(1), "steps": whole(2)}),
    "slice_backwards": (17, "general", "y = Slice(x, from, to, axes, steps)",
                        {"from": whole(-1), "to": whole(-5), "axes": whole(1), "steps": whole(-1)}),
    "slice_attributes": (9, "general", "y = Slice<starts = [1], ends = [4], axes = [1]>(x)", {}),
    "gather": (17, "general", "y = Gather<axis = 1>(x, i)", {"i": whole(2, 0, -1, 2)}),
    "gather_scalar": (17, "general", "y = Gather<axis = 1>(x, i)", {"i": np.array(1, np.int64)}),
    "split": (17, "general", "a, b = Split<axis = 1>(x, s)\nt = Tanh(b)\n"
              "y = Concat<axis = 1>(t, a)", {"s": whole(1, 3)}),
    "split_equal": (18, "general", "a, b = Split<axis = 1, num_outputs = 2>(x)\ny = Mul(a, b)", {}),
    "split_attribute": (11, "general", "a, b = Split<axis = 1, split = [3, 1]>(x)\ny = Mul(a, b)",
                        {}),
    "reshape_keep": (17, "general", "a = Reshape(x, s)\ny = Tanh(a)", {"s": whole(0, 2, 2)}),
    "reshape_infer": (17, "general", "a = Reshape(x, s)\ny = Reshape(a, t)",
                      {"s": whole(-1, 2, 2), "t": whole(0, -1)}),
    "flatten": (17, "picture", AS_PICTURE + "y = Flatten(c)", PICTURE),
    "transpose": (17, "picture", AS_PICTURE + "y = Transpose<perm = [0, 2, 3, 1]>(c)", PICTURE),
    "squeeze": (17, "general", "a = Unsqueeze(x, i)\ny = Squeeze(a, i)", {"i": whole(1)}),
    "squeeze_attributes": (11, "general", "a = Unsqueeze<axes = [1, 3]>(x)\n"
                           "y = Squeeze<axes = [1]>(a)", {}),
    # A column and a matrix of weights: broadcasting would hide a wrong axis.
    "unsqueeze": (17, "general", "a = Unsqueeze(x, i)\ny = MatMul(a, w)",
                  {"i": whole(-1), "w": weights(1, 3)}),
    "expand": (17, "general", "a = Unsqueeze(x, i)\ny = Expand(a, s)",
               {"i": whole(1), "s": whole(1, 3, 4)}),
    "pad": (17, "picture", AS_PICTURE + "y = Pad(c, p, v)",
            PICTURE | {"p": whole(0, 0, 1, 0, 0, 0, 0, 2), "v": number(0.3)}),
    "reduce_mean": (17, "general", "y = ReduceMean<axes = [1]>(x)", {}),
    "reduce_mean_input": (18, "general", "y = ReduceMean<keepdims = 0>(x, i)", {"i": whole(-1)}),
    "reduce_mean_picture": (18, "picture", AS_PICTURE + "y = ReduceMean(c, i)",
                            PICTURE | {"i": whole(2, 3)}),
    "reduce_sum": (17, "general", "y = ReduceSum<keepdims = 0>(x, i)", {"i": whole(1)}),
    "reduce_sum_attributes": (11, "general", "y = ReduceSum<axes = [-1], keepdims = 1>(x)", {}),
    "reduce_sum_square": (17, "general", "y = ReduceSumSquare<axes = [1]>(x)", {}),
    "reduce_l2": (17, "general", "y = ReduceL2<axes = [1], keepdims = 0>(x)", {}),
    "reduce_max": (17, "general", "y = ReduceMax<axes = [1], keepdims = 0>(x)", {}),
    "where": (17, "general", "p = Greater(x, c)\nt = Tanh(x)\ny = Where(p, x, t)",
              {"c": number(0.0)}),
    # Convolution and pooling.
    "conv": (17, "picture", AS_PICTURE + "y = Conv(c, k, b)", PICTURE | {"k": KERNEL, "b": BIAS}),
    "conv_padded": (17, "picture", AS_PICTURE + "y = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>"
                    "(c, k, b)", PICTURE | {"k": KERNEL, "b": BIAS}),
    "conv_uneven": (17, "picture", AS_PICTURE + "y = Conv<pads = [0, 1, 2, 0], strides = [1, 2]>"
                    "(c, k)", PICTURE | {"k": KERNEL}),
    "conv_same": (17, "picture", AS_PICTURE + 'y = Conv<auto_pad = "SAME_UPPER", strides = [2, 2]>'
                  "(c, k, b)", PICTURE | {"k": KERNEL, "b": BIAS}),
    "conv_dilated": (17, "picture", AS_PICTURE + "y = Conv<dilations = [2, 1]>(c, k, b)",
                     PICTURE | {"k": KERNEL, "b": BIAS}),
    "conv_grouped": (17, "picture", AS_PICTURE + "y = Conv<group = 2>(c, k)",
                     PICTURE | {"k": GROUPED}),
    "conv_1d": (17, "picture", "c = Reshape(x, shape)\ny = Conv<pads = [1, 1]>(c, k, b)",
                {"shape": whole(-1, 2, 25), "k": KERNEL_1D, "b": BIAS}),
    "max_pool": (17, "picture", AS_PICTURE + "y = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>"
                 "(c)", PICTURE),
    "max_pool_padded": (17, "picture", AS_PICTURE + "y = MaxPool<kernel_shape = [3, 3], "
                        "pads = [1, 1, 1, 1], strides = [2, 2]>(c)", PICTURE),
    "average_pool": (17, "picture", AS_PICTURE + "y = AveragePool<kernel_shape = [2, 2], "
                     "strides = [2, 2]>(c)", PICTURE),
    "average_pool_padded": (17, "picture", AS_PICTURE + "y = AveragePool<kernel_shape = [3, 3], "
                            "pads = [1, 1, 1, 1]>(c)", PICTURE),
    "average_pool_with_pad": (17, "picture", AS_PICTURE + "y = AveragePool<kernel_shape = [3, 3], "
                              "pads = [1, 1, 1, 1], count_include_pad = 1>(c)", PICTURE),
    "global_average_pool": (17, "picture", AS_PICTURE + "y = GlobalAveragePool(c)", PICTURE),
    "global_max_pool": (17, "picture", AS_PICTURE + "y = GlobalMaxPool(c)", PICTURE),
}


def build(opset, width, body, constants):
    version = 8 if opset < 17 else 9
    text = (
        f'<ir_version: {version}, opset_import: ["" : {opset}]>\n'
        f"case (float[batch, {width}] x) => (float[] y) {{\n{body}\n}}"
    )
    model = onnx.parser.parse_model(text)
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(value, name) for name, value in constants.items()
    )
    # The rank of y is whatever the operators make of it.
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info("y"))
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    onnx.checker.check_model(model)
    return model


def run(model, points):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (values,) = session.run(["y"], {"x": points.astype(np.float32)})
    return [[float(f"{value:.7g}") for value in row] for row in values.reshape(len(points), -1)]


def main():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.onnx"):
        old.unlink()
    lines = []
    for name, (opset, points, body, constants) in sorted(CASES.items()):
        model = build(opset, POINTS[points].shape[1], body, constants)
        onnx.save(model, FOLDER / f"{name}.onnx")
        case = {"opset": opset, "points": points, "values": run(model, POINTS[points])}
        lines.append(f"{json.dumps(name)}: {json.dumps(case)}")
    points = ",\n".join(f"{json.dumps(k)}: {json.dumps(v.tolist())}" for k, v in POINTS.items())
    cases = ",\n".join(lines)
    text = f'{{"points": {{\n{points}\n}},\n"cases": {{\n{cases}\n}}}}\n'
    (FOLDER / "values.json").write_text(text)
    print(len(CASES), "operators")


if __name__ == "__main__":
    main()
