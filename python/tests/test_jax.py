"""Functions of JAX. Skipped where it is not installed."""

import os

import numpy as np
import pytest
from conftest import BUDGET

import symgrad

os.environ.setdefault("KERAS_BACKEND", "jax")
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


def test_a_formula_is_a_function_of_jax():
    formula = symgrad.Formula("x*exp(y) - 1/x", ["x", "y"])
    function = formula.jax()
    points = np.random.default_rng(0).uniform(0.4, 2, (50, 2))
    np.testing.assert_allclose(jax.jit(function)(points), formula.numpy()(points), rtol=1e-5)
    slope = jax.grad(lambda p: function(p))(jax.numpy.asarray([2.0, 0.0]))
    np.testing.assert_allclose(slope, [1.25, 2.0], rtol=1e-6)


def test_networks_of_keras_are_read():
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    if keras.backend.backend() != "jax":
        pytest.skip("Keras runs on another backend")
    inputs = keras.Input((2,))
    inner = keras.layers.Multiply(name="product")([inputs[:, :1], inputs[:, 1:]])
    model = keras.Model(inputs, keras.layers.Activation("tanh")(inner))
    points = np.random.default_rng(0).uniform(0.3, 1.2, (300, 2))
    for layer, name in [(None, "output"), ("product", "product"), (model.layers[-1], None)]:
        found = symgrad.interpret(model, points, layer=layer, budget=BUDGET)
        assert str(found.answer) == "x1*x2" and found.layer == (name or layer.name)
    with pytest.raises(ValueError, match="no layer `nowhere`; there are"):
        symgrad.interpret(model, points, layer="nowhere")
