"""Formulas as modules of PyTorch."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ._formula import Formula

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


class FormulaModule(torch.nn.Module):
    """A formula whose constants are parameters, in double precision until told otherwise.

    Exponents that are whole numbers, and the 1 of 1/x, belong to the formula's form and stay.
    """

    def __init__(self, formula: Formula) -> None:
        super().__init__()
        self.formula = formula
        self._names = list(formula._spelling["numpy"]["names"])
        self._tree = ast.parse(formula.code("numpy"), mode="eval").body
        values: list[float] = []
        self._tree = _collect(self._tree, values)
        self.constants = torch.nn.Parameter(torch.tensor(values, dtype=torch.float64))

    def forward(self, *points: torch.Tensor) -> torch.Tensor:
        """Values at points: a tensor whose last axis is that of the inputs, or a column for each."""
        columns = points
        if len(points) == 1 and (len(self._names) > 1 or points[0].dim() > 1):
            columns = torch.unbind(points[0], dim=-1)
        self.formula._check_count(len(columns))
        values = _value(self._tree, dict(zip(self._names, columns, strict=True)), self.constants)
        return torch.as_tensor(values) + torch.zeros_like(columns[0])

    def extra_repr(self) -> str:
        """The formula that it began with."""
        return str(self.formula)


@dataclass
class _Parameter:
    """A constant's place among the parameters."""

    place: int


def _collect(node: ast.expr, values: list[float]) -> Any:
    """The tree with its constants moved to the list."""
    if isinstance(node, ast.BinOp):
        is_inverse = isinstance(node.op, ast.Div) and _number(node.left) == 1.0
        exponent = _number(node.right) if isinstance(node.op, ast.Pow) else None
        is_whole = exponent is not None and exponent == math.floor(exponent)
        if not is_inverse:
            node.left = _collect(node.left, values)
        if not is_whole:
            node.right = _collect(node.right, values)
        return node
    number = _number(node)
    if number is not None:
        values.append(number)
        return _Parameter(len(values) - 1)
    if isinstance(node, ast.UnaryOp):
        node.operand = _collect(node.operand, values)
    elif isinstance(node, ast.Call):
        node.args = [_collect(argument, values) for argument in node.args]
    return node


def _number(node: ast.AST) -> float | None:
    """The number that a node is, its sign included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    return None


def _value(node: Any, inputs: dict[str, torch.Tensor], constants: torch.Tensor) -> Any:
    if isinstance(node, _Parameter):
        return constants[node.place]
    if isinstance(node, ast.BinOp):
        left = _value(node.left, inputs, constants)
        return _OPERATORS[type(node.op)](left, _value(node.right, inputs, constants))
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, inputs, constants)
    if isinstance(node, ast.Name):
        return inputs[node.id]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
        arguments = [_value(argument, inputs, constants) for argument in node.args]
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        function = getattr(torch, name)
        return function(*(torch.as_tensor(argument) for argument in arguments))
    raise AssertionError(f"no formula holds {ast.dump(node)}")
