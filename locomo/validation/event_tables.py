"""Lists of events as tables: one row a call, one row an event, and how often each conversation is covered."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

from locomo.schema import Conversation
from locomo.validation.expected import NOTHING, Expected
from locomo.validation.questions import read_data
from locomo.validation.tables import Tables, as_list, as_object, few, json_objects, kind, plain, shown, table, unseen

LONGEST: Final = 2_000
"""Characters of an event."""
INCREMENTAL: Final = "incremental"
_ROWS: Final = (
    *("file", "id", "way", "model", "request"),
    *("unknown_conversation", "unknown_session", "unknown_speaker", "unknown_configuration"),
    *("events_kind", "bad_failure"),
)
_EVENTS: Final = ("file", "id", "text", "bad_text", "bad_characters", "date_kind")
_COVERAGE: Final = ("file", "id", "group", "rows")


def event_tables(path: Path, data: Path, expected: Expected = NOTHING) -> Tables:
    """Return the tables of a file of events about the conversations at `data`; InputError if it cannot be read."""
    conversations = {conversation.sample_id: conversation for conversation in read_data(data)}
    file = shown(path)
    objects = list(json_objects(path))
    rows = [_row(value, conversations) | {"file": f"{file}, row {at}"} for at, value in objects]
    names = list(dict.fromkeys(str(row["configuration"]) for row in rows))
    wanted = names if expected.configurations is None else expected.configurations
    for row in rows:
        row["unknown_configuration"] = None if row["configuration"] in wanted else row["configuration"]
    events = [
        _event(each) | {"file": f"{file}, row {at}", "id": f"{value.get('sample_id')}: {speaker}"}
        for at, value in objects
        for speaker, listed in as_object(value.get("events")).items()
        for each in as_list(listed)
    ]
    cells = Counter((str(row["configuration"]), str(row["id"])) for row in rows)
    covered = [
        {"file": file, "id": id_, "group": name, "rows": cells[name, id_]}
        for name in wanted
        for conversation in conversations.values()
        for id_ in _ids(conversation, by_session=_by_session(name, cells))
    ]
    return {
        "rows": table(_ROWS, rows),
        "events": table(_EVENTS, events),
        "coverage": table(_COVERAGE, covered),
    }


def _by_session(name: str, cells: Counter[tuple[str, str]]) -> bool:
    """Whether a configuration answers by session: ours is known, that of others is seen from its rows."""
    return name == INCREMENTAL or any(other == name and " S" in id_ for other, id_ in cells)


def _ids(conversation: Conversation, *, by_session: bool) -> list[str]:
    if not by_session:
        return [conversation.sample_id]
    return [f"{conversation.sample_id} S{session.number}" for session in conversation.sessions]


def _row(value: dict[str, Any], conversations: dict[str, Conversation]) -> dict[str, Any]:
    sample_id, session, unit = value.get("sample_id"), value.get("session"), value.get("unit")
    conversation = conversations.get(str(sample_id))
    numbers = {each.number for each in conversation.sessions} if conversation else set()
    speakers = {conversation.speaker_a, conversation.speaker_b} if conversation else set()
    events = as_object(value.get("events"))
    return {
        "id": f"{sample_id}" if session is None else f"{sample_id} S{session}",
        "configuration": f"{unit}_k{value.get('k')}" if unit is not None else str(value.get("way") or "given"),
        "way": plain(value.get("way")),
        "model": plain(value.get("model")),
        "request": plain(value.get("request")),
        "unknown_conversation": None if conversation else str(sample_id),
        "unknown_session": None if session is None or session in numbers or not conversation else str(session),
        "unknown_speaker": few(name for name in events if conversation and name not in speakers),
        "events_kind": _kinds(value.get("events")),
        "bad_failure": "events of a failed call" if value.get("error") and any(events.values()) else None,
    }


def _kinds(value: Any) -> str:
    """Return 'lists' for an object of lists, else what it is instead."""
    if not isinstance(value, dict):
        return kind(value)
    return next((kind(listed) for listed in value.values() if not isinstance(listed, list)), "lists")


def _event(each: Any) -> dict[str, Any]:
    text = each if isinstance(each, str) else as_object(each).get("text")
    date = as_object(each).get("date") if not isinstance(each, str) else None
    size = len(text) if isinstance(text, str) else 0
    bad = None if isinstance(text, str) and text.strip() else kind(text)
    return {
        "text": plain(text),
        "bad_text": f"{size:,} characters" if size > LONGEST else bad,
        "bad_characters": unseen(text),
        "date_kind": kind(date),
    }
