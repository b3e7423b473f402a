"""Laws in trajectories."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import timeless

import symgrad


@pytest.fixture
def falls():
    rng = np.random.default_rng(0)
    rows = []
    for run in range(12):
        height, speed = rng.uniform(5, 15), rng.uniform(-3, 3)
        for t in np.linspace(0, 1, 20):
            rows.append((run, t, height + speed * t - 9.81 * t**2 / 2, speed - 9.81 * t))
    return pd.DataFrame(rows, columns=["run", "time", "h", "v"])


def test_the_energy_of_a_fall(falls):
    found = symgrad.discover(falls)
    assert found.verdict.kind == "laws" and len(found.laws) == 1
    law = found.answer.sympy()
    ratio = float((law.diff("h") / (law.diff("v") / 2)).subs({"v": 1, "h": 1}))
    assert abs(ratio - 2 * 9.81) < 0.05
    assert found.front["expression"].tolist() == [str(found.answer)]
    labelled = falls.assign(run=["abcdefghijkl"[int(run)] for run in falls["run"]])
    assert symgrad.discover(labelled).answer == found.answer
    assert symgrad.discover(pl.DataFrame(falls)).answer == found.answer
    assert symgrad.discover({name: falls[name] for name in falls}).answer == found.answer


def test_the_same_as_the_command(falls, root, tmp_path, command):
    orbits = root / "tests/data/orbits.csv"
    found = symgrad.discover(pd.read_csv(orbits))
    assert timeless(found.to_dict()) == timeless(command("discover", orbits))
    file = tmp_path / "falls.csv"
    falls.to_csv(file, index=False, float_format=lambda number: repr(float(number)))
    found = symgrad.discover(falls, group="run", inputs=["h", "v"], seed=3)
    said = command("discover", file, "--group", "run", "--inputs", "h,v", "--seed", 3)
    assert timeless(found.to_dict()) == timeless(said)
    rhs = "x' = v, v' = -x - x^3"
    said = command("discover", "--rhs", rhs)
    assert timeless(symgrad.discover(rhs=rhs).to_dict()) == timeless(said)


def test_what_cannot_be_used_is_told(falls):
    for error, words, call in [
        (TypeError, "frame, or equations", lambda: symgrad.discover()),
        (TypeError, "not a path", lambda: symgrad.discover("orbits.csv")),
        (TypeError, "name", lambda: symgrad.discover(falls.to_numpy())),
        (ValueError, "no column `orbit`", lambda: symgrad.discover(falls, group="orbit")),
        (ValueError, "which column", lambda: symgrad.discover(falls.drop(columns="run"))),
        (ValueError, "'", lambda: symgrad.discover(rhs="x' = ")),
        (ValueError, "group", lambda: symgrad.discover(falls.head(5))),
    ]:
        with pytest.raises(error, match=words):
            call()
