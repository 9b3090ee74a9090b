"""The notebook of examples/: it runs as it is, and its outputs are what the code gives today."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT
from empty_folder import empty_folder, shared_cache
from nbclient import NotebookClient

__all__ = ["empty_folder", "shared_cache"]  # fixtures

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def shown(notebook: Any) -> list[list[str]]:
    """What each cell shows as text, but for warnings and progress."""
    cells = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    return [[output.data["text/plain"] for output in outputs if "data" in output] for outputs in cells]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_runs_and_shows_what_is_stored(path: Path, empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    stored = nbformat.read(path, as_version=4)
    assert all(cell.execution_count for cell in stored.cells if cell.cell_type == "code")
    executed = nbformat.read(path, as_version=4)
    client = NotebookClient(
        executed, timeout=300, kernel_name="python3", resources={"metadata": {"path": empty_folder}}
    )
    client.execute()
    assert shown(executed) == shown(stored)
    assert [each.name for each in empty_folder.iterdir()] == ["runs"]
