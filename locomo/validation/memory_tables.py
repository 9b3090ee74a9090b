"""What memory systems made as tables: their stores with the rows of ingestion, and the memories that searches found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from locomo.memory.ingestions import INGESTIONS
from locomo.schema import Conversation
from locomo.validation.expected import NOTHING, Expected
from locomo.validation.finding import found
from locomo.validation.questions import Questions, read_data
from locomo.validation.tables import Tables, as_list, json_objects, kind, number, shown, table

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_COUNTS: Final = ("sessions", "calls", "input_tokens", "output_tokens", "embedded_texts", "bytes")
_INGESTIONS: Final = (
    "file",
    "id",
    "unknown_system",
    "unknown_sample",
    "sessions",
    "expected_sessions",
    "bad_fingerprint",
    "bad_count",
    "bad_cost",
    "missing_store",
    "bytes",
    "expected_bytes",
)
_SEARCHES: Final = (
    "file",
    "id",
    "system",
    "unknown_system",
    "unknown_question",
    "memories_list",
    "too_many",
    "disorder",
)
_MEMORIES: Final = ("file", "id", "bad_memory", "unknown_turn")


def store_tables(path: Path, data: Path, expected: Expected = NOTHING) -> Tables:
    """Return the tables of a folder of stores over the conversations at `data`; InputError if one cannot be read."""
    conversations = {conversation.sample_id: conversation for conversation in read_data(data)}
    rows: list[dict[str, Any]] = []
    for file in sorted(path.glob(f"*/{INGESTIONS}")):
        system = file.parent.name
        rows += [
            _ingestion(value, file.parent, conversations, expected)
            | {"file": f"{shown(file)}, row {at}", "system": system}
            for at, value in json_objects(file)
        ]
    systems = list(dict.fromkeys(row["system"] for row in rows)) if expected.systems is None else expected.systems
    counts = Counter((row["system"], row["id"]) for row in rows)
    coverage = [
        {"file": shown(path), "id": f"{system}/{sample_id}", "rows": counts[system, sample_id]}
        for system in systems
        for sample_id in conversations
    ]
    return {"ingestions": table(_INGESTIONS, rows), "coverage": table(("file", "id", "rows"), coverage)}


def _ingestion(
    row: Mapping[str, Any], folder: Path, conversations: Mapping[str, Conversation], expected: Expected
) -> dict[str, Any]:
    sample_id = str(row.get("sample_id"))
    conversation, store = conversations.get(sample_id), folder / sample_id
    bad = [f"{name} {found(row.get(name))}" for name in _COUNTS if not _is_count(row.get(name))]
    cost = row.get("cost_usd")
    here = conversation is not None and store.is_dir()
    return {
        "id": sample_id,
        "unknown_system": _unknown(folder.name, expected),
        "unknown_sample": None if conversation is not None else sample_id,
        "sessions": number(row.get("sessions")),
        "expected_sessions": number(row.get("sessions")) if conversation is None else len(conversation.sessions),
        "bad_fingerprint": None
        if _FINGERPRINT.fullmatch(str(row.get("fingerprint")))
        else found(row.get("fingerprint")),
        "bad_count": bad[0] if bad else None,
        "bad_cost": found(cost) if cost is not None and (number(cost) is None or cost < 0) else None,
        "missing_store": None if here or conversation is None else shown(store),
        "bytes": number(row.get("bytes")),
        "expected_bytes": sum(each.stat().st_size for each in store.rglob("*") if each.is_file()) if here else None,
    }


def memory_tables(path: Path, data: Path, expected: Expected = NOTHING) -> Tables:
    """Return the tables of what searches found over the conversations at `data`; InputError if it cannot be read."""
    conversations = read_data(data)
    questions = Questions.of(conversations, every=True)  # those that a run leaves out have a row without memories
    turns = {conversation.sample_id: {turn.dia_id for turn in conversation.turns} for conversation in conversations}
    file = shown(path)
    searches: list[dict[str, Any]] = []
    memories: list[dict[str, Any]] = []
    for at, row in json_objects(path):
        question_id, place = str(row.get("id")), f"{file}, row {at}"
        hits = as_list(row.get("memories"))
        searches.append(
            {
                "file": place,
                "id": question_id,
                "system": str(row.get("system")),
                "unknown_system": _unknown(str(row.get("system")), expected),
                "unknown_question": None if question_id in questions.by_id else question_id,
                "memories_list": kind(row.get("memories")),
                "too_many": None if expected.most is None or len(hits) <= expected.most else len(hits),
                "disorder": _disorder(hits),
            }
        )
        known = turns.get(question_id.rpartition(":")[0], set())
        memories += [{"file": place, "id": question_id, **_memory(hit, known)} for hit in hits]
    found = list(dict.fromkeys(row["system"] for row in searches))
    systems = found if expected.systems is None else expected.systems
    return {
        "searches": table(_SEARCHES, searches),
        "memories": table(_MEMORIES, memories),
        "coverage": questions.coverage(file, ((row["system"], row["id"]) for row in searches), systems),
    }


def _memory(hit: Any, known: set[str]) -> dict[str, Any]:
    """Return what is wrong with one memory."""
    if not isinstance(hit, dict):
        return {"bad_memory": found(hit)}
    ids, text, score = hit.get("dia_ids", []), hit.get("text"), hit.get("score")
    fine = isinstance(text, str) and text and isinstance(ids, list) and (score is None or number(score) is not None)
    unknown = [each for each in as_list(ids) if each not in known]
    return {"bad_memory": None if fine else found(hit), "unknown_turn": found(unknown[0]) if unknown else None}


def _disorder(hits: Sequence[Any]) -> str | None:
    """Return the first memory whose score is above that of the one before it."""
    scores = [number(hit.get("score")) if isinstance(hit, dict) else None for hit in hits]
    for place, (one, other) in enumerate(pairwise(scores), start=2):
        if one is not None and other is not None and other > one:
            return f"memory {place}: {found(other)} after {found(one)}"
    return None


def _unknown(system: str, expected: Expected) -> str | None:
    return None if expected.systems is None or system in expected.systems else system


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
