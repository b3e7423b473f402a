"""Neurons: of files, functions and estimators; by threads and processes."""

import concurrent.futures
import multiprocessing
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import BUDGET, timeless
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler

import symgrad


@pytest.fixture
def orbit(root):
    return root / "tests/models/angular-momentum.onnx", pd.read_csv(
        root / "tests/models/angular-momentum.csv"
    )


def pair(points):
    """Two neurons, x/y and x·y, bent."""
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.exp(x / y), np.tanh(x * y)], axis=1)


def pair_slopes(points):
    x, y = points[:, 0], points[:, 1]
    first = np.exp(x / y)[:, None] * np.stack([1 / y, -x / y**2], axis=1)
    second = np.cosh(x * y)[:, None] ** -2 * np.stack([y, x], axis=1)
    return np.stack([first, second], axis=1)


def test_a_file_is_read_as_the_command_reads_it(orbit, root, command):
    path, frame = orbit
    found = symgrad.interpret(path, frame, budget=BUDGET)
    said = command(
        "interpret", "--model", path, "--points", path.with_suffix(".csv"), "--budget", BUDGET
    )
    assert isinstance(found, symgrad.Neuron)
    assert timeless(found.to_dict()) == timeless(said)
    assert str(found.answer) == "x*vy - y*vx"
    assert found.verdict.kind == "ambiguous" and "held-out" in found.verdict.sentence
    assert found.outer["r_squared"] > 0.999


def test_layers_and_spaces_are_read_as_the_command_reads_them(root, command):
    path, table = root / "tests/models/invariants.onnx", root / "tests/models/invariants.csv"
    frame = pd.read_csv(table)
    common = ["interpret", "--model", path, "--points", table, "--budget", 500]
    layer = symgrad.interpret(path, frame, neuron="all", budget=500)
    assert isinstance(layer, symgrad.Layer)
    assert timeless(layer.to_dict()) == timeless(command(*common, "--all"))
    assert len(layer) == len(list(layer)) and layer[0].unit == "0"
    assert list(layer.front.columns) == ["neuron", "verdict", "loss", "r_squared", "answer"]
    space = symgrad.interpret(path, frame, neuron=[0, 1], budget=500)
    assert isinstance(space, symgrad.Space)
    assert timeless(space.to_dict()) == timeless(command(*common, "--neuron", "0,1"))


