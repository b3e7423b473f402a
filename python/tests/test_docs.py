"""What the documents show is run, block after block, and prints what the comments say."""

import contextlib
import doctest
import importlib.util
import io
import os
import re
import warnings
from pathlib import Path

import pytest
from conftest import ROOT

MODULES = ["", "._formula", "._search", "._interpret", "._algebra", "._regressor"]
OPTIONAL = ["jax", "keras", "torch"]

# Keras on what is there: by itself it looks for one backend only.
BACKENDS = [name for name in ("jax", "torch", "tensorflow") if importlib.util.find_spec(name)]
os.environ.setdefault("KERAS_BACKEND", (BACKENDS or ["jax"])[0])


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    failed, tried = doctest.testmod(importlib.import_module(f"symgrad{name}"))
    assert failed == 0 and tried > 0


def blocks():
    found = []
    for document in [ROOT / "README.md", ROOT / "docs" / "python.md"]:
        text = document.read_text(encoding="utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```", text, re.S | re.M):
            line = text[: block.start()].count("\n") + 1
            found.append(pytest.param(document, block[1], id=f"{document.name}:{line}"))
    return found


SPACES: dict[Path, dict] = {}


@pytest.mark.parametrize("document, block", blocks())
def test_programs_of_documents(document, block, tmp_path, monkeypatch):
    for package in OPTIONAL:
        if f"import {package}" in block:
            pytest.importorskip(package, reason=f"{package} is not installed")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        # Of a network that is trained for too short a time, for example.
        warnings.simplefilter("ignore")
        exec(compile(block, str(document), "exec"), SPACES.setdefault(document, {}))
    expected = re.findall(r"^print\(.*  # (.*)$", block, re.M)
    assert printed.getvalue().splitlines() == expected
