# The extension module: arrays in, JSON out. What users see is written in Python.
import os
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_Column = NDArray[np.number[Any]]
_Progress = Callable[[int, int, str], object]
# Names, points, the gradients of each neuron, values, weights, settings, options.
_Call = tuple[
    Sequence[str],
    Sequence[_Column],
    Sequence[Sequence[_Column]],
    _Column | None,
    _Column | None,
    str,
    str,
]

__all__ = [
    "Islands",
    "__version__",
    "advance_island",
    "derivative",
    "discover",
    "effort",
    "interpret",
    "layers",
    "needs_search",
    "record",
    "remarks",
    "rename",
    "search",
    "settings",
    "simplify",
    "spell",
]

__version__: str

def search(call: _Call, progress: _Progress | None) -> str: ...
def interpret(
    names: Sequence[str],
    points: Sequence[_Column],
    weights: _Column | None,
    file: str | None,
    values: Sequence[_Column],
    gradients: Sequence[Sequence[_Column]],
    asked: str,
    settings: str,
    progress: _Progress | None,
    leash: str | os.PathLike[str] | None,
) -> str: ...
def discover(
    names: Sequence[str],
    points: Sequence[_Column],
    labels: _Column | None,
    time: _Column | None,
    rates: Sequence[_Column] | None,
    options: str,
    progress: _Progress | None,
) -> str: ...
def record(
    names: Sequence[str], points: Sequence[_Column], file: str, asked: str
) -> tuple[str, str, bytes, list[bytes]]: ...
def needs_search(call: _Call) -> bool: ...
def advance_island(call: _Call, job: bytes, leash: str | os.PathLike[str] | None) -> bytes: ...
@final
class Islands:
    def __new__(cls, settings: str, count: int) -> Islands: ...
    def jobs(self) -> list[tuple[int, bytes]]: ...
    def take(self, report: bytes) -> None: ...
    def progress(self) -> tuple[int, int, str]: ...
    def finish(self, call: _Call) -> str: ...

def remarks(findings: str, outer: str | None) -> tuple[str | None, list[str]]: ...
def layers(file: str) -> str: ...
def spell(text: str, names: Sequence[str]) -> str: ...
def simplify(
    text: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], level_sets: bool
) -> str: ...
def derivative(text: str, names: Sequence[str], input: str) -> str: ...
def rename(text: str, names: Sequence[str], others: Sequence[str]) -> str: ...
def effort(name: str) -> int: ...
def settings(path: str) -> str: ...
