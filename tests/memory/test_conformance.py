"""Outcomes of `locomo memory check` are kept with what was checked, and shown for nothing else."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from rich.console import Console

from locomo.errors import InputError
from locomo.memory.conformance import (
    SHIPPED,
    Checked,
    conformance,
    models_hash,
    read_checks,
    record,
    system_hash,
)
from locomo.memory.description import describe
from locomo.memory.shipped import shipped_names
from locomo.pipeline.memory_check import identity_of
from locomo.pipeline.params import read_params
from locomo.reporting.conformance import conformance_file, conformance_lines, conformance_table

MINE = {"system": {"command": "command:./mine", "settings": {"window": 2}}, "model": {"model": "a"}, "embedder": {}}


def checked(identity: dict[str, Any] = MINE, model: str = "mock/a", **outcomes: Any) -> Checked:
    return Checked(
        name="mine",
        system=system_hash(identity),
        models=models_hash(identity),
        model=model,
        embedder="minilm",
        outcomes=outcomes or {"names": "kept"},
    )


def test_a_check_counts_for_the_same_system_alone() -> None:
    changed = MINE | {"system": {"command": "command:./mine", "settings": {"window": 3}}}
    row = checked()
    assert conformance({"mine": MINE}, [row]) == {"mine": row}
    assert conformance({"other-name": MINE}, [row]) == {"other-name": row}
    assert conformance({"mine": changed}, [row]) == {"mine": None}


def test_a_check_with_the_models_of_the_run_goes_before_one_with_others() -> None:
    other = checked(MINE | {"model": {"model": "b"}}, model="mock/b")
    own = checked()
    assert conformance({"mine": MINE}, [other, own]) == {"mine": own}
    assert conformance({"mine": MINE}, [other]) == {"mine": other}


def test_a_new_check_replaces_the_older_one_with_the_same_models(tmp_path: Path) -> None:
    path = tmp_path / "data/memory_checks.json"
    assert read_checks(path) == []
    other = checked(model="mock/b")
    record(path, [checked(names="lost"), other])
    record(path, [new := checked()])
    assert read_checks(path) == [new, other]


def test_a_file_that_was_edited_by_hand_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "memory_checks.json"
    record(path, [checked()])
    path.write_text(path.read_text().replace('"kept"', '"perhaps"'))
    with pytest.raises(InputError, match=r"memory_checks.json: 0 → outcomes → names: .*check the system again"):
        read_checks(path)


def test_tables_name_what_was_lost_and_the_models_and_who_was_not_checked() -> None:
    row = checked(names="kept", updates="lost", provenance="not applicable", dates="lost")
    found = {"mine": row, "new": None}
    assert conformance_lines(found) == [
        ["system", "names", "updates", "provenance", "dates", "checked with"],
        ["mine", "kept", "lost", "–", "lost", "mock/a, minilm"],
        ["new", "–", "–", "–", "–", "not checked"],
    ]
    assert conformance_lines({"new": None}) == []
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(conformance_table(json.loads(json.dumps(conformance_file(found)))))
    *_, mine, new = [line.strip() for line in console.export_text().splitlines() if line.strip()]
    assert mine.split("  ")[0] == "mine"
    assert "1 of 4" in mine
    assert "updates, dates" in mine
    assert new.endswith("not checked: locomo memory check new")


SHIPPED_CHECKS = [(name, profile) for name in shipped_names() for profile in describe(name).profiles]


@pytest.mark.parametrize(("name", "profile"), SHIPPED_CHECKS)
def test_a_shipped_system_was_checked_as_it_is(
    name: str, profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a change of adapter, lock or settings, `python tools/check_memory_systems.py` checks it again."""
    monkeypatch.chdir(ROOT)
    (settings := tmp_path / "settings.yaml").write_text(f"profile: {profile}\n")
    params = read_params(["memory.model=mock/extract", f"memory.settings={{{name}: {settings}}}"])
    found = conformance({name: identity_of(params, name)}, read_checks(SHIPPED))[name]
    assert found is not None
    assert (found.name, found.profile) == (name, profile)
    assert (found.model, found.embedder) == ("mock/extract", "minilm")


def test_the_table_of_the_docs_is_what_was_found() -> None:
    page = (ROOT / "docs/memory-systems.md").read_text(encoding="utf-8")
    cells = {"kept": "kept", "lost": "lost", "not applicable": "–"}
    rows = [row for row in read_checks(SHIPPED) if row.profile == "one-protocol"]
    assert {row.name for row in rows} == set(shipped_names())
    for row in rows:
        assert f"| {row.name} | {' | '.join(cells[outcome] for outcome in row.outcomes.values())} |" in page
