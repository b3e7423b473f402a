"""Symbolic regression as an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import MissingPackageError
from ._islands import Workers
from ._progress import Progress
from ._results import Result, Verdict
from ._search import search

try:
    from sklearn.base import (  # type: ignore[import-untyped,unused-ignore]
        BaseEstimator,
        RegressorMixin,
    )
    from sklearn.utils.validation import (  # type: ignore[import-untyped,unused-ignore]
        _check_sample_weight,
        check_is_fitted,
        validate_data,
    )
except ImportError as error:
    message = "symgrad.Regressor needs scikit-learn 1.6 or later: pip install scikit-learn"
    raise MissingPackageError(message) from error


class Regressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Finds a formula whose values are the given ones.

    The parameters are the settings of :class:`symgrad.SearchOptions`; with ``linear_scaling`` a
    formula f counts as the best a·f + b, and predictions are those. ``islands`` and ``executor`` are those
    of :func:`symgrad.search`; where scikit-learn copies the estimator, as in cross-validation, an
    executor has to be a function that makes one, since executors themselves cannot be copied.

    Attributes
    ----------
    result_ : Result
        Front, answer and verdict.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(0.5, 2, (100, 2))
    >>> model = Regressor(effort="quick").fit(x, x[:, 0] / x[:, 1])
    >>> model.sympy()
    x1/x2
    >>> bool(model.score(x, x[:, 0] / x[:, 1]) > 0.999)
    True
    """

    result_: Result
    n_features_in_: int

    def __init__(
        self,
        *,
        ops: str | Sequence[str] | None = None,
        effort: str | None = None,
        budget: int | None = None,
        seed: int = 0,
        threads: int | None = None,
        seconds: float | None = None,
        target_loss: float | None = None,
        known_error: float | None = None,
        max_complexity: int | None = None,
        linear_scaling: bool = False,
        guesses: Sequence[Any] | None = None,
        define: Sequence[str] | None = None,
        costs: Mapping[str, int] | None = None,
        limits: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        require: Sequence[str] | None = None,
        structure: str | None = None,
        units: Mapping[str, str] | None = None,
        constants: str | None = None,
        config: Any = None,
        islands: int | None = None,
        executor: Workers | None = None,
        progress: bool | Progress | None = None,
    ) -> None:
        self.ops = ops
        self.effort = effort
        self.budget = budget
        self.seed = seed
        self.threads = threads
        self.seconds = seconds
        self.target_loss = target_loss
        self.known_error = known_error
        self.max_complexity = max_complexity
        self.linear_scaling = linear_scaling
        self.guesses = guesses
        self.define = define
        self.costs = costs
        self.limits = limits
        self.exclude = exclude
        self.require = require
        self.structure = structure
        self.units = units
        self.constants = constants
        self.config = config
        self.islands = islands
        self.executor = executor
        self.progress = progress

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Regressor:
        """Searches for y, N values, at X, N×d points; weights are N numbers."""
        table, values = validate_data(
            self, X, y, y_numeric=True, dtype=np.float64, ensure_min_samples=2
        )
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{n}" for n in range(1, self.n_features_in_ + 1)]
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, table, ensure_non_negative=True)
        own = ("linear_scaling", "islands", "executor", "progress")
        settings = self.get_params(deep=False)
        options = {name: value for name, value in settings.items() if name not in own}
        self.result_ = search(
            table,
            values=values,
            weights=weights,
            names=list(names),
            linear_scaling=self.linear_scaling,
            islands=self.islands,
            executor=self.executor,
            progress=self.progress,
            **options,
        )
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The formula's values at X, N×d points."""
        check_is_fitted(self)
        table = validate_data(self, X, reset=False, dtype=np.float64)
        answer = self.result_.answer
        scale, offset = answer.scaling or (1.0, 0.0)
        return scale * answer.numpy()(table) + offset

    @property
    def verdict(self) -> Verdict:
        """What the search says of its answer."""
        check_is_fitted(self)
        return self.result_.verdict

    def sympy(self) -> Any:
        """The formula as a SymPy expression; with linear scaling, scale and offset belong to it."""
        check_is_fitted(self)
        answer = self.result_.answer
        scale, offset = answer.scaling or (1, 0)
        return scale * answer.sympy() + offset

    def latex(self) -> str:
        """The formula for LaTeX, without scale and offset."""
        check_is_fitted(self)
        return self.result_.latex()
