"""What neurons of other frameworks' networks do at points: their values and gradients."""

from __future__ import annotations

import copy
import inspect
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import InputError
from ._packages import loaded
from ._tables import Column

Array = NDArray[np.float64]

log = logging.getLogger("symgrad")

# Points that are sent through a network at a time.
BATCH = 4096


@dataclass
class Recording:
    """Units of a layer at N points: for each its values, and its gradient's columns."""

    layer: str
    units: list[str]
    values: list[Column]
    gradients: list[list[Column]]


@dataclass
class Values:
    """Units whose gradients have to be estimated."""

    layer: str
    units: list[str]
    values: list[Column]


def parts_of(unit: str) -> list[int]:
    """The neurons of a unit: one, or the two of a difference such as ``"3-7"``."""
    try:
        parts = [int(part) for part in unit.split("-")]
    except ValueError:
        parts = []
    if len(parts) not in (1, 2) or any(part < 0 for part in parts):
        message = "a number counted from 0, or a difference of two such as '3-7'"
        raise InputError(f"neuron {unit!r}: write {message}")
    return parts


def units_for(units: Sequence[str] | None, neurons: int, layer: str) -> list[str]:
    """The units asked for, all if None, after a check that they are there."""
    if units is None:
        return [str(neuron) for neuron in range(neurons)]
    for unit in units:
        if max(parts_of(unit)) >= neurons:
            raise InputError(f"no neuron {unit} in layer `{layer}`, which has {neurons}")
    return list(units)


def difference(unit: str, of: Any) -> Any:
    """What `of` gives for a unit's neuron, or the difference of its two."""
    parts = parts_of(unit)
    return of(parts[0]) if len(parts) == 1 else of(parts[0]) - of(parts[1])


