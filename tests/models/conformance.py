"""The operator cases of the ONNX project's own suite, in a form that symgrad reads.

    python conformance.py FOLDER [--largest NUMBERS]

The package `onnx` holds, for each operator, cases of one node with inputs and expected outputs.
This script takes those with floating-point inputs and outputs. In each, the floating-point inputs
become parts of one vector `x`, everything else becomes a constant, and the floating-point outputs,
flattened, are joined with the first number of `x` to the output `y`, so that an output without a
gradient can be read, too. A second form, `first`, has only the first floating-point input
as `x`, and the others as constants, as weights are.

FOLDER gets `cases.json`: for each case its name, operator, points, the values that are expected, and
the models as hexadecimal digits; and the same compressed. `--largest` leaves out cases of more
numbers than that; `conformance.json.gz` beside this script is such a selection, with 400.
"""

import argparse
import gzip
import json
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

FLOATS = ("float16", "float32", "float64", "bfloat16")
# Filled from a random stream or by training: there is no value to expect.
RANDOM = {"Bernoulli", "RandomNormalLike", "RandomUniformLike"}


def is_float(value):
    return isinstance(value, np.ndarray) and str(value.dtype) in FLOATS


def wrapped(case, inputs, outputs, variable):
    """The case's model as a function of the inputs that are `variable`, by name."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    opset = next((s.version for s in model.opset_import if s.domain in ("", "ai.onnx")), None)
    if opset is None:
        opset = 21
        model.opset_import.append(helper.make_opsetid("", opset))
    names = [i.name for i in graph.input]
    shapes = {n: v for n, v in zip(names, inputs)}
    before, after, start = [], [], 0
    for name in names:
        value = shapes[name]
        if name not in variable:
            graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
            continue
        end = start + value.size
        if opset >= 10:
            for suffix, number in (("from", start), ("to", end), ("axis", 0)):
                array = np.array([number], np.int64)
                graph.initializer.append(numpy_helper.from_array(array, f"{name}/{suffix}"))
            parts = [f"{name}/{s}" for s in ("from", "to", "axis")]
            before.append(helper.make_node("Slice", ["all/x", *parts], [f"{name}/flat"]))
        else:
            before.append(helper.make_node("Slice", ["all/x"], [f"{name}/flat"], axes=[0],
                                           starts=[start], ends=[end]))
        shape = np.array(value.shape, np.int64)
        graph.initializer.append(numpy_helper.from_array(shape, f"{name}/shape"))
        before.append(helper.make_node("Reshape", [f"{name}/flat", f"{name}/shape"], [name]))
        start = end
    graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), "all/flat"))
    parts = []
    for info, value in zip(graph.output, outputs):
        if is_float(value):
            after.append(helper.make_node("Reshape", [info.name, "all/flat"], [f"{info.name}/y"]))
            parts.append(f"{info.name}/y")
    if opset >= 10:
        for suffix, number in (("from", 0), ("to", 1), ("axis", 0)):
            array = np.array([number], np.int64)
            graph.initializer.append(numpy_helper.from_array(array, f"all/{suffix}"))
        after.append(helper.make_node("Slice", ["all/x", "all/from", "all/to", "all/axis"], ["all/first"]))
    else:
        after.append(helper.make_node("Slice", ["all/x"], ["all/first"], axes=[0], starts=[0],
                                      ends=[1]))
    after.append(helper.make_node("Concat", [*parts, "all/first"], ["all/y"], axis=0))
    before.insert(0, helper.make_node("Identity", ["all/point"], ["all/x"]))
    nodes = [*before, *graph.node, *after]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("all/point", TensorProto.FLOAT, [start]))
    graph.output.append(helper.make_tensor_value_info("all/y", TensorProto.FLOAT, None))
    point = np.concatenate([shapes[n].astype(np.float64).ravel() for n in names if n in variable])
    return model, point


def short(values):
    """Numbers as few digits as single precision needs; what JSON does not know, as text."""
    numbers = [float(f"{v:.9g}") for v in np.asarray(values, np.float64).ravel()]
    return [n if np.isfinite(n) else str(n) for n in numbers]


def main():
    parser = argparse.ArgumentParser(description="operator cases of the package onnx")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--largest", type=int, default=100_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    records, left_out = [], 0
    for case in sorted(collect_testcases(None), key=lambda case: case.name):
        inputs, outputs = case.data_sets[0]
        floats = [i for i in inputs if is_float(i)]
        results = [o for o in outputs if is_float(o)]
        operator = next(iter(case.model.graph.node))
        if not floats or not results or sum(f.size for f in floats) == 0:
            continue
        if "_expanded" in case.name or operator.op_type in RANDOM or "training" in operator.domain:
            continue
        if sum(a.size for a in [*floats, *results]) > options.largest:
            left_out += 1
            continue
        name = case.name.removeprefix("test_")
        domain = f"{operator.domain}::" if operator.domain else ""
        record = {"name": name, "operator": domain + operator.op_type}
        kinds = {str(v.dtype) for v in [*floats, *results]}
        record["precision"] = 8 if "bfloat16" in kinds else 11 if "float16" in kinds else 24
        names = [i.name for i in case.model.graph.input]
        every = [n for n, v in zip(names, inputs) if is_float(v) and v.size]
        first = [n for n in every[:1]]
        for form, variable in (("all", every), ("first", first)):
            if form == "first" and len(every) == 1:
                continue
            try:
                model, point = wrapped(case, inputs, outputs, variable)
            except Exception as problem:  # sequences, optionals: nothing to read
                record["problem"] = f"{type(problem).__name__}"
                break
            record[form] = {"point": short(point), "model": model.SerializeToString().hex()}
        record["values"] = short(np.concatenate([r.astype(np.float64).ravel() for r in results]))
        records.append(record)
    lines = ",\n".join(json.dumps(record) for record in records)
    text = f"[\n{lines}\n]\n"
    (options.folder / "cases.json").write_text(text)
    packed = gzip.compress(text.encode(), 9, mtime=0)
    (options.folder / "cases.json.gz").write_bytes(packed)
    print(len(records), "cases of", len({r["operator"] for r in records}), "operators,", left_out,
          "left out; onnx", onnx.__version__)


if __name__ == "__main__":
    main()
