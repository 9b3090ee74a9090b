"""`locomo errata` lists what a review found."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError


def run(*options: str) -> str:
    result = CliRunner().invoke(app, ["errata", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_entries_come_as_a_table_and_as_json() -> None:
    shown = run("--sample", "conv-30", "--status", "accepted")
    entries = json.loads(run("--sample", "conv-30", "--status", "accepted", "--json"))
    assert entries["errata"] == ["locomo10/3"]
    assert {entry["status"] for entry in entries["entries"]} == {"accepted"}
    assert f"{len(entries['entries'])} entries of locomo10/3" in shown
    for entry in entries["entries"]:
        assert f"conv-30:{entry['index']} " in shown
    assert "conv-26" not in shown
    assert len(json.loads(run("--json"))["entries"]) > len(entries["entries"])


def test_mistakes_are_answered() -> None:
    for options, said in (
        (("--status", "acepted"), "did you mean 'accepted'?"),
        (("--sample", "conv-27"), "expected conv-26"),
    ):
        error = CliRunner().invoke(app, ["errata", *options]).exception
        assert isinstance(error, InputError)
        assert said in str(error)
