"""The types that the package promises."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy is not installed")

HERE = Path(__file__).parent
PACKAGE = Path(importlib.util.find_spec("symgrad").origin).parent


def run(*arguments, folder):
    words = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_is_typed_strictly(tmp_path):
    run("mypy", "--strict", "--no-incremental", HERE / "typed.py", folder=tmp_path)


def test_stubs_are_those_of_the_extension(tmp_path):
    run("mypy.stubtest", "symgrad._symgrad", "--ignore-disjoint-bases", folder=tmp_path)
