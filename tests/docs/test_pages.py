"""Every command in README.md and docs/ runs as it is written, page by page, or exists if it says why it cannot run."""

from __future__ import annotations

import json

import pytest
from blocks import RUN, SHELL, blocks, commands, inline_commands
from conftest import ROOT, Project
from surface import trouble, trouble_of_mention

PAGES = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")))}


@pytest.fixture
def desk(project: Project) -> Project:
    """A finished run, with the files that the pages take for granted: of its first conversation, which is enough."""
    (project.root / ".venv/bin").mkdir(parents=True)
    (project.root / ".venv/bin/activate").touch()  # the environment is on the path
    first = json.loads(project.path("data/raw/sample.json").read_text(encoding="utf-8"))[0]
    for name in ("locomo10", "mine"):
        project.path(f"data/raw/{name}.json").write_text(json.dumps([first]), encoding="utf-8")
    rows = project.path("data/predictions/qa.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    answers = "".join(row for row in rows if json.loads(row)["sample_id"] == first["sample_id"])
    for name in ("answers", "a", "b"):
        project.path(f"{name}.jsonl").write_text(answers, encoding="utf-8")
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
