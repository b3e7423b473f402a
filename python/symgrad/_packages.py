"""Packages that are used where they are there."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ._errors import MissingPackageError


def needed(name: str, purpose: str) -> Any:
    """A package without which this cannot be done."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        message = f"{purpose} needs {package}, which is not installed: pip install {package}"
        raise MissingPackageError(message) from error


def optional(name: str) -> Any | None:
    """A package, or None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def loaded(name: str) -> Any | None:
    """A package if somebody has imported it: without it, no object can be one of its own."""
    return sys.modules.get(name)
