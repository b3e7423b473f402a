"""What neurons of Keras's networks do at points, on any of its backends that has gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._errors import InputError
from ._models import BATCH, Array, Recording, by_autograd, difference, joined, of_jax, units_for
from ._packages import loaded


def is_keras(model: Any) -> bool:
    """Whether it is a network of Keras."""
    keras = loaded("keras")
    return keras is not None and isinstance(model, keras.Model)


def of_keras(model: Any, points: Array, layer: Any, units: Sequence[str] | None) -> Recording:
    """In the network's own precision; the network stays as it is."""
    keras = loaded("keras")
    assert keras is not None
    if not model.built:
        raise InputError("the network has no weights yet: train it, or call it once on some points")
    part, name = (model, "output") if layer is None else _up_to(model, layer)

    def run(batch: Any) -> Any:
        return keras.ops.reshape(part(batch, training=False), (len(batch), -1))

    backend = keras.backend.backend()
    if backend == "torch":
        return by_autograd(run, points, name, units)
    if backend == "tensorflow":
        return _by_tape(run, points, name, units)
    if backend == "jax":
        found = of_jax(lambda point: run(point[None])[0], points, units)
        found.layer = name
        return found
    message = "set KERAS_BACKEND to jax, tensorflow or torch, or give the path of an ONNX file"
    raise InputError(f"Keras has no gradients on {backend}: {message}")


def _up_to(model: Any, layer: Any) -> tuple[Any, str]:
    """The network up to a layer, and the layer's name."""
    keras = loaded("keras")
    assert keras is not None
    known = {one.name: one for one in model.layers}
    found = layer if isinstance(layer, keras.layers.Layer) else known.get(layer)
    if found is None or found.name not in known:
        raise InputError(f"the network has no layer `{layer}`; there are {', '.join(known)}")
    try:
        return keras.Model(model.inputs, found.output), found.name
    except (AttributeError, ValueError) as error:
        message = "only sequential and functional networks have inner layers"
        raise InputError(f"layer `{found.name}` cannot be read ({error}): {message}") from error


def _by_tape(
    run: Callable[[Any], Any], points: Array, layer: str, units: Sequence[str] | None
) -> Recording:
    """What `run` makes of a batch of points in TensorFlow, n×K values for n of them, and its slopes."""
    tensorflow = loaded("tensorflow")
    assert tensorflow is not None
    none = tensorflow.UnconnectedGradients.ZERO
    chosen: list[str] = []
    values: list[list[Array]] = []
    gradients: list[list[Array]] = []
    for start in range(0, len(points), BATCH):
        batch = tensorflow.constant(points[start : start + BATCH])
        with tensorflow.GradientTape(persistent=True) as tape:
            tape.watch(batch)
            output = run(batch)
            if not chosen:
                chosen = units_for(units, output.shape[1], layer)
                values, gradients = [[] for _ in chosen], [[] for _ in chosen]
            asked = [difference(unit, lambda neuron: output[:, neuron]) for unit in chosen]  # noqa: B023
        for place, value in enumerate(asked):
            values[place].append(np.asarray(value, dtype=np.float64))
            slope = tape.gradient(value, batch, unconnected_gradients=none)
            gradients[place].append(slope.numpy())
    return joined(layer, chosen, values, gradients)
