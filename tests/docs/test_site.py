"""The documentation site builds without a warning, holds what it should, and loads nothing from another server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from conftest import ROOT

from locomo.cli.main import app

_LOADED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?(?:https?:)?//|<link[^>]*\shref=["']?(?:https?:)?//"""
)
_LOADED_BY_CSS = re.compile(r"""@import|url\(["']?(?:https?:)?//""")


pytestmark = pytest.mark.slow  # the fixture builds the site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "REPOSITORY_URL": "https://example.org/us/locomo"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def text_of(site: Path, page: str) -> str:
    return (site / page).read_text(encoding="utf-8")


def test_each_page_is_in_the_navigation(site: Path) -> None:
    written = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    links = set(re.findall(r'href="([^"#]+)\.html"', text_of(site, "index.html")))
    assert written - links - {"index"} == set()


def test_the_command_line_is_complete(site: Path) -> None:
    page = text_of(site, "reference/cli.html")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert f"<code>locomo {name}</code>" in page
        for inner in getattr(command, "commands", {}):
            assert f"<code>locomo {name} {inner}</code>" in page


def test_the_api_is_there(site: Path) -> None:
    page = text_of(site, "reference/api.html")
    for name in ("retrieval.memory.MemorySystem", "schema.conversation.Conversation", "errors.LocomoError"):
        assert f'id="locomo.{name}"' in page


def test_links_out_of_docs_lead_to_the_repository(site: Path) -> None:
    assert "https://example.org/us/locomo/blob/main/params.yaml" in text_of(site, "calls.html")


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loading = [path.name for path in site.rglob("*.html") if _LOADED.search(path.read_text(encoding="utf-8"))]
    loading += [path.name for path in site.rglob("*.css") if _LOADED_BY_CSS.search(path.read_text(encoding="utf-8"))]
    assert loading == []
