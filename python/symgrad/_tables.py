"""Points as users have them: arrays, frames, tensors, dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import InputError
from ._packages import loaded

Column = NDArray[Any]


def array_of(values: Any, what: str) -> NDArray[Any]:
    """A NumPy array of numbers, copied only where the numbers are not NumPy's yet."""
    torch = loaded("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        if values.dtype in (torch.bfloat16, torch.float16):
            values = values.to(torch.float32)
        values = values.numpy()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if _is_sparse(values):
        message = f"sparse {what} are not supported: give a dense array, as from .toarray()"
        raise TypeError(message)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{what} cannot be made an array: {error}") from error
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise _like(error, f"{what} must be numbers: {error}") from error
    if array.dtype.kind == "c":
        raise InputError(f"Complex data not supported: {what} must be real numbers")
    if array.dtype.kind not in "fiub":
        raise InputError(f"{what} must be numbers, not {array.dtype}")
    return array


def _like(error: Exception, message: str) -> Exception:
    return TypeError(message) if isinstance(error, TypeError) else InputError(message)


def _is_sparse(values: Any) -> bool:
    return hasattr(values, "toarray") and hasattr(values, "nnz")


def columns_of(values: Any, what: str) -> list[Column]:
    """The columns of an N×d array or table, as views."""
    if isinstance(values, Mapping):
        return [column_of(column, f"{what} `{name}`") for name, column in values.items()]
    if _is_frame(values):
        names = list(values.columns)
        return [column_of(values[name], f"column `{name}`") for name in names]
    array = array_of(values, what)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        message = f"{what} must be an array of N rows and a column for each input"
        raise InputError(f"{message}; found {array.ndim} dimensions")
    return [array[:, place] for place in range(array.shape[1])]


def column_of(values: Any, what: str) -> Column:
    """An array of one dimension; one column of a table will do."""
    if _is_frame(values) and len(values.columns) == 1:
        values = values[next(iter(values.columns))]
    array = array_of(values, what)
    if array.ndim == 2 and 1 in array.shape:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise InputError(f"{what} must have one dimension; found {array.ndim}")
    return array


def points_of(points: Any, names: Sequence[str] | None) -> tuple[list[str], list[Column]]:
    """The inputs' names and columns. Names come from a table's columns, or are x1, x2, …"""
    columns = columns_of(points, "points")
    if names is None:
        found = names_of(points)
        names = found if found is not None else [f"x{n}" for n in range(1, len(columns) + 1)]
    names = [str(name) for name in names]
    if len(names) != len(columns):
        raise InputError(f"{len(names)} names for {len(columns)} columns of points")
    if columns and len(columns[0]) == 0:
        raise InputError("there are no points: a minimum of 1 is required")
    return names, columns


def names_of(points: Any) -> list[str] | None:
    """The names of a table's columns; None for an array."""
    if isinstance(points, Mapping):
        return [str(name) for name in points]
    if _is_frame(points):
        return [str(name) for name in points.columns]
    names = getattr(getattr(points, "dtype", None), "names", None)
    return list(names) if names else None


def _is_frame(values: Any) -> bool:
    """Whether it is a data frame of pandas, polars, or one like them."""
    return hasattr(values, "columns") and hasattr(values, "__getitem__") and hasattr(values, "shape")
