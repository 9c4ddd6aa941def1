"""Each notebook runs from top to bottom and draws what it says; it is kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs/notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_draws(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code), "it is kept without outputs"
    nbformat.validate(notebook)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [output.get("data", {}) for cell in code for output in cell.outputs]
    drawn = sum("subplots" in cell.source for cell in code)
    assert drawn >= 3
    assert sum("image/png" in data for data in shown) == drawn
    assert sum("text/html" in data for data in shown) >= 4
    assert sum("image/svg+xml" in data for data in shown) == 1
    assert not [output for cell in code for output in cell.outputs if output.get("name") == "stderr"]


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
