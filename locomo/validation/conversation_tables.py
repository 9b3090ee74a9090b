"""Conversations as tables: samples, sessions, turns, images, questions, evidence, observations, summaries, events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from locomo.schema import CATEGORIES, DECLARATIONS, LOCOMO, Category, category_of
from locomo.validation.tables import Tables, as_list, as_object, few, kind, plain, samples, shown, table

RELEASED_DATE: Final = "%I:%M %p on %d %B, %Y"
"""'1:56 pm on 8 May, 2023'."""
_ID: Final = re.compile(r"D\d+:\d+")

Row = dict[str, Any]

_COLUMNS: Final = {
    "samples": (
        *("file", "id", "sample_id", "expected_name", "speaker_a", "speaker_b", "bad_speaker", "conversation"),
        *("qa", "observation", "session_summary", "event_summary", "sessions", "questions"),
    ),
    "sessions": ("file", "id", "number", "expected_number", "turns", "date_time", "bad_date", "bad_order"),
    "turns": (
        *("file", "id", "turn", "dia_id", "session", "expected_session", "bad_order", "unknown_speaker", "text"),
        *("blip_caption", "query", "bad_img_url"),
    ),
    "images": ("file", "id", "caption"),
    "questions": (
        *("file", "id", "question", "category", "unknown_category", "answer", "bad_gold", "evidence_list", "evidence"),
        "generated",
    ),
    "evidence": ("file", "id", "evidence", "spaced", "missing_turn", "missing_turn_of_generated", "bad_evidence"),
    "observations": ("file", "id", "bad_shape", "missing_session", "unknown_speaker", "missing_turn", "turns"),
    "summaries": ("file", "id", "bad_key", "missing_session", "text"),
    "events": ("file", "id", "bad_key", "missing_session"),
}


def conversation_tables(path: Path) -> Tables:
    """Return the tables of a folder of conversations, of one of them, or of a dataset; InputError as `samples`."""
    found = [_Sample(*sample) for sample in samples(path)]
    tables = {
        name: table(columns, (row for sample in found for row in getattr(sample, name)()))
        for name, columns in _COLUMNS.items()
    }
    return tables | {"dataset": _dataset(path, found)}


def _dataset(path: Path, found: list[_Sample]) -> Any:
    """One row of counts over all conversations."""
    categories = Counter(entry.get("category") for sample in found for entry in sample.entries)
    counts = {
        "conversations": len(found),
        "sessions": sum(len(sample.numbers) for sample in found),
        "turns": sum(len(turns) for sample in found for turns in sample.spoken.values()),
        "questions": sum(len(sample.entries) for sample in found),
    } | {f"category_{category}": categories[category] for category in CATEGORIES}
    return table(("file", "id", *counts), [{"file": shown(path), "id": "all"} | counts])


class _Sample:
    """One sample, each of whose methods gives the rows of the table of its name."""

    def __init__(self, file: str, name: str | None, data: Row) -> None:
        self.file, self.name, self.data = file, name, data
        self.id = str(data.get("sample_id"))
        self.conversation = as_object(data.get("conversation"))
        self.speakers = tuple(self.conversation.get(key) for key in ("speaker_a", "speaker_b"))
        keys = (re.fullmatch(r"session_(\d+)", key) for key in self.conversation)
        self.numbers = sorted(int(key[1]) for key in keys if key)
        self.spoken = {
            number: [as_object(turn) for turn in as_list(self.conversation.get(f"session_{number}"))]
            for number in self.numbers
        }
        self.turn_ids = {str(turn.get("dia_id")) for turns in self.spoken.values() for turn in turns}
        self.entries = [as_object(entry) for entry in as_list(data.get("qa"))]

    def row(self, place: str, **values: Any) -> Row:
        return {"file": self.file, "id": f"{self.id} {place}".strip(), **values}

    def samples(self) -> Iterator[Row]:
        sections = ("conversation", "qa", "observation", "session_summary", "event_summary")
        yield self.row(
            "",
            sample_id=plain(self.data.get("sample_id")),
            expected_name=self.name,
            speaker_a=self.speakers[0],
            speaker_b=self.speakers[1],
            bad_speaker=self.speakers[1] if self.speakers[0] == self.speakers[1] else None,
            sessions=len(self.numbers),
            questions=len(self.entries),
            **{section: kind(self.data.get(section)) for section in sections},
        )

    def sessions(self) -> Iterator[Row]:
        before: datetime | None = None
        for position, number in enumerate(self.numbers, start=1):
            date_time = self.conversation.get(f"session_{number}_date_time")
            date = _date(date_time)
            yield self.row(
                f"session_{number}",
                number=number,
                expected_number=position,
                turns=len(self.spoken[number]),
                date_time=plain(date_time),
                bad_date=date_time if date is None and isinstance(date_time, str) else None,
                bad_order=date_time if before and date and date < before else None,
            )
            before = date or before

    def turns(self) -> Iterator[Row]:
        for number, turns in self.spoken.items():
            before = 0
            for at, turn in enumerate(turns):
                dia_id = turn.get("dia_id")
                numbers = [int(digits) for digits in re.findall(r"\d+", str(dia_id))]
                place = str(dia_id) if isinstance(dia_id, str) else f"session_{number}[{at}]"
                links = turn.get("img_url")
                fine = links is None or (isinstance(links, list) and all(isinstance(link, str) for link in links))
                speaker = turn.get("speaker")
                yield self.row(
                    place,
                    turn=f"{self.id} {dia_id}",
                    dia_id=plain(dia_id),
                    session=numbers[0] if numbers else None,
                    expected_session=number,
                    bad_order=dia_id if numbers and numbers[-1] <= before else None,
                    unknown_speaker=None if speaker in self.speakers else str(speaker),
                    text=plain(turn.get("text")),
                    blip_caption=plain(turn.get("blip_caption")),
                    query=plain(turn.get("query")),
                    bad_img_url=None if fine else str(links),
                )
                before = numbers[-1] if numbers else before

    def images(self) -> Iterator[Row]:
        for turns in self.spoken.values():
            for turn in turns:
                if turn.get("img_url") or turn.get("blip_caption") is not None:
                    yield self.row(str(turn.get("dia_id")), caption=turn.get("blip_caption") or None)

    def questions(self) -> Iterator[Row]:
        for index, entry in enumerate(self.entries):
            evidence = entry.get("evidence")
            none = not evidence and _kind_of(entry).cites_nothing
            yield {
                "file": self.file,
                "id": f"{self.id}:{index}",
                "question": plain(entry.get("question")),
                "category": plain(entry.get("category")),
                "unknown_category": self._unknown(entry.get("category")),
                "answer": plain(entry.get("answer")),
                "bad_gold": _bad_gold(entry),
                "evidence_list": kind(evidence),
                "evidence": None if none else len(as_list(evidence)),
                "generated": entry.get("generated") is True,
            }

    def _unknown(self, category: Any) -> str | None:
        declaration = DECLARATIONS.get(self.data.get("dataset", LOCOMO))
        known = () if declaration is None else declaration.numbers
        fine = category is None or (type(category) is int and category in known)
        return None if fine else str(category)

    def evidence(self) -> Iterator[Row]:
        for index, entry in enumerate(self.entries):
            for dia_id in as_list(entry.get("evidence")):
                formed = isinstance(dia_id, str) and _ID.fullmatch(dia_id) is not None
                missing = dia_id if formed and dia_id not in self.turn_ids else None
                generated = entry.get("generated") is True
                yield {
                    "file": self.file,
                    "id": f"{self.id}:{index}",
                    "evidence": plain(dia_id),
                    "spaced": dia_id if isinstance(dia_id, str) and dia_id != dia_id.strip() else None,
                    "missing_turn": missing,
                    "missing_turn_of_generated": dia_id if generated and dia_id not in self.turn_ids else None,
                    "bad_evidence": str(dia_id) if missing or not formed else None,
                }

    def observations(self) -> Iterator[Row]:
        for key, by_speaker in as_object(self.data.get("observation")).items():
            number = _number(key, r"session_(\d+)_observation")
            if number is None or not isinstance(by_speaker, dict):
                yield self.row(key, bad_shape=kind(by_speaker) if number else key, turns=1)
                continue
            for speaker, facts in by_speaker.items():
                if not isinstance(facts, list):
                    yield self.row(f"{key}.{speaker}", bad_shape=kind(facts), turns=1)
                for at, fact in enumerate(as_list(facts)):
                    whole = isinstance(fact, list) and len(fact) == 2 and isinstance(fact[0], str)
                    # The release cites several turns as a list or as 'D1:2, D1:4'.
                    ids = _ID.findall(str(fact[1])) if whole else []
                    yield self.row(
                        f"{key}.{speaker}[{at}]",
                        bad_shape=None if whole else kind(fact),
                        missing_session=None if number in self.spoken else key,
                        unknown_speaker=None if speaker in self.speakers else speaker,
                        missing_turn=few(dia_id for dia_id in ids if dia_id not in self.turn_ids),
                        turns=len(ids) if whole else 1,
                    )

    def summaries(self) -> Iterator[Row]:
        for key, text in as_object(self.data.get("session_summary")).items():
            yield self._about_a_session(key, r"session_(\d+)_summary", text=plain(text))

    def events(self) -> Iterator[Row]:
        for key in as_object(self.data.get("event_summary")):
            yield self._about_a_session(key, r"events_session_(\d+)")

    def _about_a_session(self, key: str, form: str, **values: Any) -> Row:
        number = _number(key, form)
        missing = key if number is not None and number not in self.spoken else None
        return self.row(key, bad_key=key if number is None else None, missing_session=missing, **values)


def _number(key: str, form: str) -> int | None:
    match = re.fullmatch(form, key)
    return int(match[1]) if match else None


def _date(value: Any) -> datetime | None:
    """Return the moment that the released form or ISO 8601 means, without a time zone; None for anything else."""
    if not isinstance(value, str):
        return None
    for parse in (lambda text: datetime.strptime(text, RELEASED_DATE), datetime.fromisoformat):
        try:
            return parse(value).replace(tzinfo=None)
        except ValueError:
            continue
    return None


def _kind_of(entry: Row) -> Category:
    """Return what a category says; LoCoMo's first in place of an unknown one, of which another rule speaks."""
    category = entry.get("category")
    return category_of(category if type(category) is int and category in CATEGORIES else next(iter(CATEGORIES)))


def _bad_gold(entry: Row) -> str | None:
    kind = _kind_of(entry)
    if kind.judged in ("rubric", "cue"):
        return None if entry.get(kind.judged) else f"no {kind.judged}"
    if not kind.options:
        return None if kind.abstention or entry.get("answer") is not None else "no answer"
    given = any(entry.get(key) is not None for key in ("answer", "adversarial_answer"))
    return None if given else "neither answer nor adversarial_answer"
