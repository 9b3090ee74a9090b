"""`locomo models` says what can be used here, and what is missing where something is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from locomo.cli.main import app


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-77")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return tmp_path


def lines() -> list[list[str]]:
    result = CliRunner().invoke(app, ["models"])
    assert result.exit_code == 0
    assert "sk-planted-77" not in result.output
    return [line.split() for line in result.output.splitlines() if line.strip()]


def test_providers_say_what_they_lack_here() -> None:
    said = lines()
    assert ["openai/…", "usable"] in said
    assert ["anthropic/…", "ANTHROPIC_API_KEY", "is", "not", "set"] in said
    assert ["mock/…", "usable"] in said


def test_models_and_aliases_come_with_their_windows() -> None:
    said = lines()
    assert ["openai/gpt-4o-mini", "128,000", "yes"] in said
    assert ["gpt-3.5-turbo-4k", "4,000", "yes", "is", "openai/gpt-3.5-turbo-0125"] in said
    assert [row[:3] for row in said if row[0] == "claude-haiku"] == [["claude-haiku", "200,000", "no"]]


def test_models_of_ones_own_are_listed(here: Path) -> None:
    (here / "models.yaml").write_text("aliases: {house: {model: openai/house-7b}}")
    assert ["house", "yes", "is", "openai/house-7b"] in lines()
