"""The settings of searches, as keyword arguments."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from . import _symgrad
from ._errors import InputError

if TYPE_CHECKING:
    from typing import TypeAlias

Tangent: TypeAlias = "Literal['auto', 'off', 'curved'] | int | str"


class SearchOptions(TypedDict, total=False):
    """What decides which formulas are found. What is absent keeps its default."""

    ops: str | Sequence[str]
    """Operators, such as ``"+ - * / sqrt sin"``; ``"+ - * / neg square sqrt exp log sin cos inv"`` by
    default. ``^ cube tan tanh abs asin acos atan atan2 sinh cosh erf`` have to be named."""
    effort: Literal["quick", "normal", "thorough"]
    """How much work the search may take where its answer is not proven earlier."""
    budget: int
    """Evaluations after which the search stops."""
    seed: int
    """Seed of every random choice, 0 by default."""
    threads: int
    """Threads, all cores by default; the result does not depend on it."""
    seconds: float
    """Seconds after which it stops; the result then depends on the machine."""
    target_loss: float
    """A loss that is good enough to stop at."""
    known_error: float
    """What is known of the neuron's own error, as the mean sin² of the angle."""
    max_complexity: int
    """The largest complexity to explore."""
    guesses: Sequence[Any]
    """Formulas to start from: strings, SymPy expressions or symgrad's own."""
    define: Sequence[str]
    """Operators of your own, such as ``"gauss(t) = exp(-t^2)"``."""
    costs: Mapping[str, int]
    """Complexities, such as ``{"sin": 3, "const": 2}``."""
    limits: Sequence[str]
    """Such as ``["depth <= 6", "sin in sin <= 0"]``."""
    exclude: Sequence[str]
    """Inputs that must not appear."""
    require: Sequence[str]
    """Inputs that must all appear."""
    structure: str
    """A skeleton to fill in, such as ``"f(x, y)/g(z)"``."""
    units: Mapping[str, str]
    """Units, such as ``{"x": "m", "v": "m/s"}``."""
    constants: Literal["any", "dimensionless"]
    """Which units constants may have."""
    measure: str
    """What is minimised, such as ``"level-set"`` or ``"paper-mse"``."""
    config: str | os.PathLike[str] | Mapping[str, Any]
    """A TOML file of settings, or the same as a dictionary; what is named beside it wins."""


_IN_SEARCH = (
    "budget",
    "seed",
    "threads",
    "seconds",
    "target_loss",
    "known_error",
    "max_complexity",
)
_LISTS = {"limits", "exclude", "require"}
_IN_CONSTRAINTS = ("limits", "exclude", "require", "structure", "units", "constants")


def settings_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in the form of symgrad's files."""
    unknown = set(options) - set(SearchOptions.__annotations__)
    if unknown:
        known = ", ".join(sorted(SearchOptions.__annotations__))
        names = ", ".join(f"`{name}`" for name in sorted(unknown))
        raise TypeError(f"unknown setting {names}; there are {known}")
    settings = _base(options.get("config"))
    search = settings.setdefault("search", {})
    constraints = search.setdefault("constraints", {})
    given = {name: value for name, value in options.items() if value is not None}
    if "effort" in given:
        search["budget"] = _symgrad.effort(str(given["effort"]))
    for name in _IN_SEARCH:
        if name in given:
            search[name] = _plain(given[name])
    for name in _IN_CONSTRAINTS:
        if name in given:
            value = given[name]
            if name in _LISTS:
                value = constraints.get(name, []) + _strings(value, name)
            constraints[name] = dict(value) if isinstance(value, Mapping) else value
    if "ops" in given:
        ops = given["ops"]
        settings["operators"] = ops if isinstance(ops, str) else " ".join(ops)
    if "measure" in given:
        settings["measure"] = given["measure"]
    if "costs" in given:
        costs = {name: _plain(cost) for name, cost in given["costs"].items()}
        search["costs"] = {**search.get("costs", {}), **costs}
    if "define" in given:
        search["templates"] = search.get("templates", []) + _strings(given["define"], "define")
    if "guesses" in given:
        guesses = given["guesses"]
        guesses = [guesses] if isinstance(guesses, str) else guesses
        settings["guesses"] = settings.get("guesses", []) + [_formula(one) for one in guesses]
    return settings


def field_of(tangent: Tangent, weak: float | None = None) -> dict[str, Any]:
    """How gradients become directions, in the form of symgrad's files."""
    mode: Any
    kind, _, rank = str(tangent).partition(":")
    if kind in ("auto", "off") and not rank:
        mode = kind
    elif kind == "curved" and (not rank or rank.isdigit()):
        mode = {"local": {"rank": int(rank) if rank else None, "neighbours": None}}
    elif kind.isdigit() and not rank:
        mode = {"rank": int(kind)}
    else:
        message = "'auto', 'off', 'curved', 'curved:3' or the number of directions"
        raise InputError(f"tangent is {tangent!r}; it must be {message} in which the data extend")
    return {"tangent": mode} if weak is None else {"tangent": mode, "weak": weak}


def _base(config: str | os.PathLike[str] | Mapping[str, Any] | None) -> dict[str, Any]:
    if config is None:
        return {}
    if isinstance(config, Mapping):
        copy: dict[str, Any] = json.loads(json.dumps(dict(config)))
        return copy
    read: dict[str, Any] = json.loads(_symgrad.settings(os.fspath(config)))
    return read


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's own."""
    return value.item() if hasattr(value, "item") else value


def _strings(value: Any, name: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not all(isinstance(one, str) for one in value):
        raise TypeError(f"`{name}` must be a list of strings")
    return list(value)


def _formula(guess: Any) -> str:
    expression = getattr(guess, "expression", None)
    return expression if isinstance(expression, str) else str(guess)