def is_torch(model: Any) -> bool:
    """Whether it is a network of PyTorch."""
    torch = loaded("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def is_estimator(model: Any) -> bool:
    """Whether it is an estimator of scikit-learn."""
    return hasattr(model, "fit") and hasattr(model, "predict")


def of_torch(model: Any, points: Array, layer: Any, units: Sequence[str] | None) -> Recording:
    """By automatic differentiation in double precision, on a copy: the network itself, its mode,
    device, type and gradients stay as they are."""
    twin, target, name = _copied(model, layer)
    caught: list[Any] = []
    target.register_forward_hook(lambda *seen: caught.append(seen[-1]))

    def run(batch: Any) -> Any:
        caught.clear()
        _run_torch(twin, batch)
        return _output(caught, name, len(batch))

    return by_autograd(run, points, name, units)


def by_autograd(
    run: Callable[[Any], Any], points: Array, layer: str, units: Sequence[str] | None
) -> Recording:
    """What `run` makes of a batch of points in PyTorch, n×K values for n of them, and its slopes."""
    torch = loaded("torch")
    assert torch is not None
    values: list[list[Array]] = []
    gradients: list[list[Array]] = []
    chosen: list[str] = []
    with torch.enable_grad():
        for start in range(0, len(points), BATCH):
            batch = torch.tensor(points[start : start + BATCH], requires_grad=True)
            output = run(batch)
            if not chosen:
                chosen = units_for(units, output.shape[1], layer)
                values, gradients = [[] for _ in chosen], [[] for _ in chosen]
            for place, unit in enumerate(chosen):
                value = difference(unit, lambda neuron: output[:, neuron])  # noqa: B023
                values[place].append(np.asarray(value.detach().cpu(), dtype=np.float64))
                gradients[place].append(_slope(torch, value, batch))
    return joined(layer, chosen, values, gradients)


def joined(
    layer: str, units: list[str], values: list[list[Array]], gradients: list[list[Array]]
) -> Recording:
    """A recording of units of which each batch has its own values and gradients."""
    return Recording(
        layer,
        units,
        [np.concatenate(parts) for parts in values],
        [list(np.concatenate(parts).T) for parts in gradients],
    )


def _copied(model: Any, layer: Any) -> tuple[Any, Any, str]:
    """A copy of the network to be evaluated, the layer in it, and its name."""
    torch = loaded("torch")
    assert torch is not None
    name = layer
    if isinstance(layer, torch.nn.Module):
        names = [known for known, module in model.named_modules() if module is layer]
        if not names:
            raise InputError("the layer is no module of this network")
        name = names[0]
    try:
        twin = copy.deepcopy(model)
    except Exception as error:
        message = "export it to ONNX and give the file's path instead"
        raise InputError(f"the network cannot be copied ({error}): {message}") from error
    twin = twin.to(device="cpu", dtype=torch.float64).eval().requires_grad_(False)
    modules = dict(twin.named_modules())
    if name is None or name == "":
        return twin, twin, "output"
    if name not in modules:
        known = ", ".join(known for known in modules if known)
        raise InputError(f"the network has no layer `{name}`; there are {known}")
    return twin, modules[name], str(name)


def _run_torch(twin: Any, batch: Any) -> None:
    try:
        twin(batch)
    except RuntimeError as error:
        message = f"the network cannot be run in double precision on {tuple(batch.shape)} points"
        raise InputError(f"{message}: {error}") from error


def _output(caught: list[Any], name: str, rows: int) -> Any:
    """The layer's values, a row for each point."""
    if len(caught) != 1:
        message = f"layer `{name}` was computed {len(caught)} times; it must be once"
        raise InputError(message)
    output = caught[0]
    if not hasattr(output, "reshape") or output.dim() == 0 or len(output) != rows:
        message = f"layer `{name}` must give a tensor with a row for each point"
        raise InputError(f"{message}, not {type(output).__name__}")
    return output.reshape(rows, -1)


def _slope(torch: Any, value: Any, batch: Any) -> Array:
    """The gradient at each point of a batch, whose points know nothing of each other."""
    if not value.requires_grad:
        return np.zeros(tuple(batch.shape))
    slope = torch.autograd.grad(value.sum(), batch, retain_graph=True, allow_unused=True)[0]
    found: Array = np.zeros(tuple(batch.shape)) if slope is None else slope.numpy()
    return found


def of_function(
    function: Any, gradient: Any, points: Array, units: Sequence[str] | None
) -> Recording:
    """A function of N×d points with N or N×K values, and its gradient, N×d or N×K×d."""
    values = _by_rows(np.asarray(function(points), dtype=np.float64), len(points), "values")
    slopes = np.asarray(gradient(points), dtype=np.float64)
    if slopes.ndim == 2:
        slopes = slopes[:, None, :]
    expected = (*values.shape, points.shape[1])
    if slopes.shape != expected:
        message = "the gradient must have N×d numbers, or N×K×d for K neurons"
        raise InputError(f"{message}: here {expected}, not {slopes.shape}")
    return _recorded(values, slopes, units)


def of_callable(function: Any, points: Array, units: Sequence[str] | None) -> Recording | Values:
    """A function without its gradient: differentiated by JAX where that is there and can, as one of a
    single point or of several at once; else its values alone."""
    told: list[Exception] = []
    if loaded("jax") is not None:
        for one in (function, lambda point: function(point[None])[0]):
            try:
                return of_jax(one, points, units)
            except InputError:
                raise
            except Exception as error:
                told.append(error)
    try:
        values = function(points)
    except Exception as error:
        if not told:
            raise
        message = f"JAX cannot differentiate the function ({told[0]}), nor does it take N×d points"
        raise InputError(f"{message}: {error}") from error
    if told:
        log.info("JAX cannot differentiate the function: %s", told[0])
    return of_values(values, len(points), units)


def of_jax(function: Any, points: Array, units: Sequence[str] | None) -> Recording:
    """A function of one point of d numbers, with one value or K, in double precision."""
    jax = loaded("jax")
    assert jax is not None
    with _double(jax):
        inputs = jax.numpy.asarray(points)
        one = jax.eval_shape(function, inputs[0])
        if not hasattr(one, "shape") or len(one.shape) > 1:
            message = "the function must take one point, an array of d numbers"
            raise InputError(f"{message}, and give a number or an array of K numbers")

        def row(point: Any) -> Any:
            return jax.numpy.atleast_1d(function(point))

        parts = [inputs[n : n + BATCH] for n in range(0, len(points), BATCH)]
        run, slope = jax.jit(jax.vmap(row)), jax.jit(jax.vmap(jax.jacrev(row)))
        values = np.concatenate([np.asarray(run(part), dtype=np.float64) for part in parts])
        slopes = np.concatenate([np.asarray(slope(part), dtype=np.float64) for part in parts])
    return _recorded(values, slopes, units)


def _double(jax: Any) -> Any:
    """Double precision for a while, by whichever name this version has for it."""
    home = jax if hasattr(jax, "enable_x64") else jax.experimental
    return home.enable_x64(True)


def of_estimator(
    estimator: Any, points: Any, matrix: Array, units: Sequence[str] | None
) -> Recording | None:
    """A linear model or a perceptron of scikit-learn, perhaps behind scalers; None for others."""
    stages = [stage for _, stage in getattr(estimator, "steps", [("", estimator)])]
    factor: Array = np.ones(matrix.shape[1])
    inputs = matrix
    for scaler in stages[:-1]:
        slope = _slope_of_scaler(scaler)
        if slope is None:
            return None
        factor = factor * slope
    if stages[:-1]:
        inputs = np.asarray(estimator[:-1].transform(points), dtype=np.float64)
    model = stages[-1]
    if hasattr(model, "coefs_") and hasattr(model, "intercepts_"):
        values, slopes = _perceptron(model, inputs)
    elif hasattr(model, "coef_") and hasattr(model, "intercept_") and not hasattr(model, "kernel"):
        weights = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
        values = inputs @ weights.T + model.intercept_
        slopes = np.broadcast_to(weights, (len(inputs), *weights.shape))
    else:
        return None
    if slopes.shape[2] != matrix.shape[1]:
        return None
    return _recorded(values, slopes * factor, units)


def _slope_of_scaler(scaler: Any) -> Any | None:
    """What a scaler multiplies the inputs by."""
    name = type(scaler).__name__
    if name in ("StandardScaler", "RobustScaler", "MaxAbsScaler"):
        return 1.0 if scaler.scale_ is None else 1.0 / scaler.scale_
    return scaler.scale_ if name == "MinMaxScaler" else None


# Activations of scikit-learn's perceptrons, and their slopes given the activations' values.
_ACTIVATIONS: dict[str, tuple[Any, Any]] = {
    "identity": (lambda z: z, np.ones_like),
    "logistic": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(np.float64)),
}


