"""The check of commands finds what is wrong with them."""

from __future__ import annotations

import pytest
from blocks import commands
from surface import trouble, trouble_of_mention


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("locomo scores a.jsonl", "no command 'scores"),
        ("locomo cache", "no command 'cache'"),
        ("locomo score a.jsonl --data b.json --htlm", "--htlm"),
        ("locomo score a.jsonl", "MissingParameter"),
        ("locomo compare a b c d", "d"),
        ("locomo ask Who --conversation c --k none", "valid integer"),
        ("locomo plan -S modle=mock/words", "no modle"),
        ("dvc exp run -S rag.retreiver=bm25", "no rag.retreiver"),
        ("dvc repor", "invalid choice: 'repor'"),
        ("dvc exp show --dorp .", "unrecognized arguments: --dorp"),
    ],
)
def test_a_wrong_command_is_found(command: str, said: str) -> None:
    [words] = commands(command)
    assert said in (trouble(words) or "")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("locomo score --htlm", "--htlm"),
        ("locomo cache prune --refusal", "--refusal"),
        ("dvc exp run -S lmm.batch=true", "no lmm.batch"),
    ],
)
def test_a_wrong_mention_is_found(command: str, said: str) -> None:
    [words] = commands(command)
    assert said in (trouble_of_mention(words) or "")


def test_commands_of_a_text() -> None:
    text = "A=1 locomo plan \\\n  --json > out && dvc push # both\nlocomo results | head"
    assert [*commands(text)] == [
        ["locomo", "plan", "--json"],
        ["out"],
        ["dvc", "push"],
        ["locomo", "results"],
        ["head"],
    ]
