"""Networks of Keras on each of its backends, of which a process can have one. Skipped where they are
not installed."""

import importlib.util
import os
import subprocess
import sys

import pytest

PROGRAM = """
import keras, numpy as np, symgrad

points = np.random.default_rng(0).uniform(0.3, 1.2, (300, 2))
inputs = keras.Input((2,))
inner = keras.layers.Multiply(name="product")([inputs[:, :1], inputs[:, 1:]])
model = keras.Model(inputs, keras.layers.Activation("tanh", name="bent")(inner))
for layer in [None, "product", model.layers[-1]]:
    found = symgrad.interpret(model, points, layer=layer, budget=8_000)
    print(found.layer, found.answer)

dense = lambda count: keras.layers.Dense(count, activation="tanh")
network = keras.Sequential([keras.Input((2,)), dense(9), keras.layers.Dropout(0.5), dense(3)])
first, bend, second, shift = map(keras.ops.convert_to_numpy, network.weights)
hidden = np.tanh(points @ first + bend)
values = np.tanh(hidden @ second + shift)
slopes = np.einsum("dh,nh,hk,nk->nkd", first, 1 - hidden**2, second, 1 - values**2)
known = symgrad._keras.of_keras(network, points, None, ["1", "2-0"])
assert known.units == ["1", "2-0"]
np.testing.assert_allclose(known.values, [values[:, 1], values[:, 2] - values[:, 0]], atol=1e-5)
expected = [slopes[:, 1].T, (slopes[:, 2] - slopes[:, 0]).T]
np.testing.assert_allclose(known.gradients, expected, atol=1e-5)

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = dense(1)

    def call(self, batch):
        return self.first(batch)

own = Own()
own(points)
assert symgrad.interpret(own, points, budget=1_000).entries
for network, layer in [(model, "nowhere"), (own, own.first), (Own(), None)]:
    try:
        symgrad.interpret(network, points, layer=layer)
    except symgrad.InputError as error:
        print(error)
"""

BACKENDS = ["jax", "tensorflow", "torch"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_networks_of_keras_are_read(backend):
    for package in ("keras", backend):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[:3] == ["output x1*x2", "product x1*x2", "bent x1*x2"]
    assert told[3].startswith("the network has no layer `nowhere`; there are")
    assert "only sequential and functional networks" in told[4]
    assert told[5:] == ["the network has no weights yet: train it, or call it once on some points"]
