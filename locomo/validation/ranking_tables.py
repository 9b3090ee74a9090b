"""Rankings as tables: rows, and how often each question is ranked for each kind of unit."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from locomo.retrieval.rankings import DEPTH
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation
from locomo.validation.expected import NOTHING, Expected
from locomo.validation.finding import found
from locomo.validation.questions import Questions, read_data
from locomo.validation.recompute import NOTHING_AGAIN, Recompute
from locomo.validation.tables import Tables, as_list, json_objects, kind, plain, shown, table

_LARGEST: Final = 2**53
"""Whole numbers that a table can compare."""
_ROWS: Final = (
    "file",
    "id",
    "unit",
    "unknown_question",
    "ranking_list",
    "bad_place",
    "repeated",
    "least",
    "beyond",
    "cut",
    "other",
)
_SAMPLE: Final = 4
"""Questions of a conversation that are ranked again for each kind of unit."""
_CONVERSATIONS: Final = 5
"""Conversations whose questions are ranked again; of more, a sample, since each is indexed anew for it."""


def ranking_tables(path: Path, data: Path, expected: Expected = NOTHING, again: Recompute = NOTHING_AGAIN) -> Tables:
    """Return the tables of rankings over the conversations at `data`; InputError if it cannot be read."""
    conversations = read_data(data)
    questions = Questions.of(conversations, every=True)  # retrieval ranks for all of them
    sizes = {(c.sample_id, unit): len(units_of(c)) for c in conversations for unit, units_of in UNITS.items()}
    file = shown(path)
    ranked = _ranked_again(conversations, path, again)
    rankings = table(
        _ROWS,
        (
            _row(value, questions, sizes, expected.approximate)
            | {"file": f"{file}, row {at}", "other": _difference(value, ranked)}
            for at, value in json_objects(path)
        ),
    )
    cells = list(zip(map(str, rankings["unit"]), rankings["id"], strict=True))
    units = list(dict.fromkeys(unit for unit, _ in cells)) if expected.units is None else expected.units
    return {"rankings": rankings, "coverage": questions.coverage(file, cells, units)}


def _ranked_again(
    conversations: Sequence[Conversation], path: Path, again: Recompute
) -> dict[tuple[str, str], list[int]]:
    """Return the rankings of some questions, computed anew, by unit and question id."""
    if again.ranking is None:
        return {}
    units = sorted({str(row.get("unit")) for _, row in json_objects(path)} & set(UNITS))
    if len(conversations) > _CONVERSATIONS:
        conversations = random.Random(len(conversations)).sample(conversations, _CONVERSATIONS)  # noqa: S311  (a sample)
    found = {}
    for conversation in conversations:
        every = range(len(conversation.questions))
        chosen = random.Random(conversation.sample_id).sample(every, min(_SAMPLE, len(every)))  # noqa: S311  (a sample)
        asked = [conversation.questions[at].question for at in chosen]
        for unit in units:
            for at, places in zip(chosen, again.ranking(conversation, unit, asked), strict=True):
                found[unit, conversation.question_id(at)] = places
    return found


def _difference(row: Mapping[str, Any], ranked: Mapping[tuple[str, str], list[int]]) -> str | None:
    """Return the first place of a ranking that is another one than the retriever says; None if there is none."""
    expected = ranked.get((str(row.get("unit")), str(row.get("id"))))
    if expected is None or expected == row.get("ranking"):
        return None
    pairs = enumerate(zip_longest(as_list(row.get("ranking")), expected))
    at, (one, other) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
    return f"rank {at + 1}: {found(one)}, expected {found(other)}"


def _row(
    value: dict[str, Any], questions: Questions, sizes: dict[tuple[str, str], int], approximate: bool
) -> dict[str, Any]:
    question_id, unit = str(value.get("id")), value.get("unit")
    ranking = as_list(value.get("ranking"))
    places, bad = _places(ranking)
    size = sizes.get((question_id.rpartition(":")[0], str(unit)), 0)
    return {
        "id": question_id,
        "unit": plain(unit),
        "unknown_question": None if question_id in questions.by_id else question_id,
        "ranking_list": kind(value.get("ranking")),
        "bad_place": found(bad[0]) if bad else None,
        "repeated": len(places) - len(set(places)),
        "least": min(places, default=0),
        "cut": f"{len(ranking)} of {min(size, DEPTH)}" if not approximate and len(ranking) < min(size, DEPTH) else None,
        "beyond": max(places) - size + 1 if places else 0,
    }


def _places(values: list[Any]) -> tuple[list[int], list[Any]]:
    """Return the values that are places of units, and those that are none."""
    if set(map(type, values)) == {int} and min(values) >= -_LARGEST and max(values) <= _LARGEST:
        return values, []  # nearly always, and a grid has thousands of rankings of a hundred places
    return [value for value in values if _is_place(value)], [value for value in values if not _is_place(value)]


def _is_place(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
