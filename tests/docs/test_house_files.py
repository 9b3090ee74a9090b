"""Files that people and services read beside the code: valid, and of this version."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
SCHEMAS = {
    ROOT / "CITATION.cff": "citation-file-format",
    FORMS / "config.yml": "github-issue-config",
    **{path: "github-issue-forms" for path in sorted(FORMS.glob("*.yml")) if path.name != "config.yml"},
}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_file_follows_its_published_schema(path: Path) -> None:
    command = ["check-jsonschema", "--builtin-schema", f"vendor.{SCHEMAS[path]}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_name_one_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    assert f"\n## {version} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_devcontainer_makes_a_target_that_is_there() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert container["postCreateCommand"] == "make .venv/installed-for-tests"
    assert "FOR_TESTS := $(VENV)/installed-for-tests\n" in makefile
