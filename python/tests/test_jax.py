"""Functions of JAX. Skipped where it is not installed."""

import numpy as np
import pytest
from conftest import BUDGET

import symgrad

jax = pytest.importorskip("jax", reason="JAX is not installed")


def test_functions_of_one_point_are_read():
    points = np.random.default_rng(0).uniform(0.4, 2, (200, 2))
    ratio = symgrad.interpret(lambda p: jax.numpy.tanh(p[0] / p[1]), points, budget=BUDGET)
    assert str(ratio.answer) in ("x1/x2", "x2/x1")
    pair = symgrad.interpret(
        lambda p: jax.numpy.stack([p[0] * p[1], p[0]]), points, neuron=0, budget=BUDGET
    )
    assert str(pair.answer) == "x1*x2"
    # Double precision was for us alone.
    assert jax.numpy.asarray(0.1).dtype == "float32"
    with pytest.raises(ValueError, match="must take one point"):
        symgrad.interpret(lambda p: jax.numpy.ones((2, 2)), points)


def test_functions_of_all_points_are_read(caplog):
    points = np.random.default_rng(0).uniform(0.4, 2, (200, 2))

    def found(function):
        return symgrad.interpret(function, points, budget=BUDGET)

    exact = found(lambda p: jax.numpy.tanh(p[:, 0] * p[:, 1]))
    assert str(exact.answer) == "x1*x2" and "estimated" not in caplog.text
    # JAX is imported, but this function is NumPy's.
    estimated = found(lambda p: np.tanh(p[:, 0] * p[:, 1]))
    assert str(estimated.answer) == "x1*x2" and "estimated" in caplog.text
    with pytest.raises(ValueError, match="JAX cannot differentiate the function .* nor does it take"):
        found(lambda p: p.fifth)


def test_a_formula_is_a_function_of_jax():
    formula = symgrad.Formula("x*exp(y) - 1/x", ["x", "y"])
    function = formula.jax()
    points = np.random.default_rng(0).uniform(0.4, 2, (50, 2))
    np.testing.assert_allclose(jax.jit(function)(points), formula.numpy()(points), rtol=1e-5)
    slope = jax.grad(lambda p: function(p))(jax.numpy.asarray([2.0, 0.0]))
    np.testing.assert_allclose(slope, [1.25, 2.0], rtol=1e-6)
