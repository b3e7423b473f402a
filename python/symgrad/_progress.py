"""Progress, by the conventions of tqdm."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

from ._packages import loaded, optional

Progress = Callable[[int, int, str], object]


class Bar:
    """A bar while work goes on; none where nobody sees it."""

    def __init__(self, progress: bool | Progress | None, name: str) -> None:
        self._name = name
        self._bar: Any = None
        self._told: Progress | None = progress if callable(progress) else None
        self._tqdm: Any = None
        if progress is True or (progress is None and _is_seen()):
            self._tqdm = _tqdm()

    @property
    def callback(self) -> Progress | None:
        """What is to be called, if anything is."""
        if self._told is not None:
            return self._told
        return None if self._tqdm is None else self._tell

    def _tell(self, done: int, total: int, text: str) -> None:
        if self._bar is None:
            self._bar = self._tqdm(total=total, desc=self._name, leave=False, unit_scale=True)
        self._bar.total = total
        self._bar.set_postfix_str(text[:48], refresh=False)
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _is_seen() -> bool:
    """Whether there is a terminal or a notebook."""
    terminal = bool(getattr(sys.stderr, "isatty", lambda: False)())
    return terminal or loaded("ipykernel") is not None


def _tqdm() -> Any:
    with warnings.catch_warnings():
        # Of widgets that are missing in notebooks: a plain bar will do.
        warnings.simplefilter("ignore")
        module = optional("tqdm.auto")
    return None if module is None else module.tqdm
