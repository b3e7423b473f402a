"""symgrad turns what a neuron of a trained network has learned into a formula.

>>> import numpy as np, symgrad
>>> x = np.random.default_rng(0).uniform(0.3, 2, (200, 2))
>>> slope = 1 / np.cosh(x[:, :1] * x[:, 1:]) ** 2
>>> symgrad.search(x, slope * x[:, ::-1], effort="quick").answer
x1*x2

:func:`interpret` reads neurons of networks, :func:`search` any gradients or values, :func:`discover`
finds what is conserved in trajectories, :class:`Regressor` fits values as scikit-learn's estimators
do, :func:`simplify` and :func:`diff` do algebra.
"""

from typing import Any

from ._algebra import diff, formula_of, simplify
from ._errors import FileError, InputError, MissingPackageError, SymgradError
from ._formula import Entry, Formula, NumpyFunction
from ._interpret import interpret, layers
from ._results import Law, Laws, Layer, Neuron, Result, Space, Verdict, load
from ._search import discover, search
from ._settings import SearchOptions
from ._symgrad import __version__

__all__ = [
    "Entry",
    "FileError",
    "Formula",
    "InputError",
    "Law",
    "Laws",
    "Layer",
    "MissingPackageError",
    "Neuron",
    "NumpyFunction",
    "Regressor",
    "Result",
    "SearchOptions",
    "Space",
    "SymgradError",
    "Verdict",
    "__version__",
    "diff",
    "discover",
    "formula_of",
    "interpret",
    "layers",
    "load",
    "search",
    "simplify",
]


def __getattr__(name: str) -> Any:
    # scikit-learn takes a second to import, and need not be there.
    if name == "Regressor":
        from ._regressor import Regressor

        return Regressor
    raise AttributeError(f"module 'symgrad' has no attribute {name!r}")
