"""How the package is used, for type checkers: never run."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import symgrad


def neuron(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> object:
    return points[:, 0]


points = np.ones((10, 2))
found = symgrad.search(points, points, effort="quick", names=["x", "y"], seed=3)
found.answer.complexity + 1
found.verdict.sentence.upper()
front = found.front
function = found.numpy()
(function(points) + 1).sum()
read = symgrad.interpret(neuron, points, gradient=neuron, neuron="all", budget=10)
if isinstance(read, symgrad.Layer):
    [one.answer.latex() for one in read.neurons]
with ThreadPoolExecutor() as executor:
    symgrad.interpret("model.onnx", points, layer="h", neuron=[1, "2-3"], executor=executor)
laws = symgrad.discover({"run": [0], "x": [1.0]}, inputs=["x"], noise=0.1)
if laws.answer is not None:
    laws.answer.rho + 1.0
loaded = symgrad.load("found.json")
loaded.save("again.json")
symgrad.simplify("x", level_sets=True).expression.upper()
symgrad.diff("x", "x").torch()
