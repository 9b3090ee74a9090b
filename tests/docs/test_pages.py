"""Every command in README.md and docs/ runs as it is written, page by page, or exists if it says why it cannot run."""

from __future__ import annotations

import shutil

import pytest
from blocks import RUN, SHELL, blocks, commands, inline_commands
from conftest import ROOT, Project
from surface import trouble, trouble_of_mention

PAGES = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")))}


@pytest.fixture
def desk(project: Project) -> Project:
    """A finished run, with the files that the pages take for granted."""
    (project.root / ".venv/bin").mkdir(parents=True)
    (project.root / ".venv/bin/activate").touch()  # the environment is on the path
    for name in ("locomo10", "mine"):
        shutil.copy(project.path("data/raw/sample.json"), project.path(f"data/raw/{name}.json"))
    for name in ("answers", "a", "b"):
        shutil.copy(project.path("data/predictions/qa.jsonl"), project.path(f"{name}.jsonl"))
    origin = project.root.parent / "origin"
    project.must("git", "branch", "-M", "main")
    project.must("git", "clone", "-q", "--bare", ".", str(origin))
    project.must("git", "remote", "add", "origin", str(origin))
    project.must("git", "fetch", "-q", "origin")
    return project


@pytest.mark.parametrize(
    "page",
    [
        name
        for name, path in PAGES.items()
        if any(block.language in RUN and not block.not_run for block in blocks(path, name))
    ],
)
def test_what_a_page_shows_runs(page: str, desk: Project) -> None:
    for block in blocks(PAGES[page], page):
        if block.language not in RUN or block.not_run:
            continue
        shell = ("bash", "-euo", "pipefail", "-c")
        command = shell if block.language in SHELL else ("python", "-c")
        code, output = desk.run(*command, block.text_to_run())
        assert code == 0, f"{block.place}\n{block.text}\n{output}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist_as_written(page: str) -> None:
    shown = [
        (block.place, words)
        for block in blocks(PAGES[page], page)
        if block.language in SHELL
        for words in commands(block.text)
    ]
    wrong = [f"{place}: {' '.join(words)}: {why}" for place, words in shown if (why := trouble(words))]
    mentioned = [words for text in inline_commands(PAGES[page]) for words in commands(text)]
    wrong += [f"{page}: {' '.join(words)}: {why}" for words in mentioned if (why := trouble_of_mention(words))]
    assert wrong == []
