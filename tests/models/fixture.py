"""What a fixture consists of, and how it is checked and written.

A fixture is a model file, points drawn from the data it was trained on, the values that
onnxruntime computes there, and an entry in `models.toml` that says which neurons hold which
concept. The concept only scores: no script gives it to symgrad.

Nothing here knows a training framework: the scripts hand over gradients as arrays.
"""

import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import onnx
import onnxruntime
import sympy

FOLDER = Path(__file__).parent
INDEX = FOLDER / "models.toml"
# Rows with reference values, and how many neurons of the hidden tensor are kept.
REFERENCE_ROWS = 50
HIDDEN_NEURONS = 4


@dataclass
class Target:
    """One neuron (`[i]`), a difference of two (`margin=(i, j)`), or several as one space."""

    layer: str
    truths: list[str]
    # (K, n, d): the gradients of the K neurons, or of the margin, at the points.
    gradients: np.ndarray
    neurons: list[int] = field(default_factory=list)
    margin: tuple[int, int] | None = None
    # The smallest |mean cos| that counts as learned; kinks of ReLU allow less.
    least: float = 0.999
    # Whether the neuron is a bent but monotone function of its concept. A folded one
    # (sin, |x|) keeps the direction of the concept's gradient but not its sign.
    monotone: bool = True


@dataclass
class Fixture:
    name: str
    file: str
    framework: str
    network: str
    columns: list[str]
    points: np.ndarray
    targets: list[Target]
    # The tensors with reference values: the output and one hidden one.
    output: str
    hidden: str
    through: str = ""
    fixed_batch: bool = False
    # For a layer of many neurons, which of them hold the same concept, and which are dead at
    # the points. The last affine ones hold none but a plane.
    groups: list[dict] = field(default_factory=list)


def draw(seed, ranges, rows):
    """Points (rows, d), uniform in a box, with six digits so that they survive a CSV file."""
    low, high = np.array(list(ranges.values())).T
    uniform = np.random.default_rng(seed).uniform(low, high, (rows, len(ranges)))
    return np.array([[float(f"{value:.6g}") for value in row] for row in uniform])


def save(fixture):
    """Checks a fixture against its concepts, then writes its tables and its entry."""
    agreements = [check(fixture, target) for target in fixture.targets]
    write_table(FOLDER / f"{fixture.name}.csv", fixture.columns, fixture.points, 6)
    if fixture.file.endswith(".onnx") and not fixture.through:
        write_reference(fixture)
    entry = {
        "name": fixture.name,
        "file": fixture.file,
        "framework": fixture.framework,
        "network": fixture.network,
        "points": f"{fixture.name}.csv",
        "values": f"{fixture.name}.values.csv",
    }
    if fixture.fixed_batch:
        entry["fixed_batch"] = True
    if fixture.through:
        entry["through"] = fixture.through
    entry |= {"output": fixture.output, "hidden": fixture.hidden}
    entry["target"] = [describe(*pair) for pair in zip(fixture.targets, agreements)]
    entry["group"] = fixture.groups
    entries = [known for known in read_index() if known["name"] != fixture.name] + [entry]
    write_index(sorted(entries, key=lambda entry: entry["name"]))
    print(fixture.name, *agreements)


def check(fixture, target):
    """|mean cos| of the angle between the gradients of target and truth, one per truth."""
    agreements = []
    for truth in target.truths:
        exact = gradient(truth, fixture.columns, fixture.points)
        exact /= np.linalg.norm(exact, axis=1, keepdims=True)
        if len(target.gradients) == 1:
            learned = target.gradients[0]
            cos = np.sum(learned * exact, axis=1) / np.linalg.norm(learned, axis=1)
            mean = abs(np.mean(cos)) if target.monotone else np.mean(abs(cos))
        else:
            # The length of the truth's unit gradient within the span of the neurons'.
            basis = np.linalg.qr(target.gradients.transpose(1, 2, 0))[0]
            mean = np.mean(np.linalg.norm(np.einsum("nd,ndk->nk", exact, basis), axis=1))
        if not mean > target.least:
            raise ValueError(f"{fixture.name}: {truth} is learned only to {mean:.5f}")
        agreements.append(round(float(mean), 6))
    return agreements