def test_layers_of_a_file(orbit):
    path, frame = orbit
    listed = symgrad.layers(path)
    assert [layer["name"] for layer in listed if layer["output"]] == ["output"]
    inner = next(layer for layer in listed if layer["neurons"] > 1)
    for words, call in [
        ("no layer `nowhere`", lambda: symgrad.interpret(path, frame, layer="nowhere")),
        ("which", lambda: symgrad.interpret(path, frame, layer=inner["name"])),
        ("10000", lambda: symgrad.interpret(path, frame, layer=inner["name"], neuron=10_000)),
        ("number", lambda: symgrad.interpret(path, frame, neuron="first")),
        ("empty", lambda: symgrad.interpret(path, frame, neuron=[])),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(OSError):
        symgrad.interpret(path.with_name("nowhere.onnx"), frame)


def test_functions_with_gradients():
    points = np.random.default_rng(0).uniform(0.4, 2, (200, 2))
    ask = {"gradient": pair_slopes, "budget": BUDGET, "names": ["x", "y"]}
    second = symgrad.interpret(pair, points, neuron=1, **ask)
    assert str(second.answer) == "x*y"
    layer = symgrad.interpret(pair, points, neuron=[0, 1], together=False, **ask)
    assert {str(neuron.answer) for neuron in layer} == {"x/y", "x*y"}
    assert symgrad.interpret(pair, points, neuron="1-0", **ask).unit == "1-0"
    with pytest.raises(ValueError, match="has 2 neurons"):
        symgrad.interpret(pair, points, **ask)
    with pytest.raises(ValueError, match="no neuron 2"):
        symgrad.interpret(pair, points, neuron=2, **ask)
    with pytest.raises(ValueError, match="N×d numbers"):
        symgrad.interpret(pair, points, gradient=lambda p: p, neuron=0)
    with pytest.raises(TypeError, match="must be a torch.nn.Module"):
        symgrad.interpret(3, points)
    with pytest.raises(ValueError, match="have layers"):
        symgrad.interpret(pair, points, layer="h", **ask)


def test_a_dead_neuron_is_no_error():
    points = np.random.default_rng(0).uniform(0.4, 2, (100, 2))
    dead = symgrad.interpret(
        lambda p: np.zeros(len(p)), points, gradient=lambda p: np.zeros_like(p)
    )
    assert dead.is_dead and dead.verdict.kind == "dead" and "dead" in repr(dead)
    with pytest.raises(ValueError, match="dead"):
        _ = dead.answer


def test_estimators_are_read():
    points = pd.DataFrame(
        np.random.default_rng(0).uniform(0.4, 2, (300, 2)), columns=["mass", "speed"]
    )
    values = points["mass"] * points["speed"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = MLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", max_iter=2_000, random_state=0)
        network.fit(points, values)
    assert str(symgrad.interpret(network, points, budget=BUDGET).answer) == "mass*speed"
    recording = symgrad._models.of_estimator(network, points, points.to_numpy(), None)
    step = 1e-6
    for place, name in enumerate(points):
        moved = points.assign(**{name: points[name] + step})
        slope = (network.predict(moved) - network.predict(points)) / step
        np.testing.assert_allclose(recording.gradients[0][place], slope, atol=1e-3)
    np.testing.assert_allclose(recording.values[0], network.predict(points))
    both = make_pipeline(StandardScaler(), MinMaxScaler(), network)
    assert str(symgrad.interpret(both.fit(points, values), points, budget=BUDGET).answer)
    scaled = symgrad._models.of_estimator(both, points, points.to_numpy(), None)
    moved = points.assign(speed=points["speed"] + step)
    slope = (both.predict(moved) - both.predict(points)) / step
    np.testing.assert_allclose(scaled.gradients[0][1], slope, atol=1e-3)
    forest = RandomForestRegressor(20, random_state=0).fit(points, values)
    assert symgrad._models.of_estimator(forest, points, points.to_numpy(), None) is None
    assert symgrad.interpret(forest, points, budget=500).entries
    line = LinearRegression().fit(points, points["mass"] - 2 * points["speed"])
    found = symgrad.interpret(line, points, budget=BUDGET)
    slope = found.answer.sympy().diff("mass") / found.answer.sympy().diff("speed")
    assert abs(float(slope) + 0.5) < 1e-6


def test_other_estimators_are_read_through_their_onnx_files(caplog):
    pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    points = np.random.default_rng(0).uniform(0.4, 2, (300, 2))
    model = make_pipeline(PolynomialFeatures(2), Ridge(1e-9))
    found = symgrad.interpret(model.fit(points, points.prod(axis=1)), points, budget=BUDGET)
    assert str(found.answer) == "x1*x2" and "estimated" not in caplog.text


def test_packages_are_imported_when_they_are_needed(orbit):
    path, frame = orbit
    program = f"""
import sys, numpy as np, symgrad
points = dict(zip({list(frame)}, np.array({frame.head(50).to_numpy().T.tolist()})))
symgrad.interpret({str(path)!r}, points, budget=500)
print(sorted(sys.modules.keys() & {{"jax", "matplotlib", "pandas", "sklearn", "sympy", "torch", "tqdm"}}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_each_neuron_is_a_job_of_its_own(orbit):
    points = np.random.default_rng(0).uniform(0.4, 2, (200, 2))
    ask = {"gradient": pair_slopes, "budget": 2_000, "neuron": "all"}
    spawn = multiprocessing.get_context("spawn")
    fork = multiprocessing.get_context("fork")
    alone = [symgrad.interpret(pair, points, **{**ask, "neuron": n}) for n in (0, 1)]
    with warnings.catch_warnings():
        # Of threads in the process that is forked, none of which are symgrad's.
        warnings.simplefilter("ignore", DeprecationWarning)
        executors = [
            concurrent.futures.ThreadPoolExecutor(2),
            concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn),
            concurrent.futures.ProcessPoolExecutor(2, mp_context=fork),
        ]
        for executor in executors:
            with executor:
                layer = symgrad.interpret(pair, points, executor=executor, **ask)
            assert [neuron.unit for neuron in layer] == ["0", "1"]
            for one, other in zip(layer, alone, strict=True):
                assert timeless(one.to_dict()) == timeless(other.to_dict())
    path, frame = orbit
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        layer = symgrad.interpret(path, frame, neuron="all", executor=executor, budget=2_000)
    assert len(layer) == 1
