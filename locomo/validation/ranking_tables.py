"""Rankings as tables: rows, and how often each question is ranked for each kind of unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from locomo.retrieval.units import UNITS
from locomo.validation.questions import Questions, read_data
from locomo.validation.tables import Tables, as_list, json_objects, kind, plain, shown, table

_ROWS: Final = ("file", "id", "unit", "unknown_question", "ranking_list", "bad_place", "repeated", "least", "beyond")


def ranking_tables(path: Path, data: Path) -> Tables:
    """Return the tables of rankings over the conversations at `data`; InputError if it cannot be read."""
    conversations = read_data(data)
    questions = Questions.of(conversations)
    sizes = {(c.sample_id, unit): len(units_of(c)) for c in conversations for unit, units_of in UNITS.items()}
    file = shown(path)
    rows = [_row(value, questions, sizes) | {"file": f"{file}, row {at}"} for at, value in json_objects(path)]
    units = list(dict.fromkeys(str(row["unit"]) for row in rows))
    return {
        "rankings": table(_ROWS, rows),
        "coverage": questions.coverage(file, ((str(row["unit"]), row["id"]) for row in rows), units),
    }


def _row(value: dict[str, Any], questions: Questions, sizes: dict[tuple[str, str], int]) -> dict[str, Any]:
    question_id, unit = str(value.get("id")), value.get("unit")
    ranking = as_list(value.get("ranking"))
    places = [place for place in ranking if isinstance(place, int) and not isinstance(place, bool)]
    bad = [place for place in ranking if not isinstance(place, int) or isinstance(place, bool)]
    size = sizes.get((question_id.rpartition(":")[0], str(unit)), 0)
    return {
        "id": question_id,
        "unit": plain(unit),
        "unknown_question": None if question_id in questions.by_id else question_id,
        "ranking_list": kind(value.get("ranking")),
        "bad_place": str(bad[0]) if bad else None,
        "repeated": len(places) - len(set(places)),
        "least": min(places, default=0),
        "beyond": max((place - size + 1 for place in places), default=0),
    }
