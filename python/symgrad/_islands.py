"""One large search by several islands, whose rounds are jobs for any executor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from . import _symgrad
from ._errors import SymgradError
from ._progress import Bar, Progress

if TYPE_CHECKING:
    from typing import TypeAlias

log = logging.getLogger("symgrad")

# What does jobs, or what makes it and is asked again where it broke.
Workers: TypeAlias = "Executor | Callable[[], Executor]"

# What :func:`_symgrad.search` is asked, without the progress: the data, settings and options.
Asked: TypeAlias = "tuple[Any, Any, Any, Any, Any, str, str]"

# How often a job is given before the search gives up.
ATTEMPTS = 3


@dataclass(frozen=True)
class Round:
    """A round of one island: what a worker is sent. Its report comes back as bytes."""

    asked: Asked
    job: bytes

    def __call__(self) -> bytes:
        return _symgrad.advance_island(*self.asked, self.job)


def search(
    asked: Asked,
    here: Asked,
    count: int,
    workers: Workers | None,
    progress: bool | Progress | None,
) -> str:
    """The findings of so many islands: ``asked`` is for the workers, ``here`` to end the search."""
    islands = _symgrad.Islands(here[5], count)
    with _Team(workers) as team, Bar(progress, f"{count} islands") as bar:
        try:
            while jobs := islands.jobs():
                for report in team.reports({island: Round(asked, job) for island, job in jobs}):
                    islands.take(report)
                    if bar.callback is not None:
                        bar.callback(*islands.progress())
        except KeyboardInterrupt:
            if islands.progress()[0] == 0:
                raise
    return islands.finish(*here)


class _Team:
    """Whoever does the jobs; without an executor this process, one after another."""

    def __init__(self, workers: Workers | None) -> None:
        self._make: Callable[[], Executor] | None = None
        self._executor: Executor | None = None
        if workers is None or hasattr(workers, "submit"):
            self._executor = cast("Executor | None", workers)
        elif callable(workers):
            self._make = workers
        else:
            kinds = "an Executor of concurrent.futures, or a function that makes one"
            raise TypeError(f"executor must be {kinds}, not {type(workers).__name__}")

    def __enter__(self) -> _Team:
        if self._make is not None:
            self._executor = self._make()
        return self

    def __exit__(self, *_: object) -> None:
        if self._make is not None and self._executor is not None:
            self._executor.shutdown(wait=False)

    def reports(self, rounds: dict[int, Round]) -> Iterator[bytes]:
        """The report of each job. What a worker has lost is done again."""
        left = dict(rounds)
        lost: Exception | None = None
        for attempt in range(1, ATTEMPTS + 1):
            if isinstance(lost, BrokenExecutor):
                self._repair(lost)
            lost = None
            for island, report in self._tried(left):
                if isinstance(report, Exception):
                    lost = report
                else:
                    del left[island]
                    yield report
            if lost is None:
                return
            log.warning("lost in attempt %d: islands %s: %r", attempt, sorted(left), lost)
        times = f"island {min(left)} was given to workers {ATTEMPTS} times and did not come back"
        hint = "look at what the workers say, above all at their memory"
        raise SymgradError(f"{times}: {lost!r}\n{hint}") from lost

    def _tried(self, rounds: dict[int, Round]) -> Iterator[tuple[int, bytes | Exception]]:
        """The report of each job, or why there is none."""
        if self._executor is None:
            for island in list(rounds):
                yield island, rounds[island]()
            return
        futures = {}
        try:
            for island, job in rounds.items():
                futures[island] = self._submitted(self._executor, job)
            for island, future in futures.items():
                yield island, self._outcome(future)
        finally:
            for future in futures.values():
                future.cancel()

    @staticmethod
    def _submitted(executor: Executor, job: Round) -> Future[bytes]:
        try:
            return executor.submit(job)
        except BrokenExecutor as error:
            failed: Future[bytes] = Future()
            failed.set_exception(error)
            return failed

    @staticmethod
    def _outcome(future: Future[bytes]) -> bytes | Exception:
        try:
            return future.result()
        except (SymgradError, TypeError, ValueError):
            # The job's own, which would fail anywhere.
            raise
        except Exception as error:
            return error

    def _repair(self, broken: BrokenExecutor) -> None:
        """Another executor in the place of one that broke."""
        if self._make is None or self._executor is None:
            message = "a worker died, and the executor takes no more jobs"
            hint = "give a function that makes one: executor=lambda: ProcessPoolExecutor(3)"
            raise SymgradError(f"{message}: {broken}\n{hint}") from broken
        self._executor.shutdown(wait=False)
        self._executor = self._make()
