"""A fixture by JAX: the network is a plain function, exported by jax2onnx.

    pip install jax==0.10.2 jax2onnx==0.17.1 optax==0.2.8 sympy onnxruntime && python make_jax.py
"""

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import optax
from jax2onnx import to_onnx

import fixture
from fixture import FOLDER, Fixture, Target, draw

jax.config.update("jax_enable_x64", True)
RANGES = {"d": (0.5, 2.0), "g": (0.5, 2.0), "v": (0.5, 2.0)}
TRUTH = "v^2/(g*d)"  # Froude's number, squared
LOW, HIGH = np.array(list(RANGES.values())).T


def network(weights, x):
    for w, b in weights[:-1]:
        x = jax.nn.gelu(x @ w + b)
    w, b = weights[-1]
    return x @ w + b


def start(key, widths):
    keys = jax.random.split(key, len(widths) - 1)
    return [
        (jax.random.normal(key, (before, after)) / before**0.5, jnp.zeros(after))
        for key, before, after in zip(keys, widths, widths[1:])
    ]


def train(weights, key, steps=8000, size=1024):
    adam = optax.adam(optax.cosine_onecycle_schedule(steps, 4e-3, final_div_factor=1e4))

    def loss(weights, x):
        d, g, v = x.T
        return jnp.mean((network(weights, x)[:, 0] - jnp.log(v**2 / (g * d))) ** 2)

    @jax.jit
    def step(weights, state, key):
        x = jax.random.uniform(key, (size, len(LOW)), minval=LOW, maxval=HIGH)
        change, state = adam.update(jax.grad(loss)(weights, x), state)
        return optax.apply_updates(weights, change), state

    state = adam.init(weights)
    for key in jax.random.split(key, steps):
        weights, state = step(weights, state, key)
    return jax.tree.map(lambda w: w.astype(jnp.float32).astype(jnp.float64), weights)


def main():
    first, second = jax.random.split(jax.random.key(51))
    weights = train(start(first, [3, 32, 32, 1]), second)
    points = draw(1051, RANGES, 500)
    slopes = jax.vmap(jax.grad(lambda x: network(weights, x)[0]))(points)
    single = jax.tree.map(lambda w: w.astype(jnp.float32), weights)
    model = to_onnx(lambda x: network(single, x), [("B", len(RANGES))])
    for holder in (model, model.graph, *model.graph.node):
        del holder.metadata_props[:]
        holder.doc_string = ""
    path = FOLDER / "froude.onnx"
    onnx.save(model, path)
    output = model.graph.output[0].name
    hidden = [n for n in model.graph.node if n.op_type in ("Gemm", "MatMul")][-1].input[0]
    fixture.save(Fixture(
        "froude", path.name, "JAX, jax2onnx", "GELU, depth 2, regression of a logarithm",
        list(RANGES), points, [Target(output, [TRUTH], np.array([slopes]), [0])], output, hidden,
    ))


if __name__ == "__main__":
    main()
