"""A fixture by Keras and TensorFlow, exported by tf2onnx.

    pip install tensorflow-cpu==2.21.0 tf2onnx==1.17.0 sympy onnxruntime && python make_keras.py
"""

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

import fixture
from fixture import FOLDER, Fixture, Target, draw

RANGES = {"L": (0.5, 2.0), "g": (0.5, 2.0), "theta": (0.3, 1.5)}
TRUTH = "g*L*(1 - cos(theta))"  # the height energy of a pendulum


def main():
    keras.utils.set_random_seed(52)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    keras.backend.set_floatx("float64")
    x = draw(52, RANGES, 40_000)
    y = np.sqrt(1 + x[:, 0] * x[:, 1] * (1 - np.cos(x[:, 2])))
    model = keras.Sequential([
        keras.Input((len(RANGES),), name="input"),
        keras.layers.Dense(48, "selu", kernel_initializer="lecun_normal"),
        keras.layers.Dense(40, "tanh"),
        keras.layers.Dense(40, "silu"),
        keras.layers.Dense(1, name="head"),
    ])
    size, epochs = 500, 200
    rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(x) // size)
    model.compile(keras.optimizers.Adam(rate), "mse")
    model.fit(x, y, batch_size=size, epochs=epochs, verbose=0)

    model.set_weights([w.astype(np.float32).astype(np.float64) for w in model.get_weights()])
    points = draw(1052, RANGES, 500)
    at = tf.constant(points)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = model(at)
    slopes = tape.gradient(value, at).numpy()

    path = FOLDER / "swing.onnx"
    weights = model.get_weights()
    keras.backend.set_floatx("float32")
    single = keras.Sequential.from_config(as_single(model.get_config()))
    single.set_weights(weights)
    signature = [tf.TensorSpec((None, len(RANGES)), tf.float32, name="input")]
    call = tf.function(lambda rows: single(rows, training=False), input_signature=signature)
    exported, _ = tf2onnx.convert.from_function(call, signature, opset=17)
    onnx.save(exported, path)
    output = exported.graph.output[0].name
    hidden = [n for n in exported.graph.node if n.op_type in ("Gemm", "MatMul")][-1].input[0]
    fixture.save(Fixture(
        "swing", path.name, "Keras, tf2onnx",
        "SELU, tanh and SiLU, depth 3, regression of a root", list(RANGES), points,
        [Target(output, [TRUTH], slopes[None], [0])], output, hidden,
    ))


def as_single(config):
    """A configuration with all float64 turned into float32."""
    if isinstance(config, dict):
        return {key: as_single(value) for key, value in config.items()}
    if isinstance(config, list):
        return [as_single(value) for value in config]
    return "float32" if config == "float64" else config


if __name__ == "__main__":
    main()
