"""The package as it is installed: light to import, typed, with the sample, and of use in an empty folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import locomo

LIGHT = """
import json, sys, time
started = time.perf_counter()
import locomo
print(json.dumps([time.perf_counter() - started, sorted(set(sys.modules) & {"numpy", "pandas", "pydantic", "torch"})]))
"""
USED = """
import locomo
from importlib.resources import files
assert "installed" in locomo.__file__, locomo.__file__
assert (files("locomo") / "py.typed").is_file()
data = locomo.load_dataset()
results = locomo.evaluate(lambda conversation, question: "Not mentioned", data, "paper")
print(len(data), results.metrics["qa"]["adversarial"]["f1_stemmed_multiset"])
"""


def python(code: str, folder: Path, *path: Path) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {[str(each) for each in path]}\n{code}"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_importing_costs_nothing(tmp_path: Path) -> None:
    seconds, heavy = json.loads(python(LIGHT, tmp_path, ROOT))
    assert heavy == []
    assert seconds < 0.1


def test_public_names_are_there_and_no_others() -> None:
    assert all(getattr(locomo, name).__doc__ for name in locomo.__all__)
    assert set(locomo.__all__) <= set(dir(locomo))
    with pytest.raises(AttributeError, match="module 'locomo' has no attribute 'evalute'"):
        locomo.evalute  # noqa: B018


def test_a_wheel_brings_the_sample(tmp_path: Path) -> None:
    source, installed, empty = (tmp_path / name for name in ("source", "installed", "empty"))
    empty.mkdir()
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "locomo", source / "locomo", ignore=shutil.ignore_patterns("__pycache__"))
    (source / "data/raw").mkdir(parents=True)
    shutil.copy(ROOT / "data/raw/sample.json", source / "data/raw")
    options = ["-q", "--no-deps", "--no-build-isolation", "--target", str(installed)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True, capture_output=True)
    shutil.rmtree(source)
    assert python(USED, empty, installed) == "3 1.0\n"
    assert list(empty.iterdir()) == []