def gradient(formula, columns, points):
    """The exact gradient (n, d) of a formula in symgrad's syntax."""
    symbols = {name: sympy.Symbol(name, real=True) for name in columns}
    parsed = sympy.sympify(formula.replace("^", "**"), locals=symbols)
    pieces = [
        np.broadcast_to(
            sympy.lambdify(list(symbols.values()), parsed.diff(symbol))(*points.T), len(points)
        )
        for symbol in symbols.values()
    ]
    return np.stack(pieces, axis=1).astype(float)


def tensors(path, rows, names, one_by_one=False):
    """The values that onnxruntime computes for the tensors named, whether outputs or not."""
    model = onnx.load(path)
    known = {output.name for output in model.graph.output}
    model.graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in known
    )
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (feed,) = session.get_inputs()
    rows = rows.astype(np.float64 if feed.type == "tensor(double)" else np.float32)
    parts = [rows[n : n + 1] for n in range(len(rows))] if one_by_one else [rows]
    found = [session.run(names, {feed.name: part}) for part in parts]
    return [np.concatenate(pieces) for pieces in zip(*found)]


def write_reference(fixture):
    rows = fixture.points[:REFERENCE_ROWS]
    names = [fixture.output, fixture.hidden]
    output, hidden = tensors(FOLDER / fixture.file, rows, names, fixture.fixed_batch)
    write_values(fixture.name, output, hidden)


def write_values(name, output, hidden=None, pixels=None):
    """Columns y0, y1, … of the output, h0, h1, … of the hidden tensor, both flattened: the
    number is the place in it. `pixels` are the places kept of a large output."""
    output = output.reshape(len(output), -1)
    places = range(output.shape[1]) if pixels is None else pixels
    columns, parts = [f"y{k}" for k in places], [output[:, places]]
    if hidden is not None:
        hidden = hidden.reshape(len(hidden), -1)[:, :HIDDEN_NEURONS]
        columns += [f"h{k}" for k in range(hidden.shape[1])]
        parts.append(hidden)
    write_table(FOLDER / f"{name}.values.csv", columns, np.concatenate(parts, axis=1), 9)


def write_table(path, columns, rows, digits):
    lines = [",".join(columns)]
    lines += [",".join(f"{value:.{digits}g}" for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")


def describe(target, agreement):
    entry = {"layer": target.layer}
    if target.margin:
        entry["margin"] = list(target.margin)
    else:
        entry["neurons"] = target.neurons
    entry["truths"] = target.truths
    if not target.monotone:
        entry["monotone"] = False
    return entry | {"cos": agreement}


def read_index():
    return tomllib.loads(INDEX.read_text())["model"] if INDEX.exists() else []


def write_index(entries):
    lines = ["# Models that symgrad did not train. Written by the scripts here; see README.md."]
    for entry in entries:
        lines += ["", "[[model]]"]
        tables = {key: entry.get(key, []) for key in ("target", "group")}
        lines += [f"{key} = {toml(value)}" for key, value in entry.items() if key not in tables]
        for key, rows in tables.items():
            for row in rows:
                lines += ["", f"[[model.{key}]]"]
                lines += [f"{name} = {toml(value)}" for name, value in row.items()]
    INDEX.write_text("\n".join(lines) + "\n")
    write_readme(entries)


def write_readme(entries):
    """Fills the table of README.md between its two marks."""
    rows = ["| fixture | from | network | target | concept | cos |", "|" + "---|" * 6]
    for entry in entries:
        for n, target in enumerate(entry["target"]):
            what = "neuron " + ", ".join(map(str, target["neurons"])) if "neurons" in target else (
                "margin {} − {}".format(*target["margin"]))
            what += f" of `{target['layer']}`"
            first = [f"`{entry['file']}`", entry["framework"], entry["network"]]
            if "through" in entry:
                what += f" through `{entry['through']}`"
            rows.append("| " + " | ".join([
                *(["", "", ""] if n else first), what,
                ", ".join(f"`{truth}`" for truth in target["truths"]),
                ", ".join(f"{cos:.5f}" for cos in target["cos"]),
            ]) + " |")
    readme = FOLDER / "README.md"
    before, _, rest = readme.read_text().partition("<!-- table -->")
    _, _, after = rest.partition("<!-- end of the table -->")
    table = "\n".join(["<!-- table -->", *rows, "<!-- end of the table -->"])
    readme.write_text(before + table + after)


def toml(value):
    # Strings, numbers, booleans and lists of them are spelt as in JSON.
    return json.dumps(value, ensure_ascii=False)


def last_of(kind, path):
    """The name of what the last node of a kind gives."""
    return [node for node in onnx.load(path).graph.node if node.op_type == kind][-1].output[0]
