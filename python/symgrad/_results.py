"""What searches return."""

from __future__ import annotations

import html
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import _symgrad
from ._errors import FileError, InputError
from ._formula import Entry, Formula, NumpyFunction
from ._packages import needed, optional


@dataclass(frozen=True)
class Verdict:
    """What a search says of its own answer."""

    kind: str
    """``"identified"``, ``"ambiguous"`` or ``"not found"``; of laws ``"laws"`` or ``"no law"``."""
    sentence: str
    """The verdict and its reason in one line."""
    alternatives: tuple[str, ...] = ()
    """Formulas that are as credible as the answer."""

    def __str__(self) -> str:
        return self.sentence


def in_python(sentence: str) -> str:
    """A sentence in which the command's options are Python's: ``--max-complexity`` is
    ``max_complexity``."""
    return re.sub(r"--([a-z-]*[a-z])", lambda option: option[1].replace("-", "_"), sentence)


# Losses and angles below are those of rounding.
EXACT = 1e-16


class Saved:
    """What can be written to a file and read again by :func:`load`."""

    _record: dict[str, Any]
    _columns: list[str]

    def __init__(self, record: Mapping[str, Any], columns: Sequence[str] | None = None) -> None:
        self._record = dict(record)
        saved = self._record.pop("columns", None)
        self._columns = list(columns or saved or self._inputs_of(self._record))

    @staticmethod
    def _inputs_of(record: Mapping[str, Any]) -> list[str]:
        return list(record.get("inputs") or [])

    def to_dict(self) -> dict[str, Any]:
        """Everything, in the form of the files that the command writes."""
        copy: dict[str, Any] = json.loads(json.dumps(self._record))
        return copy

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes JSON as the command does; :func:`load` reads it, and the command's own files."""
        record = self.to_dict()
        if self._columns != self._inputs_of(record):
            record["columns"] = self._columns
        try:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(record, file, indent=2, ensure_ascii=False)
                file.write("\n")
        except OSError as error:
            raise FileError(f"cannot write {os.fspath(path)}: {error.strerror}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Saved):
            return NotImplemented
        return type(self) is type(other) and self._record == other._record

    __hash__ = None  # type: ignore[assignment]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        for mime, method in [("text/html", "_repr_html_"), ("text/latex", "_repr_latex_")]:
            text = getattr(self, method, lambda: None)()
            if text:
                bundle[mime] = text
        return bundle


class Result(Saved):
    """A front of formulas, the answer on it, and how far it can be believed."""

    @property
    def _findings(self) -> dict[str, Any]:
        return self._record

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The formulas of the front, the simplest first."""
        return tuple(Entry(entry, self._columns) for entry in self._findings["front"])

    @property
    def answer(self) -> Entry:
        """The formula that the search chose."""
        place: int = self._findings["answer"]
        return self.entries[place]

    @property
    def front(self) -> Any:
        """The best formula at each complexity: a frame of pandas, or a list of dictionaries."""
        trust = (self._findings.get("trust") or {}).get("entries") or []
        rows = []
        for place, entry in enumerate(self.entries):
            held_out = trust[place].get("held_out") if place < len(trust) else None
            row: dict[str, Any] = {"complexity": entry.complexity, "loss": entry.loss}
            row["held_out"] = held_out["estimate"] if held_out else math.nan
            if entry.mean_squared_error is not None:
                row["mean_squared_error"] = entry.mean_squared_error
            row["expression"] = entry.expression
            row["answer"] = place == self._findings["answer"]
            rows.append(row)
        return framed(rows)

    @property
    def verdict(self) -> Verdict:
        """What the search says of its answer."""
        trust = self._findings.get("trust")
        if trust is None:
            return Verdict("not found", "nothing is known of the answer")
        said = trust["verdict"]
        if isinstance(said, str):
            said = {"kind": said}
        others = said.get("alternatives", [])
        front = self._findings["front"]
        alternatives = tuple(front[place]["expression"] for place in others if place < len(front))
        kind = said["kind"].replace("-", " ")
        return Verdict(kind, in_python(trust["summary"]), alternatives)

    @property
    def inputs(self) -> list[str]:
        """The names of all inputs as given."""
        return list(self._columns)

    @property
    def left_out(self) -> list[str]:
        """Inputs that the search did without, and why."""
        return list(self._findings.get("left_out") or [])

    @property
    def advice(self) -> str | None:
        """What to do where nothing was found, in one sentence."""
        return self._remarks[0]

    @property
    def hints(self) -> list[str]:
        """What the gradients alone tell of the formula, before any search."""
        return self._remarks[1]

    @cached_property
    def _remarks(self) -> tuple[str | None, list[str]]:
        outer = self._record.get("outer")
        text = None if outer is None else json.dumps(outer)
        advice, hints = _symgrad.remarks(json.dumps(self._findings), text)
        return (None if advice is None else in_python(advice)), hints

    @property
    def strays(self) -> tuple[Entry, int] | None:
        """Where nothing was found: a formula that holds but for a few points, and their number."""
        found = self._findings.get("strays")
        return (self.entries[found["entry"]], found["points"]) if found else None

    @property
    def evaluations(self) -> int:
        """Evaluations that the search made."""
        return int(self._findings["evaluations"])

    @property
    def seed(self) -> int:
        """The seed."""
        return int(self._findings["seed"])

    @property
    def stopped(self) -> str:
        """Why the search stopped: ``"settled"``, ``"budget"``, ``"seconds"``, ``"target-loss"``,
        ``"given"``, or ``"observer"`` after Ctrl-C."""
        return str(self._findings.get("stopped") or "")

    def sympy(self) -> Any:
        """The answer as a SymPy expression."""
        return self.answer.sympy()

    def latex(self) -> str:
        """The answer for LaTeX."""
        return self.answer.latex()

    def numpy(self) -> NumpyFunction:
        """The answer as a vectorised function."""
        return self.answer.numpy()

    def jax(self) -> Any:
        """The answer as a function of JAX."""
        return self.answer.jax()

    def torch(self) -> Any:
        """The answer as a module of PyTorch with its constants as parameters."""
        return self.answer.torch()

    @property
    def angles(self) -> list[float]:
        """Angles in degrees between the gradients of the answer and the given ones, at up to 400
        points, the smallest first; empty where values were fitted or none are known."""
        return self._angles(self._findings["answer"])

    def _angles(self, entry: int) -> list[float]:
        seen = (self._findings.get("sample") or {}).get("entries") or []
        return list(seen[entry].get("angles") or []) if entry < len(seen) else []

    def plot(self, axes: Any = None) -> list[Any]:
        """The front, complexity against loss; for neurons φ, the neuron against the answer; and for
        gradients the angles that the answer leaves.

        Each on axes of matplotlib of its own: new ones, or those given, from the first picture on.
        Returns the axes.
        """
        pictures = self._pictures()
        found = axes_of(axes, len(pictures))
        for one, picture in zip(found, pictures, strict=False):
            picture(one)
        return found

    def _pictures(self) -> list[Callable[[Any], None]]:
        return [self._draw_front, *([self._draw_angles] if self.angles else [])]

    def _draw_front(self, axes: Any) -> None:
        entries = [entry for entry in self.entries if math.isfinite(entry.loss)]
        places = [(entry.complexity, max(entry.loss, EXACT)) for entry in entries]
        # The mean of values stands first, whatever its complexity, and is no step of the front.
        longer = [(x, y) for x, y in places if any(x > other and y >= loss for other, loss in places)]
        steps = sorted(set(places) - set(longer))
        axes.semilogy(*zip(*steps, strict=True), color="0.5")
        axes.semilogy(*zip(*places, strict=True), "o", color="0.5")
        axes.semilogy(self.answer.complexity, max(self.answer.loss, EXACT), "o", color="C3")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="complexity", ylabel="loss")
        axes.set_title(f"{shortened(str(self.answer), 44)}\n{self.verdict.kind}", fontsize="medium")

    def _draw_angles(self, axes: Any) -> None:
        """The share of the points whose angle is smaller, for the answer and the next simpler
        formula."""
        place: int = self._findings["answer"]
        for entry, colour in [(place - 1, "0.5"), (place, "C3")]:
            angles = self._angles(entry) if entry >= 0 else []
            if angles:
                shares = [100 * (n + 1) / len(angles) for n in range(len(angles))]
                label = shortened(str(self.entries[entry]), 28)
                least = math.degrees(math.sqrt(EXACT))
                axes.step([max(angle, least) for angle in angles], shares, color=colour, label=label)
        axes.set_xscale("log")
        axes.set(xlabel="angle between gradients in degrees", ylabel="% of the points below")
        axes.legend(loc="best", fontsize="small")

    def __repr__(self) -> str:
        advice = f"\n{self.advice}" if self.advice else ""
        return f"{self.verdict.sentence}\nanswer: {self.answer}{advice}"

    def _repr_latex_(self) -> str:
        return self.answer._repr_latex_()

    def _repr_html_(self) -> str:
        rows = []
        for place, entry in enumerate(self.entries):
            cells = [str(entry.complexity), f"{entry.loss:.2e}", html.escape(str(entry))]
            style = ' style="font-weight:bold"' if place == self._findings["answer"] else ""
            rows.append((style, cells))
        head = ["complexity", "loss", "formula"]
        return table_of(html.escape(self.verdict.sentence), head, rows)


class Neuron(Result):
    """What one neuron has learned."""

    @staticmethod
    def _inputs_of(record: Mapping[str, Any]) -> list[str]:
        return list((record.get("findings") or {}).get("inputs") or [])

    @property
    def _findings(self) -> dict[str, Any]:
        findings: dict[str, Any] | None = self._record["findings"]
        if findings is None:
            raise InputError(f"neuron {self.unit} of `{self.layer}` is dead: it has no formula")
        return findings

    @property
    def layer(self) -> str:
        """The neuron's layer."""
        return str(self._record["layer"])

    @property
    def unit(self) -> str:
        """The neuron's number in its layer, or a difference such as ``"3-7"``."""
        return str(self._record["unit"])

    @property
    def activity(self) -> str:
        """``"nonlinear"``; ``"linear"``, a function of a weighted sum; or ``"dead"``."""
        return str(self._record["activity"])

    @property
    def is_dead(self) -> bool:
        """Whether its gradient vanishes at every point, so that there is no formula."""
        return self._record["findings"] is None

    @property
    def outer(self) -> dict[str, Any] | None:
        """How the neuron depends on the answer: trend, r_squared, spearman and curve of φ."""
        return self._record.get("outer")

    @property
    def verdict(self) -> Verdict:
        """What the search says of its answer."""
        if self.is_dead:
            return Verdict("dead", "dead: its gradient vanishes at every point")
        return super().verdict

    def _pictures(self) -> list[Callable[[Any], None]]:
        front, *angles = super()._pictures()
        return [front, *([self._draw_outer] if self.outer else []), *angles]

    def _draw_outer(self, axes: Any) -> None:
        outer = self.outer or {}
        seen = (self._findings.get("sample") or {}).get("entries") or []
        values = seen[self._findings["answer"]].get("values") if seen else None
        if values:
            axes.plot(*zip(*values, strict=True), ".", color="0.7", markersize=3)
        axes.plot(*zip(*outer["curve"], strict=True), color="C3")
        axes.set(xlabel=shortened(str(self.answer), 44), ylabel=f"neuron {self.unit}")
        axes.set_title(f"φ, R² = {outer['r_squared']:.4f}", fontsize="medium")

    def __repr__(self) -> str:
        head = f"neuron {self.unit} of `{self.layer}`"
        if self.is_dead:
            return f"{head}: {self.verdict}"
        outer = self.outer
        fit = f"\nneuron = φ(answer), R² = {outer['r_squared']:.4f}" if outer else ""
        return f"{head}\n{super().__repr__()}{fit}"

    def _repr_html_(self) -> str:
        return html.escape(repr(self)) if self.is_dead else super()._repr_html_()

    def _repr_latex_(self) -> str:
        return "" if self.is_dead else super()._repr_latex_()


class Layer(Saved):
    """What the neurons of a layer have learned."""

    @staticmethod
    def _inputs_of(record: Mapping[str, Any]) -> list[str]:
        return next(filter(None, map(Neuron._inputs_of, record["neurons"])), [])

    @cached_property
    def neurons(self) -> tuple[Neuron, ...]:
        """The neurons, the most certain first."""
        return tuple(Neuron(record, self._columns) for record in self._record["neurons"])

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Neurons that hold one concept: units, spread, expression."""
        return list(self._record["groups"])

    @property
    def front(self) -> Any:
        """A row for each neuron: a frame of pandas, or a list of dictionaries."""
        rows = []
        for neuron in self.neurons:
            outer = neuron.outer or {}
            rows.append(
                {
                    "neuron": neuron.unit,
                    "verdict": neuron.verdict.kind,
                    "loss": math.nan if neuron.is_dead else neuron.answer.loss,
                    "r_squared": outer.get("r_squared", math.nan),
                    "answer": "" if neuron.is_dead else neuron.answer.expression,
                }
            )
        return framed(rows)

    def __len__(self) -> int:
        return len(self.neurons)

    def __iter__(self) -> Any:
        return iter(self.neurons)

    def __getitem__(self, unit: int | str) -> Neuron:
        """The neuron of that number."""
        for neuron in self.neurons:
            if neuron.unit == str(unit):
                return neuron
        raise KeyError(unit)

    def __repr__(self) -> str:
        lines = []
        for neuron in self.neurons:
            answer = "" if neuron.is_dead else f": {neuron.answer}"
            lines.append(f"neuron {neuron.unit}: {neuron.verdict.kind}{answer}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for neuron in self.neurons:
            answer = "" if neuron.is_dead else html.escape(str(neuron.answer))
            rows.append(("", [neuron.unit, neuron.verdict.kind, answer]))
        return table_of("", ["neuron", "verdict", "answer"], rows)


class Space(Saved):
    """What several neurons have learned together: all concepts in the space that they span."""

    @staticmethod
    def _inputs_of(record: Mapping[str, Any]) -> list[str]:
        return next((list(one["inputs"]) for one in record["concepts"]), [])

    @cached_property
    def concepts(self) -> tuple[Result, ...]:
        """The concepts, the simplest first."""
        return tuple(Result(record, self._columns) for record in self._record["concepts"])

    @property
    def answers(self) -> list[Entry]:
        """The formula of each concept."""
        return [concept.answer for concept in self.concepts]

    @property
    def missing(self) -> int:
        """How many concepts of the space were not found."""
        return int(self._record["missing"])

    def __repr__(self) -> str:
        lines = [f"concept {n}: {one.answer}" for n, one in enumerate(self.concepts, 1)]
        if self.missing:
            lines.append(f"not found: {self.missing}")
        return "\n".join(lines)


class Law(Formula):
    """A formula that is constant along trajectories, or within groups."""

    def __init__(self, record: Mapping[str, Any], inputs: Sequence[str]) -> None:
        super().__init__(record["expression"], inputs)
        self.complexity: int = record["complexity"]
        self.rho: float = record["rho"]
        """Variance within groups over the variance of all values, on groups held out."""
        said = record["verdict"]
        self.verdict = Verdict(said["kind"], said["summary"])


class Laws(Saved):
    """What is conserved, and what the data say of it."""

    @cached_property
    def laws(self) -> tuple[Law, ...]:
        """Functionally independent laws, the simplest first."""
        return tuple(Law(law, self._columns) for law in self._record["laws"])

    @property
    def answer(self) -> Law | None:
        """The simplest law, if there is one."""
        return self.laws[0] if self.laws else None

    @property
    def next(self) -> Law | None:
        """The best of what would have come next, which is no law."""
        record = self._record.get("next")
        return Law(record, self._columns) if record else None

    @property
    def verdict(self) -> Verdict:
        """What the data say as a whole."""
        said = self._record["verdict"]
        return Verdict(said["kind"], in_python(said["summary"]))

    @property
    def parameters(self) -> list[str]:
        """Inputs that do not change within groups."""
        return list(self._record.get("parameters") or [])

    @property
    def front(self) -> Any:
        """A row for each law: a frame of pandas, or a list of dictionaries."""
        rows = [
            {
                "complexity": law.complexity,
                "rho": law.rho,
                "verdict": law.verdict.kind,
                "expression": law.expression,
            }
            for law in self.laws
        ]
        return framed(rows)

    def sympy(self) -> list[Any]:
        """The laws as SymPy expressions."""
        return [law.sympy() for law in self.laws]

    def latex(self) -> list[str]:
        """The laws for LaTeX."""
        return [law.latex() for law in self.laws]

    def __repr__(self) -> str:
        lines = [self.verdict.sentence]
        for law in self.laws:
            lines += [f"law: {law}", f"  {law.verdict}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [("", [html.escape(str(law)), law.verdict.sentence]) for law in self.laws]
        return table_of(html.escape(self.verdict.sentence), ["law", ""], rows)

    def _repr_latex_(self) -> str:
        return "\n\n".join(law._repr_latex_() for law in self.laws)


def load(path: str | os.PathLike[str]) -> Result | Layer | Space | Laws:
    """Reads what :meth:`save` or the command has written.

    Raises :class:`FileError` where the file cannot be read, :class:`InputError` where it holds
    something else.
    """
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except OSError as error:
        raise FileError(f"cannot read {os.fspath(path)}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{os.fspath(path)} holds no JSON: {error}") from error
    kinds: dict[str, type[Result | Layer | Space | Laws]]
    kinds = {"findings": Neuron, "front": Result, "neurons": Layer, "concepts": Space, "laws": Laws}
    if isinstance(record, dict):
        for key, kind in kinds.items():
            if key in record:
                return kind(record)
    raise InputError(f"{os.fspath(path)} is no result of symgrad")


def framed(rows: list[dict[str, Any]]) -> Any:
    """A frame where pandas is installed, else the rows themselves."""
    pandas = optional("pandas")
    return rows if pandas is None else pandas.DataFrame(rows)


def axes_of(axes: Any, count: int) -> list[Any]:
    """Axes to draw so many pictures on, or the first of them: those given, or new ones."""
    if axes is None:
        pyplot = needed("matplotlib.pyplot", "a picture")
        _, axes = pyplot.subplots(1, count, figsize=(5 * count, 4), layout="constrained")
    found = list(axes.flat) if hasattr(axes, "flat") else axes
    found = found if isinstance(found, (list, tuple)) else [found]
    if len(found) > count:
        raise InputError(f"{len(found)} axes are given, but there are {count} pictures")
    return list(found)


def shortened(text: str, most: int) -> str:
    """A text that fits into a picture."""
    return text if len(text) <= most else text[: most - 1] + "…"


def table_of(caption: str, head: list[str], rows: list[tuple[str, list[str]]]) -> str:
    """A table in HTML; cells are escaped already."""
    first = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(
        f"<tr{style}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for style, cells in rows
    )
    return f"<p>{caption}</p><table><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>"
