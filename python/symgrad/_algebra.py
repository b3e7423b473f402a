"""Simplification and derivatives of formulas, strings and SymPy expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import _symgrad
from ._errors import InputError
from ._formula import Formula
from ._packages import loaded

_NAME = re.compile(r"[^\W\d]\w*")
_KNOWN = frozenset(
    "add sub mul div pow neg square cube sqrt exp log ln sin cos tan tanh abs inv inverse pi e "
    "asin acos atan atan2 sinh cosh erf arcsin arccos arctan arctan2".split()
)


def formula_of(expression: Any, inputs: Sequence[str] | None = None) -> Formula:
    """A formula from a string, a SymPy expression or a formula.

    >>> formula_of("x*v^2").inputs
    ['v', 'x']
    """
    if isinstance(expression, Formula):
        return Formula(expression.expression, inputs or expression.inputs)
    sympy = loaded("sympy")
    if sympy is not None and isinstance(expression, sympy.Basic):
        names = sorted(symbol.name for symbol in expression.free_symbols)
        return Formula(_from_sympy(sympy, expression), inputs or names)
    if not isinstance(expression, str):
        kinds = "a string, a SymPy expression or a formula"
        raise TypeError(f"the expression must be {kinds}, not {type(expression).__name__}")
    names = sorted(set(_NAME.findall(_without_exponents(expression))) - _KNOWN)
    return Formula(expression, inputs or names)


def _without_exponents(text: str) -> str:
    """The text without the `e` of numbers such as 1e-3."""
    return re.sub(r"\d[\d.]*[eE][+-]?\d+", "0", text)


def _from_sympy(sympy: Any, expression: Any) -> str:
    """A SymPy expression as symgrad reads it."""

    class Printer(sympy.printing.StrPrinter):  # type: ignore[misc]
        """SymPy's own notation, but for what symgrad calls otherwise."""

        def _print_Float(self, number: Any) -> str:
            return repr(float(number))

        def _print_Exp1(self, _: Any) -> str:
            return "e"

        def _print_Abs(self, size: Any) -> str:
            return f"abs({self._print(size.args[0])})"

    return str(Printer().doprint(expression))


def simplify(
    expression: Any,
    *,
    level_sets: bool = False,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    inputs: Sequence[str] | None = None,
) -> Formula:
    """The shortest form found that is the same function, by rules that are proved to hold.

    With ``level_sets``, one that has the same level sets: outer functions that rise or fall are
    dropped. ``ranges`` says where the inputs lie, all numbers by default; more rules hold in less.

    >>> simplify("(x*z)/(z*y)", ranges={"z": (1, 2), "y": (1, 2)})
    x/y
    >>> simplify("exp(3*x + 1)", level_sets=True)
    x
    """
    formula = formula_of(expression, inputs)
    limits = dict(ranges or {})
    unknown = sorted(limits.keys() - set(formula.inputs))
    if unknown:
        raise InputError(f"no input `{unknown[0]}`; there are {', '.join(formula.inputs)}")
    everywhere = (float("-inf"), float("inf"))
    bounds = [limits.get(name, everywhere) for name in formula.inputs]
    bounds = [(float(low), float(high)) for low, high in bounds]
    names = formula.inputs
    return Formula(_symgrad.simplify(formula.expression, names, bounds, level_sets), names)


def diff(expression: Any, input: Any, *, inputs: Sequence[str] | None = None) -> Formula:
    """The derivative along an input, a name or a symbol of SymPy.

    >>> diff("sin(x*y)", "x")
    cos(x*y)*y
    """
    formula = formula_of(expression, inputs)
    names = formula.inputs
    return Formula(_symgrad.derivative(formula.expression, names, str(input)), names)
