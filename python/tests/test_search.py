"""Searches: what goes in, what comes out, and that it is what the command says."""

import logging
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import BUDGET, timeless

import symgrad


def test_names_come_from_wherever_they_are(product):
    points, gradients = product
    tables = {
        "pandas": pd.DataFrame(points, columns=["m", "v"]),
        "polars": pl.DataFrame(points, schema=["m", "v"]),
        "dict": {"m": points[:, 0], "v": points[:, 1]},
    }
    found = [symgrad.search(table, gradients, budget=BUDGET) for table in tables.values()]
    named = symgrad.search(points, gradients, names=["m", "v"], budget=BUDGET)
    for one in found:
        assert str(one.answer) == "m*v"
        assert timeless(one.to_dict()) == timeless(named.to_dict())
    assert str(symgrad.search(points, gradients, budget=BUDGET).answer) == "x1*x2"


def test_numbers_of_any_kind_and_order_are_the_same():
    whole = np.random.default_rng(0).integers(1, 50, (120, 2))
    plain, gradients = whole.astype(float), whole[:, ::-1].astype(float)
    run = lambda points: timeless(symgrad.search(points, gradients, budget=300).to_dict())  # noqa: E731
    expected = run(plain)
    kinds = [whole.astype(kind) for kind in ("f4", ">f8", "i8", "u1")]
    orders = [np.asfortranarray(plain), np.repeat(plain, 3, axis=0)[::3], plain.tolist()]
    for points in kinds + orders:
        assert run(points) == expected


def test_the_same_as_the_command(product, tmp_path, command):
    points, gradients = product
    table = np.concatenate([points, gradients], axis=1)
    file = tmp_path / "field.csv"
    # Every number comes back from its shortest form.
    rows = [",".join(repr(float(number)) for number in row) for row in table]
    file.write_text("\n".join(["x,y,g_x,g_y", *rows]) + "\n")
    frame = pd.DataFrame(points, columns=["x", "y"])
    for seed in (0, 7):
        said = command("search", file, "--budget", BUDGET, "--seed", seed)
        found = symgrad.search(frame, gradients, budget=BUDGET, seed=seed)
        assert timeless(found.to_dict()) == timeless(said)
        assert found.answer.sympy().equals(found.answer.sympy())
        spelt = said["front"][said["answer"]]
        assert {lang: found.answer.code(lang) for lang in ("sympy", "numpy", "latex", "rust")} == {
            lang: spelt[lang] for lang in ("sympy", "numpy", "latex", "rust")
        }
    values = ["search", file, "--points", "x,y", "--values", "g_x", "--budget", 2_000]
    found = symgrad.search(frame, values=gradients[:, 0], budget=2_000)
    assert timeless(found.to_dict()) == timeless(command(*values))
    estimate = ["search", file, "--points", "x,y", "--estimate", "g_x", "--budget", 2_000]
    found = symgrad.search(frame, values=gradients[:, 0], estimate=True, budget=2_000)
    assert timeless(found.to_dict()) == timeless(command(*estimate))


def test_settings_reach_the_search(product, tmp_path):
    points, gradients = product
    run = lambda **options: symgrad.search(points, gradients, budget=1_000, **options)  # noqa: E731
    assert "x2" not in str(run(exclude=["x2"]).answer)
    guess = run(guesses=["x1*x2", symgrad.Formula("x1 + x2", ["x1", "x2"])])
    assert str(guess.answer) == "x1*x2"
    assert run(ops=["*", "+"], max_complexity=5, limits=["depth <= 2"]).answer.complexity <= 5
    (tmp_path / "settings.toml").write_text("[search]\nseed = 5\n")
    assert run(config=tmp_path / "settings.toml").seed == 5
    assert run(config=tmp_path / "settings.toml", seed=6).seed == 6
    assert run(config={"search": {"seed": 4}}).seed == 4
    assert run(units={"x1": "m", "x2": "s"}, costs={"x1": 2}).answer.complexity >= 3
    assert run(seconds=0.5, threads=1).evaluations <= 1_000


