"""One large search by several islands, whose rounds are jobs for any executor."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import multiprocessing
import os
import platform
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from . import _symgrad
from ._errors import SymgradError
from ._progress import Bar, Progress

if TYPE_CHECKING:
    from typing import TypeAlias

    from ._tables import Column

log = logging.getLogger("symgrad")

# What does jobs, or what makes it and is asked again where it broke.
Workers: TypeAlias = "Executor | Callable[[], Executor]"

# Names and columns of the points, each neuron's gradients, values, weights.
Data: TypeAlias = (
    "tuple[list[str], list[Column], list[list[Column]], Column | None, Column | None]"
)

# What :func:`_symgrad.search` is asked: the data, and settings and options as JSON.
Asked: TypeAlias = (
    "tuple[list[str], list[Column], list[list[Column]], Column | None, Column | None, str, str]"
)

T = TypeVar("T")

# How often a job is given before the search gives up.
ATTEMPTS = 3


@dataclass(frozen=True)
class Round:
    """A round of one island: what a worker is sent. Its report comes back as bytes."""

    asked: Asked
    job: bytes
    leash: Leash

    def __call__(self) -> bytes:
        return _symgrad.advance_island(self.asked, self.job, self.leash.here())


@dataclass(frozen=True)
class Leash:
    """By what workers of the same machine know that somebody waits for them: a file that is there."""

    machine: str = ""
    file: str = ""
    holder: int = 0

    def here(self) -> str | None:
        """The file, if this is the machine on which to look for it."""
        if not self.file or self.machine != _machine():
            return None
        _end_with(self.holder, os.getpid())
        return self.file


@dataclass(frozen=True)
class Held:
    """Another kind of job on a leash."""

    job: Callable[[None, str | None], str]
    leash: Leash

    def __call__(self) -> str:
        return self.job(None, self.leash.here())


def _machine() -> str:
    return f"{platform.node()} {platform.system()}"


@functools.cache
def _end_with(holder: int, worker: int) -> None:
    """Has a worker that the holder has started end where the holder is killed: it takes no file away then.

    Once for each worker, whose number is there for processes that are copies of others.
    """
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid != holder:
        return
    begun = os.getppid()

    def watch() -> None:
        # A copy of a process may hold what tells its siblings that their parent lives.
        while parent.is_alive() and os.getppid() == begun:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="symgrad-parent", daemon=True).start()


class Holder:
    """Holds jobs on a leash, until it goes away."""

    def __enter__(self) -> Holder:
        handle, self._file = tempfile.mkstemp(prefix="symgrad-")
        os.close(handle)
        return self

    def __exit__(self, *_: object) -> None:
        # Somebody else may have tidied up.
        with contextlib.suppress(OSError):
            os.remove(self._file)

    @property
    def leash(self) -> Leash:
        return Leash(_machine(), self._file, os.getpid())


def search(
    data: Data,
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    count: int,
    workers: Workers | None,
    progress: bool | Progress | None,
) -> str:
    """What so many islands find: findings as JSON, or an interpretation if the options name a neuron."""
    here = (*data, json.dumps(settings), json.dumps(options))
    there = here
    if workers is not None:
        alone = {**settings, "search": {"threads": 1, **settings.get("search", {})}}
        there = (*data, json.dumps(alone), json.dumps(options))
    islands = _symgrad.Islands(here[5], max(count, 0))
    if _symgrad.needs_search(here):
        with Holder() as holder, Team(workers) as team, Bar(progress, f"{count} islands") as bar:
            try:
                while jobs := islands.jobs():
                    rounds = {island: Round(there, job, holder.leash) for island, job in jobs}
                    for report in team.reports(rounds):
                        islands.take(report)
                        if bar.callback is not None:
                            bar.callback(*islands.progress())
            except KeyboardInterrupt:
                if islands.progress()[0] == 0:
                    raise
    return islands.finish(here)


class Team:
    """Whoever does the jobs; without an executor this process, one after another."""

    def __init__(self, workers: Workers | None) -> None:
        self._make: Callable[[], Executor] | None = None
        self._interrupted = self._busy = False
        # None for this process.
        self.executor: Executor | None = None
        if workers is None or hasattr(workers, "submit"):
            self.executor = cast("Executor | None", workers)
        elif callable(workers):
            self._make = workers
        else:
            kinds = "an Executor of concurrent.futures, or a function that makes one"
            raise TypeError(f"executor must be {kinds}, not {type(workers).__name__}")

    def __enter__(self) -> Team:
        # A handler of somebody else's knows what it does.
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
        if self._make is not None:
            self.executor = self._make()
        return self

    def __exit__(self, *_: object) -> None:
        if signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._make is not None and self.executor is not None:
            self.executor.shutdown(wait=False)

    def _note(self, *_: object) -> None:
        later = self._busy and not self._interrupted
        self._interrupted = True
        if not later:
            raise KeyboardInterrupt

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Gives a job to the executor, undisturbed: an executor that is interrupted while it starts its
        processes would leave them behind, and wait for them in the end."""
        assert self.executor is not None
        self._busy = True
        try:
            future = self.executor.submit(job)
        finally:
            self._busy = False
        if self._interrupted:
            future.cancel()
            raise KeyboardInterrupt
        return future

    def done(self, future: Future[T]) -> T:
        """What a job returns. Ctrl-C ends the wait even where Python has dropped its exception, as it
        does while a process is being forked."""
        while isinstance(future, Future) and not wait([future], timeout=0.5).done:
            if self._interrupted:
                raise KeyboardInterrupt
        return future.result()

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
            # A machine of the same name may not be the same, and so not have the file.
            left = {island: replace(job, leash=Leash()) for island, job in left.items()}
        times = f"island {min(left)} was given to workers {ATTEMPTS} times and did not come back"
        hint = "look at what the workers say, above all at their memory"
        raise SymgradError(f"{times}: {lost!r}\n{hint}") from lost

    def _tried(self, rounds: dict[int, Round]) -> Iterator[tuple[int, bytes | Exception]]:
        """The report of each job, or why there is none."""
        if self.executor is None:
            for island in list(rounds):
                yield island, rounds[island]()
            return
        futures = {}
        try:
            for island, job in rounds.items():
                futures[island] = self._submitted(job)
            for island, future in futures.items():
                yield island, self._outcome(future)
        finally:
            for future in futures.values():
                future.cancel()

    def _submitted(self, job: Round) -> Future[bytes]:
        try:
            return self.submit(job)
        except BrokenExecutor as error:
            failed: Future[bytes] = Future()
            failed.set_exception(error)
            return failed

    def _outcome(self, future: Future[bytes]) -> bytes | Exception:
        try:
            return self.done(future)
        except (SymgradError, TypeError, ValueError):
            # The job's own, which would fail anywhere.
            raise
        except Exception as error:
            return error

    def _repair(self, broken: BrokenExecutor) -> None:
        """Another executor in the place of one that broke."""
        if self._make is None or self.executor is None:
            message = "a worker died, and the executor takes no more jobs"
            hint = "give a function that makes one: executor=lambda: ProcessPoolExecutor(3)"
            raise SymgradError(f"{message}: {broken}\n{hint}") from broken
        self.executor.shutdown(wait=False)
        self.executor = self._make()
