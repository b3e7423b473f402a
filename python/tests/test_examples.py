"""The notebooks' code runs, cell after cell."""

import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot
import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "python" / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    if any("import torch" in source for source in sources):
        pytest.importorskip("torch", reason="torch is not installed")
    assert not any(cell.get("outputs") for cell in cells), "notebooks are kept without outputs"
    space: dict = {}
    for number, source in enumerate(sources, 1):
        exec(compile(source, f"{notebook.name}, cell {number}", "exec"), space)
    matplotlib.pyplot.close("all")
