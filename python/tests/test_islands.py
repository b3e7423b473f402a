"""One search by several islands: the same result whoever does the work, and whoever dies."""

import concurrent.futures
import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, timeless

import symgrad

ISLANDS, BUDGET = 3, 12_000


def asked():
    """The energy around a centre, as a network has learned it."""
    field = pd.read_csv(ROOT / "tests/fields/isolated-coulomb-energy.csv")
    gradients = field[["g1", "g2", "g3", "g4"]].to_numpy()
    small = {"search": {"budget": BUDGET, "births": 60, "library": 100}}
    return {"points": field[["x1", "x2", "x3", "x4"]], "gradients": gradients, "config": small}


def spread(executor=None, islands=ISLANDS, **options):
    return symgrad.search(**asked(), islands=islands, executor=executor, **options)


def processes(workers):
    spawn = multiprocessing.get_context("spawn")
    return lambda: concurrent.futures.ProcessPoolExecutor(workers, mp_context=spawn)


@pytest.fixture(scope="module")
def alone():
    """What the islands find in this process."""
    found = timeless(spread().to_dict())
    assert found["evaluations"] <= BUDGET
    return found


def test_the_workers_do_not_matter(alone):
    for workers in (1, 2, 3):
        assert timeless(spread(processes(workers)).to_dict()) == alone
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        assert timeless(spread(executor).to_dict()) == alone
    assert timeless(spread(seed=1).to_dict()) != alone


def test_one_island_is_a_plain_search():
    plain = timeless(symgrad.search(**asked()).to_dict())
    assert timeless(spread(islands=1).to_dict()) == plain
    assert timeless(spread().to_dict()) != plain


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signals to kill by")
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_what_a_killed_worker_had_is_done_again(alone, workers, caplog):
    told = []

    def kill(*progress):
        told.append(progress)
        if len(told) == 2:
            worker = min(child.pid for child in multiprocessing.active_children())
            os.kill(worker, signal.SIGKILL)

    with caplog.at_level(logging.WARNING, logger="symgrad"):
        found = spread(processes(workers), progress=kill)
    assert "lost in attempt 1" in caplog.text
    assert timeless(found.to_dict()) == alone
    assert all(done <= total == BUDGET for done, total, _ in told)
    assert told[-1][2]


class Deadly(concurrent.futures.ThreadPoolExecutor):
    """Its workers die: each time, or in a way that breaks it."""

    def __init__(self, error):
        super().__init__(1)
        self.error, self.jobs = error, 0

    def submit(self, job, *_):
        self.jobs += 1
        failed = concurrent.futures.Future()
        failed.set_exception(self.error)
        return failed


def test_what_cannot_go_on_is_told():
    mortal = Deadly(MemoryError("no room"))
    with pytest.raises(symgrad.SymgradError, match="3 times and did not come back") as raised:
        spread(mortal)
    assert isinstance(raised.value.__cause__, MemoryError) and mortal.jobs == 3 * ISLANDS
    with pytest.raises(symgrad.SymgradError, match="function that makes one"):
        spread(Deadly(concurrent.futures.BrokenExecutor("a worker died")))
    made = []

    def maker():
        made.append(Deadly(concurrent.futures.BrokenExecutor("a worker died")))
        return made[-1]

    with pytest.raises(symgrad.SymgradError, match="3 times"):
        spread(maker)
    assert len(made) == 3
    for error, words, options in [
        (TypeError, "how many", {"islands": None, "executor": processes(1)}),
        (TypeError, "function that makes one", {"executor": 3}),
        (ValueError, "cannot share", {"islands": 0}),
        (ValueError, "cannot share", {"islands": -1}),
        (ValueError, "sinus", {"ops": "+ sinus", "executor": processes(1)}),
    ]:
        with pytest.raises(error, match=words):
            spread(**options)


def test_ctrl_c_ends_with_what_there_is():
    def interrupt(*_):
        raise KeyboardInterrupt

    found = spread(progress=interrupt)
    assert found.stopped == "observer" and found.entries
    with pytest.raises(KeyboardInterrupt):
        spread(Deadly(KeyboardInterrupt()))


class Distracted(concurrent.futures.ThreadPoolExecutor):
    """Drops Ctrl-C, as Python does while it forks a process."""

    def submit(self, job, *_):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return concurrent.futures.Future()


def test_ctrl_c_is_heard_even_where_python_drops_it():
    with pytest.raises(KeyboardInterrupt):
        spread(Distracted())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_values_seconds_and_columns_left_out():
    points = np.random.default_rng(0).uniform(0.5, 2, (120, 3)) * [1, 1, 0]
    values = points[:, 0] / points[:, 1] + 0.3 * np.sin(9 * points[:, 0])
    ask = {"values": values, "linear_scaling": True, "islands": 2}
    found = symgrad.search(points, budget=6_000, **ask)
    assert found.left_out == ["x3 is constant (0)"] and found.entries[-1].mean_squared_error < 1
    late = symgrad.search(points, budget=100_000, seconds=0.01, **ask)
    assert late.stopped == "seconds"