def test_what_cannot_be_used_is_told(product):
    points, gradients = product
    for error, words, call in [
        (TypeError, "either gradients or values", lambda: symgrad.search(points)),
        (TypeError, "unknown setting `bugdet`", lambda: symgrad.search(points, gradients, bugdet=1)),
        (ValueError, "quick, normal", lambda: symgrad.search(points, gradients, effort="hard")),
        (ValueError, "3 names for 2", lambda: symgrad.search(points, gradients, names="abc")),
        (ValueError, "1 columns of gradients", lambda: symgrad.search(points, gradients[:, :1])),
        (ValueError, "NaN", lambda: symgrad.search(points * np.nan, gradients)),
        (ValueError, "sinus", lambda: symgrad.search(points, gradients, ops="+ sinus")),
        (ValueError, "tangent", lambda: symgrad.search(points, gradients, tangent="round")),
        (ValueError, "rows", lambda: symgrad.search(points, gradients[:10])),
        (ValueError, "direction", lambda: symgrad.search(points, 0 * gradients)),
        (ValueError, "numbers", lambda: symgrad.search([["a", "b"]], gradients)),
        (OSError, "nowhere", lambda: symgrad.search(points, gradients, config="nowhere.toml")),
        (ValueError, "at least 0", lambda: symgrad.search(points, gradients, seconds=-1)),
    ]:
        with pytest.raises(error, match=words):
            call()
    with pytest.raises(symgrad.SymgradError):
        symgrad.search(points, gradients, seed=-1)


def test_advice_and_hints_are_told(product):
    points, gradients = product
    found = symgrad.search(points, gradients, budget=2_000)
    assert found.advice is None and any("x1*x2" in hint for hint in found.hints)
    noise = np.random.default_rng(0).normal(size=points.shape)
    lost = symgrad.search(points, noise, budget=2_000)
    assert lost.verdict.kind == "not found" and lost.advice in repr(lost)
    assert "--" not in lost.advice + lost.verdict.sentence


def test_several_neurons_and_weights(product):
    points, gradients = product
    three = np.random.default_rng(0).uniform(0.3, 2.0, (200, 3))
    both = [three[:, [1, 0, 2]] * [1, 1, 0], np.ones_like(three)]
    assert symgrad.search(three, both, budget=2_000).entries
    weights = np.ones(len(points))
    weighted = symgrad.search(points, gradients, weights=weights, budget=2_000)
    assert str(weighted.answer) == "x1*x2"


def test_nothing_is_printed_and_the_log_tells(product, capfd, caplog):
    points, gradients = product
    wide = np.concatenate([points, np.full((len(points), 1), 3.0)], axis=1)
    slopes = np.concatenate([gradients, np.zeros((len(points), 1))], axis=1)
    told = []
    with caplog.at_level(logging.INFO, logger="symgrad"):
        found = symgrad.search(
            wide, slopes, budget=BUDGET, progress=lambda *seen: told.append(seen)
        )
    assert capfd.readouterr() == ("", "")
    assert found.left_out == ["x3 is constant (3)"]
    assert "x3 is constant" in caplog.text and "x1*x2" in caplog.text
    assert found.inputs == ["x1", "x2", "x3"]
    np.testing.assert_allclose(found.numpy()(wide), points[:, 0] * points[:, 1])
    assert all(done <= total for done, total, _ in told)


def test_a_bar_is_drawn_when_asked_for(product, capfd):
    points, gradients = product
    symgrad.search(points, np.abs(np.sin(9 * gradients)), budget=BUDGET, progress=True)
    assert "search" in capfd.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="memory as Linux counts it")
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_points_are_copied_once(kind):
    program = f"""
import resource
import numpy as np
from symgrad import _symgrad
points = np.full((1_000_000, 10), 0.5, {kind!r})
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
try:
    _symgrad.search((list("abcdefghij"), list(points.T), [], None, None, "{{}}", "{{}}"), None)
except ValueError:
    pass  # There are no gradients.
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    one = 1_000_000 * 10 * 8 / 2**20
    assert float(done.stdout) < 1.5 * one


def test_an_error_in_the_progress_function_ends_the_search(product):
    def broken(done, total, text):
        raise RuntimeError("no screen")

    points, gradients = product
    with pytest.raises(RuntimeError, match="no screen"):
        symgrad.search(points, np.sin(9 * gradients), budget=10**9, progress=broken)
