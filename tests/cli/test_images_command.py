"""`locomo images` says what is kept of fetched pictures, and forgets what was dead."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from locomo.captioning.image_format import ImageFacts
from locomo.captioning.store import ImageStore
from locomo.cli.main import app


def images(*options: str) -> str:
    result = CliRunner().invoke(app, ["images", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_what_is_kept_and_what_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path))
    assert "0 images (0.0 MB) of 0 addresses" in images()
    store = ImageStore()
    facts = ImageFacts("ab" * 32, "image/png", 8, 6)
    for url in ("http://a/1.png", "http://a/2.png"):
        store.keep(url, facts, b"x" * 200_000)
    for url in ("http://b/1.png", "http://b/2.png"):
        store.bury(url, "HTTP 404")
    store.bury("http://c/1.png", "nobody answers there")
    store.keep_search("canoe", [])
    lines = images().splitlines()
    assert lines == [
        f"{tmp_path / 'images'}: 1 images (0.2 MB) of 5 addresses",
        "     2 dead: HTTP 404",
        "     1 dead: nobody answers there",
    ]
    assert images("--forget-dead").startswith("4 forgotten; `dvc repro -sf caption` asks them again")
    assert "1 images (0.2 MB) of 2 addresses" in images()
    assert store.search("canoe") is None