def test_the_command_finds_the_same(alone, command, tmp_path):
    small = tmp_path / "small.toml"
    small.write_text(f"[search]\nbudget = {BUDGET}\nbirths = 60\nlibrary = 100\n")
    field = ROOT / "tests/fields/isolated-coulomb-energy.csv"
    said = command("search", field, "--config", small, "--islands", ISLANDS, "--threads", 2)
    assert timeless(said) == alone


def test_a_neuron_of_a_file(command):
    path, table = ROOT / "tests/models/coulomb.onnx", ROOT / "tests/models/coulomb.csv"
    points, small = pd.read_csv(table), {"search": {"budget": 6_000, "births": 60, "library": 100}}
    ask = {"config": small, "islands": 2}
    found = timeless(symgrad.interpret(path, points, **ask).to_dict())
    assert timeless(symgrad.interpret(path, points, executor=processes(2), **ask).to_dict()) == found
    plain = timeless(symgrad.interpret(path, points, config=small).to_dict())
    assert timeless(symgrad.interpret(path, points, **{**ask, "islands": 1}).to_dict()) == plain


def test_neurons_of_functions_and_of_values():
    points = np.random.default_rng(0).uniform(0.4, 2, (150, 2))
    product = lambda p: np.tanh(p[:, 0] * p[:, 1])
    slopes = lambda p: p[:, ::-1] * np.cosh(p[:, :1] * p[:, 1:]) ** -2
    ask = {"budget": 6_000, "islands": 2}
    found = symgrad.interpret(product, points, gradient=slopes, **ask)
    assert str(found.answer) == "x1*x2" and found.outer["r_squared"] > 0.99
    again = symgrad.interpret(product, points, gradient=slopes, executor=processes(1), **ask)
    assert timeless(again.to_dict()) == timeless(found.to_dict())
    # A weighted sum is not searched for.
    total = lambda p: p @ [1.0, 2.0]
    rates = lambda p: np.tile([1.0, 2.0], (len(p), 1))
    found = symgrad.interpret(total, points, gradient=rates, **ask)
    assert str(found.answer) == "0.5*x1 + x2" and found.stopped == "given"
    plain = symgrad.interpret(total, points, gradient=rates, budget=6_000)
    assert timeless(plain.to_dict()) == timeless(found.to_dict())


def test_a_regressor_copies_and_crosses(alone):
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    points = np.random.default_rng(0).uniform(0.5, 2, (120, 2))
    values = points[:, 0] / points[:, 1]
    model = symgrad.Regressor(budget=12_000, islands=2, executor=processes(1))
    found = model.fit(points, values).result_
    assert str(found.answer) == "x1/x2"
    here = symgrad.Regressor(budget=12_000, islands=2).fit(points, values).result_
    assert timeless(here.to_dict()) == timeless(found.to_dict())
    assert clone(model).executor is model.executor
    model.set_params(executor=threads)
    assert cross_val_score(model, points, values, cv=2).min() > 0.99


def threads():
    return concurrent.futures.ThreadPoolExecutor(2)


def test_islands_are_for_one_neuron():
    points = np.random.default_rng(0).uniform(0.4, 2, (50, 2))
    ask = {"gradient": lambda p: p[:, ::-1]}
    with pytest.raises(TypeError, match="one neuron"):
        symgrad.interpret(lambda p: p.prod(axis=1), points, neuron="all", islands=2, **ask)
    with pytest.raises(TypeError, match="how many"):
        symgrad.interpret(lambda p: p.prod(axis=1), points, executor=threads, **ask)


def test_joblib(alone):
    loky = pytest.importorskip("joblib.externals.loky", reason="joblib is not installed")
    found = spread(lambda: loky.get_reusable_executor(2))
    assert timeless(found.to_dict()) == alone


def test_dask(alone):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        calls = []

        def kill(*_):
            calls.append(1)
            if len(calls) == 2:
                worker = min(info["pid"] for info in client.run(_whoami).values())
                os.kill(worker, signal.SIGKILL)

        found = spread(client.get_executor(), progress=kill)
    assert timeless(found.to_dict()) == alone


def _whoami():
    return {"pid": os.getpid()}


def test_mpi(alone, tmp_path):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    mpiexec = shutil.which("mpiexec")
    if mpiexec is None:
        pytest.skip("there is no mpiexec")
    program = tmp_path / "spread.py"
    program.write_text(
        f"""
import sys
from mpi4py.futures import MPIPoolExecutor

if __name__ == "__main__":
    sys.path.insert(0, {str(ROOT / "python/tests")!r})
    from test_islands import spread
    with MPIPoolExecutor() as executor:
        spread(executor).save({str(tmp_path / "found.json")!r})
"""
    )
    ranks = [mpiexec, "--oversubscribe", "-n", "3", sys.executable, "-m", "mpi4py.futures", program]
    alike = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    done = subprocess.run(
        list(map(str, ranks)), env={**os.environ, **alike}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert timeless(symgrad.load(tmp_path / "found.json").to_dict()) == alone
