"""Results: what they turn into, and that they come back from files."""

import copy
import json
import pickle

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot
import numpy as np
import pandas as pd
import pytest
import sympy
from conftest import BUDGET

import symgrad


@pytest.fixture(scope="module")
def result():
    points = np.random.default_rng(0).uniform(0.3, 2.0, (200, 2))
    values = points[:, 0] / points[:, 1] ** 2 + 0.25
    return symgrad.search(points, values=values, names=["E", "v"], budget=BUDGET)


def test_every_notation_computes_the_same(result):
    points = np.random.default_rng(1).uniform(0.3, 2.0, (50, 2))
    for entry in result.entries:
        by_table = entry.numpy()(points)
        by_columns = entry.numpy()(points[:, 0], points[:, 1])
        by_frame = entry.numpy()(pd.DataFrame(points[:, ::-1], columns=["v", "E"]))
        symbols = sympy.symbols("E v")
        by_sympy = sympy.lambdify(symbols, entry.sympy())(*points.T) * np.ones(50)
        np.testing.assert_array_equal(by_table, by_columns)
        np.testing.assert_array_equal(by_table, by_frame)
        np.testing.assert_allclose(by_table, by_sympy, rtol=1e-9, atol=1e-12)
    assert entry.sympy().free_symbols <= set(symbols)
    assert r"\frac" in result.latex() and entry.code("rust")


def test_the_front_is_a_frame(result):
    front = result.front
    assert isinstance(front, pd.DataFrame) and front["answer"].sum() == 1
    assert front.loc[front["answer"], "expression"].item() == str(result.answer)


@pytest.mark.parametrize("pickled", [True, False])
def test_results_come_back(result, root, tmp_path, pickled):
    orbit = root / "tests/models/angular-momentum"
    frame = pd.read_csv(f"{orbit}.csv")
    ask = {"budget": 2_000}
    found = [
        result,
        symgrad.interpret(f"{orbit}.onnx", frame, **ask),
        symgrad.interpret(f"{orbit}.onnx", frame, neuron="all", **ask),
        symgrad.discover(rhs="x' = v, v' = -x"),
        result.answer,
        result.numpy(),
    ]
    for one in found:
        if pickled:
            again = pickle.loads(pickle.dumps(one))
            assert repr(copy.deepcopy(one)) == repr(again) == repr(one)
        elif hasattr(one, "save"):
            one.save(tmp_path / "saved.json")
            again = symgrad.load(tmp_path / "saved.json")
            assert type(again) is type(one) and again == one and repr(again) == repr(one)


def test_what_is_no_result_is_not_loaded(tmp_path):
    (tmp_path / "other.json").write_text(json.dumps({"a": 1}))
    (tmp_path / "text.json").write_text("front")
    for name in ("other.json", "text.json"):
        with pytest.raises(ValueError, match=name):
            symgrad.load(tmp_path / name)
    with pytest.raises(OSError, match="nowhere"):
        symgrad.load(tmp_path / "nowhere.json")


def test_notebooks_show_them(result, root):
    bundle = result._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/latex"}
    assert "<table>" in bundle["text/html"] and "\\frac" in bundle["text/latex"]
    laws = symgrad.discover(rhs="x' = v, v' = -x")
    assert "<table>" in laws._repr_mimebundle_()["text/html"]


def test_pictures(result, product, root):
    labels = lambda axes: [one.get_xlabel() for one in axes]  # noqa: E731
    angle = "angle between gradients in degrees"
    found = symgrad.search(*product, budget=BUDGET)
    assert labels(found.plot()) == ["complexity", angle]
    assert found.angles == sorted(found.angles) and len(found.angles) == 200
    assert found.angles[-1] < 1e-3
    alone = matplotlib.pyplot.figure().gca()
    assert found.plot(alone) == [alone] and labels([alone]) == ["complexity"]
    with pytest.raises(ValueError, match="3 axes"):
        found.plot(matplotlib.pyplot.subplots(1, 3)[1])
    orbit = root / "tests/models/angular-momentum"
    neuron = symgrad.interpret(f"{orbit}.onnx", pd.read_csv(f"{orbit}.csv"), budget=2_000)
    assert labels(neuron.plot()) == ["complexity", str(neuron.answer), angle]
    assert 0 < neuron.angles[0] < neuron.angles[-1] < 180
    assert labels(result.plot()) == ["complexity"] and result.angles == []
    matplotlib.pyplot.close("all")


def test_algebra():
    x, y = sympy.symbols("x y")
    assert str(symgrad.simplify("x + x + 0*y")) == "2*x"
    assert symgrad.simplify(sympy.exp(x * y), level_sets=True).sympy() == x * y
    assert symgrad.diff(x**3 * y, x).sympy() == 3 * x**2 * y
    assert symgrad.formula_of("1e-3*a + exp(b)").inputs == ["a", "b"]
    for expression in [
        sympy.Rational(1, 3) * x,
        sympy.sqrt(x) / y,
        sympy.Abs(x) ** sympy.Rational(3, 2) - sympy.E * sympy.pi,
        sympy.exp(-(x**2)) * sympy.tanh(y) + sympy.Float("0.1"),
        sympy.asin(x) + sympy.acos(x) * sympy.atan(y) - sympy.atan2(y, x),
        sympy.sinh(x) * sympy.cosh(y) + sympy.erf(x * y),
    ]:
        again = symgrad.formula_of(expression).sympy()
        at = {x: 0.7, y: 1.3}
        assert abs(complex((again - expression).evalf(subs=at))) < 1e-14, expression
    angles = symgrad.formula_of("asin(x) + acos(x)*atan(y) - atan2(y, x) + sinh(x)*cosh(y)*erf(x*y)")
    points = np.random.default_rng(2).uniform(-0.9, 0.9, (20, 2))
    by_sympy = sympy.lambdify((x, y), angles.sympy(), "math")
    wanted = [by_sympy(*point) for point in points]
    np.testing.assert_allclose(angles.numpy()(points), wanted, rtol=1e-12)
    with pytest.raises(ValueError, match="cannot be read"):
        symgrad.simplify("x +")
    with pytest.raises(ValueError, match="no input `z`"):
        symgrad.diff("x", "z")
    with pytest.raises(ValueError, match="no input"):
        symgrad.simplify("x", ranges={"z": (0, 1)})
    with pytest.raises(TypeError):
        symgrad.simplify(3)
