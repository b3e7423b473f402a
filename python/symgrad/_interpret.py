"""Reading neurons of trained networks."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _islands, _keras, _models, _symgrad
from ._errors import InputError, SymgradError
from ._islands import Workers
from ._models import Recording, Values
from ._packages import optional
from ._progress import Bar, Progress
from ._results import Layer, Neuron, Space
from ._search import tell
from ._settings import SearchOptions, Tangent, field_of, settings_of
from ._tables import Column, column_of, points_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

log = logging.getLogger("symgrad")


def interpret(
    model: Any,
    points: Any,
    *,
    layer: Any = None,
    neuron: int | str | Sequence[int | str] | None = None,
    together: bool = True,
    concepts: int | None = None,
    gradient: Callable[[Any], Any] | None = None,
    weights: Any = None,
    names: Sequence[str] | None = None,
    tangent: Tangent = "auto",
    alike: float | None = None,
    architecture: str | os.PathLike[str] | None = None,
    set: Mapping[str, Any] | None = None,
    through: str | os.PathLike[str] | None = None,
    islands: int | None = None,
    executor: Workers | None = None,
    progress: bool | Progress | None = None,
    **options: Unpack[SearchOptions],
) -> Neuron | Layer | Space:
    """Says in a formula what neurons of a trained network have learned.

    Parameters
    ----------
    model
        One of

        * a ``torch.nn.Module`` of N×d inputs: gradients by autograd in double precision, on a copy;
        * a function of N×d points with N or N×K values, together with ``gradient``;
        * a network of Keras, on JAX, PyTorch or TensorFlow;
        * a function of JAX, of one point with one value or K of them, or of N×d points, once JAX is
          imported; of other functions gradients are estimated from neighbouring points;
        * a fitted estimator of scikit-learn: linear models and perceptrons, also behind scalers in a
          pipeline, as they are (of classifiers the scores before the last step to probabilities);
          others through ``skl2onnx`` where that is installed and symgrad can read what it makes, else
          gradients are estimated from neighbouring points;
        * the path of an ONNX, safetensors or PyTorch file.
    points
        N×d points from where the network was trained: an array, a frame, a tensor, or a dictionary
        of columns, in the order of the network's inputs.
    layer
        The layer's name, or a module of the network; by default its output.
    neuron
        A number counted from 0, a difference of two such as ``"3-7"``, several in a list, or
        ``"all"``; by default the only one.
    together
        Several neurons in a list are read as one space, for all concepts that they hold together;
        with ``together=False`` each by itself.
    concepts
        How many concepts several neurons hold, if you know it.
    gradient
        The gradient of a function: N×d numbers at N×d points, N×K×d for K neurons.
    weights, names, tangent
        As for :func:`symgrad.search`.
    alike
        Neurons of a layer whose directions differ by less, 1 − |mean cos|, share a search.
    architecture, set, through
        Of files: what the layers are, constant inputs, and a network before this one, as
        ``--architecture``, ``--set`` and ``--through`` of the command.
    islands
        For one neuron whose search is large: as for :func:`symgrad.search`. Workers get the neuron's
        gradients, not the network.
    executor
        Any ``concurrent.futures.Executor``: of several neurons each is then read by itself as a job of
        its own, and no searches are shared. With ``islands`` as for :func:`symgrad.search`.
    progress
        As for :func:`symgrad.search`.
    **options
        What decides which formulas are found: :class:`SearchOptions`.

    Returns
    -------
    Neuron
        For one neuron; :class:`Space` for several together, else :class:`Layer`.

    Raises
    ------
    InputError
        A ValueError: a layer or neuron that is not there, points that do not fit.
    TypeError
        A model of a kind that cannot be asked.

    Examples
    --------
    A function and its gradient; a neuron's own scale and bend do not matter:

    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(0.3, 2, (200, 2))
    >>> def neuron(x): return np.exp(x[:, 0] / x[:, 1])
    >>> def slope(x):
    ...     return neuron(x)[:, None] * np.stack([1 / x[:, 1], -x[:, 0] / x[:, 1] ** 2], axis=1)
    >>> interpret(neuron, x, gradient=slope, effort="quick").answer
    x1/x2
    """
    names, columns = points_of(points, names)
    units = _units(neuron)
    several = neuron == "all" or not isinstance(neuron, (int, np.integer, str, type(None)))
    settings: dict[str, Any] = {"search": settings_of(options), "field": field_of(tangent)}
    if alike is not None:
        settings["alike"] = alike
    if islands is not None and several:
        raise TypeError("islands make one search, and so are for one neuron: name it with neuron")
    if islands is None and executor is not None and not several:
        raise TypeError("for one neuron an executor takes islands: how many?")
    heavy = None if weights is None else column_of(weights, "weights")
    ask: dict[str, Any] = {"layer": layer, "units": units, "concepts": concepts}
    if neuron is None:
        ask["how"] = "neuron"
    elif not several:
        ask["how"] = "neuron"
    elif units is not None and together and executor is None:
        ask["how"] = "space"
    else:
        ask["how"] = "layer"
    with tempfile.TemporaryDirectory(prefix="symgrad-") as folder:
        source = _source(model, points, columns, layer, units, neuron is None, gradient, folder)
        if isinstance(source, str):
            file: dict[str, Any] = {"path": source, "set": _set(set)}
            for key, path in (("architecture", architecture), ("through", through)):
                file[key] = None if path is None else os.fspath(path)
            if neuron is None:
                ask["units"] = ["0"] if _neurons_of(file, layer) == 1 else []
            elif units is None and executor is not None:
                ask["units"] = [str(n) for n in range(_neurons_of(file, layer))]
            job = _Job(names, columns, heavy, json.dumps(file), [], [], ask, settings)
        elif isinstance(source, Recording):
            ask.update(layer=source.layer, units=source.units)
            values, gradients = source.values, source.gradients
            job = _Job(names, columns, heavy, None, values, gradients, ask, settings)
        else:
            return _estimated(
                source, names, columns, heavy, settings, several, islands, executor, progress
            )
        if islands is not None:
            record = json.loads(_by_islands(job, islands, executor, progress))
        elif executor is not None:
            return _spread(job, executor, progress)
        else:
            with Bar(progress, "interpret") as bar:
                record = json.loads(job(bar.callback))
    kinds: dict[str, type[Neuron | Layer | Space]]
    kinds = {"neuron": Neuron, "layer": Layer, "space": Space}
    found = kinds[ask["how"]](record, names)
    if isinstance(found, Neuron) and not found.is_dead:
        tell(found)
    if isinstance(found, Layer) and ask["units"] is not None:
        _tell_missing(len(record["neurons"]), len(ask["units"]))
    return found


class _Job:
    """A call of the extension, which can be sent to another process."""

    def __init__(
        self,
        names: list[str],
        columns: list[Column],
        weights: Column | None,
        file: str | None,
        values: list[Column],
        gradients: list[list[Column]],
        ask: dict[str, Any],
        settings: dict[str, Any],
    ) -> None:
        self.names, self.columns, self.weights, self.file = names, columns, weights, file
        self.values, self.gradients, self.ask, self.settings = values, gradients, ask, settings

    def __call__(self, progress: Progress | None = None, leash: str | None = None) -> str:
        return _symgrad.interpret(
            self.names,
            self.columns,
            self.weights,
            self.file,
            self.values,
            self.gradients,
            json.dumps(self.ask),
            json.dumps(self.settings),
            progress,
            leash,
        )

    def alone(self) -> list[_Job]:
        """A job for each unit, on one thread."""
        settings = json.loads(json.dumps(self.settings))
        settings["search"]["search"].setdefault("threads", 1)
        jobs = []
        for place, unit in enumerate(self.ask["units"]):
            ask = {**self.ask, "units": [unit], "how": "neuron"}
            values = self.values[place : place + 1]
            slopes = self.gradients[place : place + 1]
            parts = (self.names, self.columns, self.weights, self.file, values, slopes)
            jobs.append(_Job(*parts, ask, settings))
        return jobs


def _by_islands(
    job: _Job, islands: int, workers: Workers | None, progress: bool | Progress | None
) -> str:
    """One neuron by several islands, which need its gradients alone."""
    layer, units, values, gradients = job.ask["layer"], job.ask["units"], job.values, job.gradients
    if job.file is not None:
        asked = json.dumps(job.ask)
        layer, unit, known, slopes = _symgrad.record(job.names, job.columns, job.file, asked)
        units, values = [unit], [np.frombuffer(known)]
        gradients = [[np.frombuffer(column) for column in slopes]]
    data = (job.names, job.columns, gradients[:1], values[0], job.weights)
    options = {"field": job.settings["field"], "neuron": [layer, units[0]]}
    return _islands.search(data, job.settings["search"], options, islands, workers, progress)


def _spread(job: _Job, executor: Workers, progress: bool | Progress | None) -> Layer:
    """Every unit by itself, wherever the executor sends it; the order of the units is kept."""
    jobs = job.alone()
    records: dict[int, Any] = {}
    with (
        _islands.Holder() as holder,
        _islands.Team(executor) as team,
        Bar(progress, "neurons") as bar,
    ):
        try:
            # Where workers cannot see by what they are held, they do without.
            for leash in (holder.leash, _islands.Leash()):
                left = [place for place in range(len(jobs)) if place not in records]
                for place, record in _read(team, {place: jobs[place] for place in left}, leash):
                    records[place] = json.loads(record)
                    if bar.callback is not None:
                        bar.callback(len(records), len(jobs), "")
        except KeyboardInterrupt:
            if not records:
                raise
    _tell_missing(len(records), len(jobs))
    neurons = [records[place] for place in sorted(records)]
    return Layer({"neurons": neurons, "groups": []}, job.names)


def _read(
    team: _islands.Team, jobs: dict[int, _Job], leash: _islands.Leash
) -> Iterator[tuple[int, str]]:
    """What each job has read, but for those that ended early."""
    futures: dict[int, Future[str]] = {}
    try:
        for place, one in jobs.items():
            futures[place] = team.submit(_islands.Held(one, leash))
        for place, future in futures.items():
            with contextlib.suppress(ConnectionAbortedError):
                yield place, team.done(future)
    finally:
        for future in futures.values():
            future.cancel()


def _tell_missing(read: int, asked: int) -> None:
    """Says in the log that a layer was stopped."""
    if read < asked:
        log.warning("stopped when %d of %d neurons were read", read, asked)


def _units(neuron: int | str | Sequence[int | str] | None) -> list[str] | None:
    """The units asked for; None for all, and where none is named."""
    if neuron is None or (isinstance(neuron, str) and neuron == "all"):
        return None
    if isinstance(neuron, (int, np.integer, str)):
        units = [str(neuron)]
    else:
        units = [str(one) for one in neuron]
    if not units:
        raise InputError("which neuron? the list is empty")
    for unit in units:
        _models.parts_of(unit)
    return units


def _source(
    model: Any,
    points: Any,
    columns: list[Column],
    layer: Any,
    units: list[str] | None,
    only: bool,
    gradient: Callable[[Any], Any] | None,
    folder: str,
) -> str | Recording | Values:
    """A file to be read, or what the model does at the points."""
    if _models.is_path(model):
        file: str = os.fspath(model)
        return file
    if _keras.is_keras(model):
        return _checked(_keras.of_keras(model, _matrix(columns), layer, units), only)
    if _models.is_torch(model):
        return _checked(_models.of_torch(model, _matrix(columns), layer, units), only)
    if layer is not None:
        raise InputError("only networks of PyTorch, of Keras and those in files have layers")
    if _models.is_estimator(model):
        known = _models.of_estimator(model, points, _matrix(columns), units)
        if known is not None:
            return _checked(known, only)
        path = _exported(model, len(columns), folder)
        if path is not None:
            return path
        values = _models.of_values(_models.predicted(model, points), len(columns[0]), units)
        return _checked(values, only)
    if not callable(model) or not _models.takes_points(model):
        kinds = "a torch.nn.Module, a function of points, a fitted estimator or a path"
        raise TypeError(f"the model must be {kinds}, not {type(model).__name__}")
    matrix = _matrix(columns)
    if gradient is not None:
        return _checked(_models.of_function(model, gradient, matrix, units), only)
    return _checked(_models.of_callable(model, matrix, units), only)


def _matrix(columns: list[Column]) -> Any:
    return np.stack([column.astype(np.float64) for column in columns], axis=1)


def _checked(source: Recording | Values, only: bool) -> Recording | Values:
    """Where no neuron is named, there must be one."""
    if only and len(source.units) != 1:
        count = len(source.units)
        raise InputError(f"layer `{source.layer}` has {count} neurons: which? name it with neuron")
    return source


def _exported(estimator: Any, inputs: int, folder: str) -> str | None:
    """The ONNX file of an estimator, if there can be one that symgrad reads."""
    skl2onnx = optional("skl2onnx")
    if skl2onnx is None:
        return None
    path = os.path.join(folder, "estimator.onnx")
    try:
        kind = skl2onnx.common.data_types.FloatTensorType([None, inputs])
        options = {"zipmap": False} if hasattr(estimator, "predict_proba") else None
        graph = skl2onnx.convert_sklearn(
            estimator, initial_types=[("input", kind)], options=options
        )
        with open(path, "wb") as file:
            file.write(graph.SerializeToString())
        _symgrad.layers(json.dumps({"path": path}))
    except Exception as error:
        log.info("gradients are estimated, since the estimator cannot be exported: %s", error)
        return None
    return path


def _neurons_of(file: dict[str, Any], layer: str | None) -> int:
    _, layers, output, _ = json.loads(_symgrad.layers(json.dumps(file)))
    wanted = output if layer is None else layer
    return next((neurons for name, _, _, neurons in layers if name == wanted), 0)


def _set(given: Mapping[str, Any] | None) -> list[str]:
    return [f"{name}={value}" for name, value in (given or {}).items()]


def _estimated(
    source: Values,
    names: list[str],
    columns: list[Column],
    weights: Column | None,
    settings: dict[str, Any],
    several: bool,
    islands: int | None,
    executor: Workers | None,
    progress: bool | Progress | None,
) -> Neuron | Layer:
    """Neurons of which only values are known, each by itself."""
    log.warning("gradients are estimated from values at neighbouring points")
    search, asked = settings["search"], {"field": settings["field"], "estimate": True}
    records = []
    for unit, values in zip(source.units, source.values, strict=True):
        data: _islands.Data = (names, columns, [], values, weights)
        if islands is not None:
            found = _islands.search(data, search, asked, islands, executor, progress)
        else:
            with Bar(progress, f"neuron {unit}") as bar:
                call = (*data, json.dumps(search), json.dumps(asked))
                found = _symgrad.search(call, bar.callback)
        findings = json.loads(found)
        records.append(
            {
                "layer": source.layer,
                "unit": unit,
                "activity": "nonlinear",
                "points": len(values),
                "active": findings["points"],
                "surface": None,
                "findings": findings,
                "outer": None,
            }
        )
    if several:
        return Layer({"neurons": records, "groups": []}, names)
    if not records:
        raise SymgradError("there is no neuron")
    neuron = Neuron(records[0], names)
    tell(neuron)
    return neuron


def layers(
    path: str | os.PathLike[str], *, architecture: str | os.PathLike[str] | None = None
) -> list[dict[str, Any]]:
    """The layers of a network in a file: name, operator, shape, neurons, and whether it is the
    output.

    Raises :class:`InputError` where the file cannot be read as a network.
    """
    file = {
        "path": os.fspath(path),
        "architecture": None if architecture is None else os.fspath(architecture),
    }
    _, found, output, _ = json.loads(_symgrad.layers(json.dumps(file)))
    keys = ("name", "operator", "shape", "neurons")
    return [{**dict(zip(keys, one, strict=True)), "output": one[0] == output} for one in found]
