"""`locomo models` says what can be used here, and what is missing where something is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError


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


def test_services_say_what_they_lack_here(here: Path) -> None:
    (here / "models.yaml").write_text(
        "services: {house: {base_url: 'http://10.0.0.5:8000/v1', key: HOUSE_KEY}, lab: {base_url: 'http://10.0.0.6/v1'}}\n"
        "models: {lab/qwen3: {context_window: 8192}}\n"
    )
    said = lines()
    assert ["house/…", "openai", "http://10.0.0.5:8000/v1", "HOUSE_KEY", "is", "not", "set"] in said
    assert ["lab/…", "openai", "http://10.0.0.6/v1", "usable"] in said
    assert ["lab/qwen3", "8,192", "yes"] in said


def test_weights_are_tracked_pinned_and_verified(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    subprocess.run(["git", "init", "-q"], cwd=here, check=True)
    (here / ".dvc").mkdir()
    (here / ".dvc/config").write_text("[core]\n    analytics = false\n")
    given = tmp_path_factory.mktemp("downloads") / "tiny.gguf"
    given.write_bytes(b"GGUF and more")
    result = CliRunner().invoke(app, ["models", "add", str(given), "--licence", "apache-2.0"])
    assert result.exit_code == 0, result.output
    assert (
        "model gguf/data/models/tiny.gguf; commit data/models/manifest.yaml, data/models/tiny.gguf.dvc" in result.output
    )
    assert "/tiny.gguf" in (here / "data/models/.gitignore").read_text().splitlines()
    assert "md5: " in (here / "data/models/tiny.gguf.dvc").read_text()
    kept = here / "data/models/tiny.gguf"
    assert kept.read_bytes() == b"GGUF and more"

    result = CliRunner().invoke(app, ["models", "verify"])
    assert "all as the manifest has it, models: tiny.gguf" in result.output
    kept.unlink()
    kept.write_bytes(b"another")
    result = CliRunner().invoke(app, ["models", "verify"])
    assert "data/models/tiny.gguf: SHA-256 is " in result.output
    assert isinstance(result.exception, InputError)
