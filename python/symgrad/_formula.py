"""Formulas: one expression over named inputs, and what other programs make of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _symgrad
from ._errors import InputError
from ._packages import needed
from ._tables import column_of, columns_of, names_of


class Formula:
    """An expression over named inputs.

    >>> energy = Formula("v^2/2 - cos(x)", ["x", "v"])
    >>> energy.latex()
    '\\\\frac{v^{2}}{2} - \\\\cos\\\\left(x\\\\right)'
    >>> energy.numpy()([0.0, 0.0], [2.0, 4.0]).tolist()
    [1.0, 7.0]

    Raises :class:`InputError` where the expression cannot be read.
    """

    def __init__(self, expression: str, inputs: Sequence[str]) -> None:
        self._inputs = [str(name) for name in inputs]
        text, self._spelt, self._spelling = json.loads(_symgrad.spell(expression, self._inputs))
        self._expression: str = text

    @property
    def expression(self) -> str:
        """The formula as symgrad writes it, and reads it back."""
        return self._expression

    @property
    def inputs(self) -> list[str]:
        """The names of all inputs, those that do not occur among them."""
        return list(self._inputs)

    def latex(self) -> str:
        """The formula for LaTeX, without dollar signs."""
        return str(self._spelt["latex"])

    def code(self, language: str) -> str:
        """The formula in the notation of ``"sympy"``, ``"numpy"``, ``"latex"`` or ``"rust"``."""
        if language not in self._spelt:
            raise InputError(f"no notation `{language}`; there are {', '.join(self._spelt)}")
        return str(self._spelt[language])

    def sympy(self) -> Any:
        """The formula as a SymPy expression, its symbols named as the inputs.

        >>> Formula("x*y", ["x", "y"]).sympy().diff("x")
        y
        """
        sympy = needed("sympy", "an expression of SymPy")
        names = zip(self._spelling["sympy"]["names"], self._inputs, strict=True)
        symbols = {spelt: sympy.Symbol(name) for spelt, name in names}
        return sympy.sympify(self._spelt["sympy"], locals=symbols)

    def numpy(self) -> NumpyFunction:
        """A vectorised function of a table of N rows, or of a column for each input."""
        return NumpyFunction(self)

    def jax(self) -> Callable[..., Any]:
        """The same for JAX, to be differentiated and compiled; give it a column for each input, or
        an array whose last axis is that of the inputs."""
        jnp = needed("jax.numpy", "a function of JAX")
        special = needed("jax.scipy.special", "a function of JAX")
        compute = _compiled(self, jnp, special.erf)

        def function(*columns: Any) -> Any:
            if len(columns) == 1 and len(self._inputs) > 1:
                columns = tuple(jnp.moveaxis(jnp.asarray(columns[0]), -1, 0))
            self._check_count(len(columns))
            return compute(*columns)

        return function

    def torch(self) -> Any:
        """A ``torch.nn.Module`` that computes the formula; its constants are parameters, so that it
        can take the neuron's place and be trained further."""
        needed("torch", "a module of PyTorch")
        from ._torch import FormulaModule

        return FormulaModule(self)

    def _check_count(self, count: int) -> None:
        if count != len(self._inputs):
            names = ", ".join(self._inputs)
            raise InputError(f"{count} columns for {len(self._inputs)} inputs: {names}")

    def __str__(self) -> str:
        return self._expression

    def __repr__(self) -> str:
        return self._expression

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Formula):
            return NotImplemented
        return (self._expression, self._inputs) == (other._expression, other._inputs)

    def __hash__(self) -> int:
        return hash((self._expression, tuple(self._inputs)))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


class NumpyFunction:
    """A formula as a vectorised function of NumPy arrays."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self._compute = _compiled(formula, np, _ERF)

    def __call__(self, *points: Any) -> NDArray[np.float64]:
        """Values at points: a table of N rows (a frame's columns are found by their names), or a
        column for each input. Where the formula is not defined, NaN or infinity."""
        columns = self._columns(points)
        with np.errstate(all="ignore"):
            values = self._compute(*columns)
        shape = np.broadcast_shapes(*(column.shape for column in columns))
        return np.array(np.broadcast_to(values, shape), dtype=np.float64)

    def _columns(self, points: tuple[Any, ...]) -> list[NDArray[np.float64]]:
        inputs = self.formula.inputs
        if len(points) != 1:
            self.formula._check_count(len(points))
            return [np.asarray(column, dtype=np.float64) for column in points]
        table = points[0]
        names = names_of(table)
        if names is not None and set(inputs) <= set(names):
            return [column_of(table[name], name).astype(np.float64) for name in inputs]
        if names is None and len(inputs) == 1 and np.ndim(table) < 2:
            return [np.asarray(table, dtype=np.float64)]
        columns = columns_of(table, "points")
        self.formula._check_count(len(columns))
        return [column.astype(np.float64) for column in columns]

    def __repr__(self) -> str:
        return f"<function of {', '.join(self.formula.inputs)}: {self.formula.code('numpy')}>"

    def __reduce__(self) -> tuple[type[NumpyFunction], tuple[Formula]]:
        return (NumpyFunction, (self.formula,))


# NumPy has no error function of its own.
_ERF = np.vectorize(math.erf, otypes=[np.float64])


def _compiled(formula: Formula, np_like: Any, erf: Callable[..., Any]) -> Callable[..., Any]:
    """The formula's own text as a function; it holds names, numbers and operators alone."""
    names = formula._spelling["numpy"]["names"]
    source = f"lambda {', '.join(names)}: {formula.code('numpy')}"
    made: Callable[..., Any] = eval(source, {"np": np_like, "erf": erf})  # noqa: S307
    return made


class Entry(Formula):
    """A formula on a front."""

    def __init__(self, record: Mapping[str, Any], inputs: Sequence[str]) -> None:
        super().__init__(record["expression"], inputs)
        self.complexity: int = record["complexity"]
        """The complexity of the form that the search has found."""
        self.loss: float = record["loss"]
        """The loss under the search's measure."""
        self.paper_mse: float | None = record.get("paper_mse")
        self.mean_squared_error: float | None = record.get("mean_squared_error")
        scaling = record.get("scaling")
        self.scaling: tuple[float, float] | None = (
            (scaling["scale"], scaling["offset"]) if scaling else None
        )
        """With linear scaling, the a and b of the best a·f + b."""


__all__ = ["Entry", "Formula", "NumpyFunction"]
