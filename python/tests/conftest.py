"""What the tests have in common."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

# Enough for what the tests look for, and quick.
BUDGET = 8_000


# What a shell starts in the background hears no Ctrl-C, which tests of it would wait for.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def command() -> Callable[..., Any]:
    """The release binary of the command; what it prints as JSON."""
    default = ROOT / "target" / "release" / "symgrad"
    binary = Path(os.environ.get("SYMGRAD_COMMAND", default))
    if not binary.is_file():
        pytest.skip("the command is not built: cargo build --release, or set SYMGRAD_COMMAND")

    def run(*arguments: object) -> Any:
        words = [str(argument) for argument in arguments]
        done = subprocess.run(
            [str(binary), *words, "--format", "json"], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        if words[0] != "discover":
            # Which command made it only the command can say.
            assert found.pop("origin")["command"].startswith(f"symgrad {words[0]} ")
        return found

    return run


def timeless(record: Any) -> Any:
    """A result without its seconds, the one part that differs from run to run, and without what is
    there for pictures, which the command only writes to files."""
    if isinstance(record, dict):
        kept = {key: value for key, value in record.items() if key not in ("seconds", "sample")}
        return {key: timeless(value) for key, value in kept.items()}
    if isinstance(record, list):
        return [timeless(value) for value in record]
    return record


@pytest.fixture
def product() -> tuple[np.ndarray, np.ndarray]:
    """Points, and there the gradients of tanh(x·y)."""
    points = np.random.default_rng(0).uniform(0.3, 2.0, (200, 2))
    slope = 1.0 / np.cosh(points[:, :1] * points[:, 1:]) ** 2
    return points, slope * points[:, ::-1]
