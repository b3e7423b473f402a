"""scikit-learn's contract."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import symgrad

WEIGHTS = "which points are held out depends on their number: weight 2 is not the same point twice"
EXPECTED = {"check_sample_weight_equivalence_on_dense_data": WEIGHTS}


@parametrize_with_checks(
    [symgrad.Regressor(budget=300, threads=1)], expected_failed_checks=lambda _: EXPECTED
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def data():
    points = pd.DataFrame(np.random.default_rng(0).uniform(0.5, 2, (150, 2)), columns=["a", "b"])
    return points, points["a"] / points["b"]


def test_it_fits_and_predicts(data):
    points, values = data
    model = symgrad.Regressor(budget=5_000).fit(points, values)
    assert str(model.sympy()) == "a/b" and model.verdict.kind == "identified"
    assert model.latex() == r"\frac{a}{b}"
    np.testing.assert_allclose(model.predict(points), values, rtol=1e-9)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(points), model.predict(points))
    assert clone(model).get_params() == model.get_params()


def test_linear_scaling_belongs_to_predictions(data):
    points, values = data
    model = symgrad.Regressor(budget=5_000, linear_scaling=True).fit(points, 3 * values - 7)
    np.testing.assert_allclose(model.predict(points), 3 * values - 7, rtol=1e-6)
    value = float(model.sympy().evalf(subs={"a": 1, "b": 2}))
    assert abs(value + 5.5) < 1e-6


def test_it_goes_into_pipelines_and_searches(data):
    points, values = data
    total = points["a"] + points["b"]
    model = make_pipeline(StandardScaler(), symgrad.Regressor(budget=20_000))
    assert model.fit(points, total).score(points, total) > 0.9
    grid = {"max_complexity": [3, 9]}
    best = GridSearchCV(symgrad.Regressor(budget=500), grid, cv=2).fit(points, values)
    assert best.best_score_ > 0.9
