"""One search by Operon, stopped when it has found enough or spent its CPU time.

Arguments: training and fresh data (CSV, the value in the last column), seed, symbols, most
symbols of an expression, CPU seconds, and the share of the variance that is enough. Prints the
share that the best expression leaves on the fresh data, and the CPU seconds spent.
"""

import os
import sys
import time

import numpy as np
import pyoperon
from pyoperon.sklearn import SymbolicRegressor

train, fresh = (np.asfortranarray(np.loadtxt(path, delimiter=",")) for path in sys.argv[1:3])
seed, symbols, size = int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
seconds, enough = float(sys.argv[6]), float(sys.argv[7])
dispatch = pyoperon.DispatchTable()


def unexplained(tree, data):
    """What the best a·f + b leaves of the variance of the last column."""
    rows = pyoperon.Range(0, len(data))
    found = pyoperon.Evaluate(dispatch, tree, pyoperon.Dataset(data), rows)
    found = np.asarray(found, dtype=float).reshape(-1)
    wanted = data[:, -1]
    if not np.all(np.isfinite(found)):
        return np.inf
    columns = np.column_stack([found, np.ones(len(found))])
    coefficients = np.linalg.lstsq(columns, wanted, rcond=None)[0]
    return np.mean((columns @ coefficients - wanted) ** 2) / np.var(wanted)


def finish(tree):
    print(unexplained(tree, fresh), time.process_time() - start, flush=True)
    os._exit(0)


class Watched:
    """The algorithm, looked at after every generation."""

    def __init__(self, *args):
        self.algorithm = Algorithm(*args)

    def Run(self, rng, _, threads, warm_start):
        self.algorithm.Run(rng, self.look, threads, warm_start)

    def look(self):
        tree = self.algorithm.BestModel.Genotype
        if unexplained(tree, train) < enough or time.process_time() - start > seconds:
            finish(tree)

    def __getattr__(self, name):
        return getattr(self.algorithm, name)


Algorithm = pyoperon.GeneticProgrammingAlgorithm
pyoperon.GeneticProgrammingAlgorithm = Watched
start = time.process_time()
search = SymbolicRegressor(
    allowed_symbols=symbols + ",constant,variable",
    optimizer="lm",
    optimizer_iterations=5,
    max_length=size,
    generations=10**9,
    max_evaluations=10**12,
    max_time=10**6,
    n_threads=1,
    random_state=seed,
)
search.fit(train[:, :-1], train[:, -1])
finish(search.model_)
