"""Turns that a model has written as tables: one row a turn, and how often each place is covered."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

from locomo.validation.expected import NOTHING, Expected
from locomo.validation.questions import read_data
from locomo.validation.tables import Tables, as_list, few, json_objects, kind, plain, shown, table, unseen

LONGEST: Final = 10_000
"""Characters of a turn."""
_ROWS: Final = (
    *("file", "id", "unknown_turn", "first_turn", "unknown_configuration", "missing_prediction", "bad_prediction"),
    *("bad_characters", "photo_kind", "later_context"),
)
_COVERAGE: Final = ("file", "id", "group", "rows")


def dialogue_tables(path: Path, data: Path, expected: Expected = NOTHING) -> Tables:
    """Return the tables of a file of turns in the conversations at `data`; InputError if it cannot be read."""
    conversations = read_data(data)
    turns = {(each.sample_id, turn.dia_id) for each in conversations for turn in each.turns}
    firsts = {
        (each.sample_id, session.turns[0].dia_id)
        for each in conversations
        for session in each.sessions
        if session.turns
    }
    file = shown(path)
    rows = [_row(value, turns, firsts) | {"file": f"{file}, row {at}"} for at, value in json_objects(path)]
    names = list(dict.fromkeys(str(row["configuration"]) for row in rows))
    wanted = names if expected.configurations is None else list(expected.configurations)
    for row in rows:
        row["unknown_configuration"] = None if row["configuration"] in wanted else row["configuration"]
    cells = Counter((str(row["configuration"]), str(row["id"])) for row in rows)
    places = list(dict.fromkeys(str(row["id"]) for row in rows))
    covered = [
        {"file": file, "id": place, "group": name, "rows": cells[name, place]} for name in wanted for place in places
    ]
    if wanted and not places:  # something was asked for, and nothing is there
        covered = [{"file": file, "id": "any turn", "group": name, "rows": 0} for name in wanted]
    return {"turns": table(_ROWS, rows), "coverage": table(_COVERAGE, covered)}


def _row(value: dict[str, Any], turns: set[tuple[str, str]], firsts: set[tuple[str, str]]) -> dict[str, Any]:
    place = str(value.get("sample_id")), str(value.get("turn"))
    prediction, photo, error, k = (value.get(name) for name in ("prediction", "photo", "error", "k"))
    name = str(value.get("condition") or "given")
    size = len(prediction) if isinstance(prediction, str) else 0
    missing = None if prediction is not None or error else "null without an error"
    return {
        "id": " ".join(place),
        "configuration": name if k is None else f"{name}_k{k}",
        "unknown_turn": None if place in turns else place[1],
        "first_turn": place[1] if place in firsts else None,
        "missing_prediction": missing,
        "bad_prediction": _bad(prediction, size, error),
        "bad_characters": unseen(prediction),
        "photo_kind": kind(photo),
        "later_context": few(plain(id_) for id_ in as_list(value.get("context_ids")) if _is_later(id_, place[1])),
    }


def _bad(prediction: Any, size: int, error: Any) -> str | None:
    if prediction is not None and error:
        return "beside an error"
    if prediction is not None and not isinstance(prediction, str):
        return kind(prediction)
    return f"{size:,} characters" if size > LONGEST else None


def _is_later(id_: Any, turn: str) -> bool:
    """Whether a turn or summary was not yet there when the turn was spoken."""
    try:
        number, place = (int(part) for part in turn[1:].split(":"))
        session, _, index = str(id_)[1:].partition(":")
        return int(session) > number or (int(session) == number and (not index or int(index) >= place))
    except ValueError:
        return True
