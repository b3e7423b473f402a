"""Searches for gradients or values, and for laws in trajectories."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _islands, _symgrad
from ._errors import InputError
from ._islands import Workers
from ._progress import Bar, Progress
from ._results import Laws, Result
from ._settings import SearchOptions, Tangent, field_of, settings_of
from ._tables import Column, column_of, columns_of, names_of, points_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

log = logging.getLogger("symgrad")


def search(
    points: Any,
    gradients: Any = None,
    *,
    values: Any = None,
    estimate: bool = False,
    weights: Any = None,
    names: Sequence[str] | None = None,
    tangent: Tangent = "auto",
    linear_scaling: bool = False,
    islands: int | None = None,
    executor: Workers | None = None,
    progress: bool | Progress | None = None,
    **options: Unpack[SearchOptions],
) -> Result:
    """Searches formulas for gradients, of which only the directions count, or for values.

    Parameters
    ----------
    points
        N×d: an array, a frame of pandas or polars, a tensor, or a dictionary of columns.
    gradients
        N×d, in the order of the points' columns; or a list of such arrays, one for each of several
        neurons that hold the formulas together.
    values
        N values that the formula is to have: ordinary regression. With ``estimate``, those of a
        neuron, whose gradients are estimated from neighbouring points.
    weights
        N weights of the points, all the same by default.
    names
        The inputs' names; by default the columns', or x1, x2, …
    tangent
        The surface on which the points lie: ``"auto"``, ``"off"``, its dimension, ``"curved"`` or
        ``"curved:3"``.
    linear_scaling
        With ``values``: a formula f counts as the best a·f + b.
    islands
        For one large search on many cores or machines: so many searches that tell each other what
        they have found, twenty times while they spend the budget together. What comes out depends on
        their number and the seed, not on the workers. ``seconds`` are then looked at twenty times.
    executor
        Where islands are worked at: a ``concurrent.futures.Executor``, or a function that makes one
        and is asked again if it broke, such as ``lambda: ProcessPoolExecutor(3)``. By default this
        process, one after another. Jobs of workers that died are done again.
    progress
        A bar of tqdm: by default where there is a terminal or a notebook. Or a function that is
        called with evaluations, budget and the best formula so far.
    **options
        What decides which formulas are found: :class:`SearchOptions`.

    Returns
    -------
    Result
        The front, the answer on it, and the verdict. After Ctrl-C what was found until then; its
        ``stopped`` is ``"observer"``.

    Raises
    ------
    InputError
        A ValueError: points, gradients or settings that cannot be used.
    SymgradError
        An island that three workers have lost.

    Examples
    --------
    The gradients of tanh(x1·x2):

    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(0.3, 2, (200, 2))
    >>> slope = 1 / np.cosh(x[:, :1] * x[:, 1:]) ** 2
    >>> search(x, slope * x[:, ::-1], effort="quick").answer
    x1*x2
    """
    if (gradients is None) == (values is None):
        raise TypeError("search() takes either gradients or values")
    if estimate and values is None:
        raise TypeError("estimate=True takes values")
    names, columns = points_of(points, names)
    settings = settings_of(options)
    asked = {
        "field": field_of(tangent),
        "estimate": estimate,
        "linear_scaling": linear_scaling,
    }
    target = None if values is None else column_of(values, "values")
    neurons = [] if gradients is None else _neurons(gradients, names)
    heavy = None if weights is None else column_of(weights, "weights")
    data = (names, columns, neurons, target, heavy)
    if islands is not None:
        found = _islands.search(data, settings, asked, islands, executor, progress)
    elif executor is not None:
        raise TypeError("an executor takes islands: how many? The result depends on their number")
    else:
        with Bar(progress, "search") as bar:
            here = (*data, json.dumps(settings), json.dumps(asked))
            found = _symgrad.search(here, bar.callback)
    result = Result(json.loads(found), names)
    tell(result)
    return result


def _neurons(gradients: Any, names: list[str]) -> list[list[Column]]:
    """The gradient columns of each neuron."""
    several = isinstance(gradients, (list, tuple)) and all(np.ndim(one) == 2 for one in gradients)
    each = [columns_of(one, "gradients") for one in (gradients if several else [gradients])]
    for columns in each:
        if len(columns) != len(names):
            message = f"{len(columns)} columns of gradients for {len(names)} inputs"
            raise InputError(f"{message}: {', '.join(names)}")
    return each


def tell(result: Result) -> None:
    """Says in the log what a reader should know before believing the result."""
    if result.left_out:
        log.warning("columns left out of the search: %s", ", ".join(result.left_out))
    if result.stopped == "observer":
        log.warning("stopped after %d evaluations, before its end", result.evaluations)
    if result.strays:
        log.warning("%s holds but for %d points", *result.strays)
    log.info("%s: %s", result.answer, result.verdict)


# Columns that say which rows belong together, or hold the time, where none is named.
_GROUPS = ("group", "trajectory", "traj", "trial", "run", "orbit", "episode", "experiment")
_TIMES = ("time", "t")


def discover(
    frame: Any = None,
    *,
    group: str | None = None,
    time: str | None = None,
    inputs: Sequence[str] | None = None,
    rates: Sequence[str] | None = None,
    rhs: str | None = None,
    ops: str | Sequence[str] | None = None,
    noise: float | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Laws:
    """Finds what is conserved along trajectories, or shared by the rows of a group.

    Parameters
    ----------
    frame
        A row for each moment: a frame of pandas or polars, or a dictionary of columns. May be left
        out where ``rhs`` says how things move.
    group
        The column that numbers the trajectories or groups; by default ``group``, ``trajectory``,
        ``trial``, ``run``, …
    time
        The column of the time; by default ``time`` or ``t``.
    inputs
        The inputs of formulas; by default all other columns of numbers.
    rates
        The columns of the inputs' derivatives in time, in the order of ``inputs``; groups are then
        not needed.
    rhs
        Equations of motion, such as ``"x' = v, v' = -x - x^3"``.
    ops
        Operators, such as ``"+ - * / sqrt"``; ``"+ - * / neg square sqrt exp log sin cos inv"`` by
        default. ``^ cube tan tanh abs asin acos atan atan2 sinh cosh erf`` have to be named.
    noise
        The noise of the inputs as a share of their standard deviation, where it is known.
    seed
        Decides which groups are held out.

    Returns
    -------
    Laws
        Independent laws, the simplest first, judged on groups that nothing was fitted on.

    Raises
    ------
    InputError
        A ValueError: columns that are not there or cannot be used, equations that cannot be read.

    Examples
    --------
    >>> discover(rhs="x' = v, v' = -x").answer
    x^2 + v^2
    """
    names, columns = ([], []) if frame is None else _numbers(frame)
    if frame is None and rhs is None:
        raise TypeError("discover() takes a frame, or equations of motion as rhs")
    if rates is not None and inputs is None:
        raise TypeError("rates are those of inputs, in their order: name the inputs as well")
    table = dict(zip(names, columns, strict=True))
    listed = list(inputs or [])
    group = group or _named(names, _GROUPS, listed)
    time = time or _named(names, _TIMES, listed)
    for name in [group, time, *listed, *(rates or [])]:
        if name is not None and name not in table:
            raise InputError(f"no column `{name}`; there are {', '.join(names)}")
    if frame is not None and group is None and rates is None and rhs is None:
        message = "which column numbers the trajectories? name it with group"
        raise InputError(f"{message}; there are {', '.join(names)}")
    others = {group, time, *(rates or [])}
    chosen = listed or [name for name in names if name not in others]
    asked = {
        "operators": ops if ops is None or isinstance(ops, str) else " ".join(ops),
        "seed": seed,
        "noise": noise,
        "threads": threads,
        "rhs": rhs,
    }
    with Bar(progress, "laws") as bar:
        found = _symgrad.discover(
            chosen,
            [table[name] for name in chosen],
            None if group is None else _labels(table[group]),
            None if time is None else table[time],
            None if rates is None else [table[name] for name in rates],
            json.dumps(asked),
            bar.callback,
        )
    laws = Laws(json.loads(found))
    if laws._record.get("left_out"):
        log.warning("columns left out of the search: %s", ", ".join(laws._record["left_out"]))
    log.info("%s", laws.verdict)
    return laws


def _numbers(frame: Any) -> tuple[list[str], list[Column]]:
    """A frame's columns; those that hold no numbers only if they can number groups."""
    if isinstance(frame, (str, os.PathLike)):
        message = "read the file first, as with pandas.read_csv"
        raise TypeError(f"discover() takes a frame, not a path: {message}")
    names = names_of(frame)
    if names is None:
        raise TypeError("discover() takes a frame or a dictionary of columns, whose names matter")
    found: dict[str, Column] = {}
    for name in names:
        column = np.asarray(frame[name])
        if column.dtype.kind in "fiub":
            found[name] = column
        elif name in _GROUPS:
            found[name] = np.unique(column, return_inverse=True)[1]
    return list(found), list(found.values())


def _labels(column: Column) -> Column:
    if column.dtype.kind in "fiub":
        return column
    numbers: Column = np.unique(column, return_inverse=True)[1]
    return numbers


def _named(names: list[str], wanted: Sequence[str], inputs: list[str]) -> str | None:
    """The first column of such a name, perhaps with ``_id`` behind it, that is no input."""
    for want in wanted:
        for name in names:
            if name.lower() in (want, f"{want}_id") and name not in inputs:
                return name
    return None
