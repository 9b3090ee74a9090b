"""What a row of rag says of its context agrees with what the memory system has found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.files import write_jsonl
from locomo.validation.contexts import Contexts

FIRST = read_conversations(SAMPLE)[0]
FOUND = [["D1:2", "D1:1"], [], ["D2:1"], ["D1:1", "D3:1"]]


@pytest.fixture
def contexts(tmp_path: Path) -> Contexts:
    memories = [{"text": "x", "dia_ids": ids} for ids in FOUND]
    rows: list[dict[str, Any]] = [{"id": FIRST.question_id(0), "system": "toy", "memories": memories}]
    rows += [{"id": FIRST.question_id(1), "system": "toy", "memories": [{"text": "x"}]}]
    rows += [{"id": FIRST.question_id(2), "system": "toy", "memories": []}]
    write_jsonl(tmp_path / "memories.jsonl", rows)
    return Contexts([FIRST], None, tmp_path / "memories.jsonl")


def wrong(contexts: Contexts, index: int, ids: list[str], k: int = 4, unit: str = "toy") -> str | None:
    row = {"id": FIRST.question_id(index), "task": "rag", "unit": unit, "k": k, "context_ids": ids}
    return contexts.wrong(row, FIRST.questions[index])


@pytest.mark.parametrize(
    ("index", "ids", "k"),
    [
        (0, ["D1:2", "D1:1", "D2:1", "D3:1"], 4),
        (0, ["D1:2", "D1:1", "D2:1"], 3),
        (0, ["D1:2", "D1:1"], 4),  # no more had room in the prompt
        (0, ["D1:2", "D1:1"], 1),
        (1, [], 4),
        (2, [], 4),
    ],
)
def test_the_turns_of_the_first_memories_are_right(contexts: Contexts, index: int, ids: list[str], k: int) -> None:
    assert wrong(contexts, index, ids, k) is None


@pytest.mark.parametrize(
    ("index", "ids", "k"),
    [
        (0, ["D1:2", "D1:1", "D2:1", "D3:1"], 3),
        (0, ["D1:2"], 4),  # half of a memory
        (0, ["D2:1"], 4),
        (0, [], 4),
        (1, ["D1:1"], 4),
        (3, ["D1:1"], 4),  # never searched
    ],
)
def test_other_turns_are_wrong(contexts: Contexts, index: int, ids: list[str], k: int) -> None:
    assert wrong(contexts, index, ids, k) is not None


def test_of_baselines_without_searches_nothing_is_known(contexts: Contexts) -> None:
    assert wrong(contexts, 0, ["D9:9"], unit="hybrid") is None