def _perceptron(model: Any, inputs: Array) -> tuple[Array, Array]:
    """Values before the last activation, N×K, and their gradients, N×K×d."""
    function, slope = _ACTIVATIONS[model.activation]
    weights = [np.asarray(matrix, dtype=np.float64) for matrix in model.coefs_]
    activations = [inputs]
    for matrix, offset in zip(weights[:-1], model.intercepts_[:-1], strict=True):
        activations.append(function(activations[-1] @ matrix + offset))
    values = activations[-1] @ weights[-1] + model.intercepts_[-1]
    slopes = []
    for column in weights[-1].T:
        back = np.broadcast_to(column, (len(inputs), len(column)))
        for matrix, activation in zip(weights[-2::-1], activations[:0:-1], strict=True):
            back = (back * slope(activation)) @ matrix.T
        slopes.append(back)
    return values, np.stack(slopes, axis=1)


def _recorded(values: Array, slopes: Array, units: Sequence[str] | None) -> Recording:
    chosen = units_for(units, values.shape[1], "output")
    return Recording(
        "output",
        chosen,
        [difference(unit, lambda neuron: values[:, neuron]) for unit in chosen],
        [list(difference(unit, lambda neuron: slopes[:, neuron]).T) for unit in chosen],
    )


def of_values(values: Any, rows: int, units: Sequence[str] | None) -> Values:
    """Values without gradients."""
    table = _by_rows(np.asarray(values, dtype=np.float64), rows, "values")
    chosen = units_for(units, table.shape[1], "output")
    return Values(
        "output",
        chosen,
        [difference(unit, lambda neuron: table[:, neuron]) for unit in chosen],
    )


def predicted(estimator: Any, points: Any) -> Any:
    """What an estimator says of points: probabilities or scores of classes, or values."""
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(points)
    raise InputError("the estimator predicts nothing")


def _by_rows(values: Array, rows: int, what: str) -> Array:
    table = values.reshape(len(values), -1) if values.ndim else values.reshape(1, 1)
    if len(table) != rows:
        raise InputError(f"{len(table)} {what} for {rows} points")
    return table


def takes_points(function: Any) -> bool:
    """Whether it can be called with one argument, as far as can be told."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:
        pass
    return True


def is_path(model: Any) -> bool:
    """Whether it names a file."""
    return isinstance(model, (str, os.PathLike))
