"""From a file in the released shape to typed conversations, with errors that name file and place."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from locomo.errors import InputError
from locomo.files import read_json
from locomo.schema import CATEGORIES, Conversation, Observation, Question, Session, Turn

M = TypeVar("M", bound=BaseModel)

_SESSION = re.compile(r"session_(\d+)")
_DATE = re.compile(r"session_(\d+)_date_time")
_SUMMARY = re.compile(r"session_(\d+)_summary")
_OBSERVATION = re.compile(r"session_(\d+)_observation")
_EVENTS = re.compile(r"events_session_(\d+)")
_DIA_ID = re.compile(r"D\d+:\d+")
_KNOWN = {"sample_id", "conversation", "observation", "session_summary", "event_summary", "qa"}


def read_conversations(path: Path) -> list[Conversation]:
    """Read a released dataset (a list of samples) or a single sample; InputError if anything is wrong with it."""
    data = read_json(path)
    if isinstance(data, dict):
        return [_Sample(data, f"{path}: ").conversation()]
    if not isinstance(data, list) or not data:
        raise InputError(f"{path}: found {_kind(data)}, expected a list of conversations")
    conversations = [_Sample(entry, f"{path}: [{i}].").conversation() for i, entry in enumerate(data)]
    counts = Counter(conversation.sample_id for conversation in conversations)
    for sample_id, count in counts.items():
        if count > 1:
            raise InputError(f"{path}: sample_id '{sample_id}' occurs {count} times, expected once")
    return conversations


def read_folder(folder: Path) -> list[Conversation]:
    """Read `<sample_id>.json` files, sorted by sample_id; InputError if there are none."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputError(f"{folder}: no conversations there; run `dvc repro` to make them")
    conversations = [conversation for path in paths for conversation in read_conversations(path)]
    return sorted(conversations, key=lambda conversation: conversation.sample_id)


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    names = {dict: "an object", list: "a list", str: "text", bool: "a truth value", int: "a number", float: "a number"}
    text = repr(value)
    return names.get(type(value), type(value).__name__) + (
        f" ({text})" if not isinstance(value, dict | list) and len(text) < 60 else ""
    )


class _Sample:
    """One sample being read. `where` is put before the JSON path in every error."""

    def __init__(self, data: Any, where: str) -> None:
        self.where = where
        if not isinstance(data, dict):
            raise InputError(f"{where.rstrip('. ')}: found {_kind(data)}, expected a conversation (an object)")
        self.data = data

    def fail(self, place: str, message: str) -> InputError:
        return InputError(f"{self.where}{place}: {message}")

    def get(self, key: str, kind: type, default: Any = None) -> Any:
        """Return the value at a dotted key, which must be of the given kind; `default` allows it to be absent."""
        value: Any = self.data
        for part in key.split("."):
            value = value.get(part)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind):
            expected = {"dict": "an object", "list": "a list", "str": "text"}[kind.__name__]
            raise self.fail(key, f"found {_kind(value)}, expected {expected}")
        return value

    def model(self, model: type[M], value: Any, place: str) -> M:
        """Validate one object; the first complaint becomes the error."""
        if not isinstance(value, dict):
            raise self.fail(place, f"found {_kind(value)}, expected an object")
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            # A union reports its member's type behind the field's name: only the field and list indexes are a place.
            inside = [part for i, part in enumerate(first["loc"]) if i == 0 or isinstance(part, int)]
            at = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inside)
            raise self.fail((place + at).lstrip("."), _complaint(first)) from None

    def conversation(self) -> Conversation:
        self.get("conversation", dict)
        sessions, unused_dates = self.sessions()
        ids = {turn.dia_id for session in sessions for turn in session.turns}
        observation = self.get("observation", dict, {})
        return self.model(
            Conversation,
            {
                "sample_id": self.data.get("sample_id"),
                "speaker_a": self.get("conversation.speaker_a", str),
                "speaker_b": self.get("conversation.speaker_b", str),
                "sessions": sessions,
                "questions": self.questions(),
                "observations": self.observations(observation, len(sessions), ids),
                "summaries": self.summaries(len(sessions)),
                "raw_observation": observation,
                "raw_event_summary": self.events(len(sessions)),
                "unused_dates": unused_dates,
                "extra": {key: value for key, value in self.data.items() if key not in _KNOWN},
            },
            "",
        )

    def sessions(self) -> tuple[list[Session], dict[str, str]]:
        raw = self.data["conversation"]
        numbers = sorted(int(match[1]) for key in raw if (match := _SESSION.fullmatch(key)))
        for number in range(1, (numbers or [1])[-1] + 1):
            if number not in numbers:
                rest = f", though session_{numbers[-1]} is there" if numbers else ""
                raise self.fail(f"conversation.session_{number}", f"missing{rest}; expected a list of turns")
        seen: dict[str, str] = {}
        speakers = (raw.get("speaker_a"), raw.get("speaker_b"))
        sessions = []
        for number in numbers:
            key = f"conversation.session_{number}"
            turns = []
            for i, entry in enumerate(self.get(key, list)):
                place = f"{key}[{i}]"
                turn = self.model(Turn, entry, place)
                if turn.dia_id in seen:
                    raise self.fail(f"{place}.dia_id", f"'{turn.dia_id}' is already used at {seen[turn.dia_id]}")
                if turn.speaker not in speakers:
                    raise self.fail(
                        f"{place}.speaker", f"found '{turn.speaker}', expected '{speakers[0]}' or '{speakers[1]}'"
                    )
                if not turn.dia_id.startswith(f"D{number}:"):
                    raise self.fail(f"{place}.dia_id", f"found '{turn.dia_id}', expected 'D{number}:…' in this session")
                seen[turn.dia_id] = place
                turns.append(turn)
            sessions.append(Session(number=number, date_time=self.get(f"{key}_date_time", str), turns=turns))
        dates = {key: raw[key] for key in raw if (match := _DATE.fullmatch(key)) and int(match[1]) not in numbers}
        return sessions, dates

    def questions(self) -> list[Question]:
        return [self.model(Question, entry, f"qa[{i}]") for i, entry in enumerate(self.get("qa", list, []))]

    def summaries(self, sessions: int) -> dict[int, str]:
        raw = self.get("session_summary", dict, {})
        found = {}
        for key in raw:
            number = self.number(_SUMMARY, key, "session_summary", sessions)
            found[number] = self.get(f"session_summary.{key}", str)
        return dict(sorted(found.items()))

    def events(self, sessions: int) -> dict[str, Any]:
        raw: dict[str, Any] = self.get("event_summary", dict, {})
        for key in raw:
            self.number(_EVENTS, key, "event_summary", sessions)
        return raw

    def observations(self, raw: dict[str, Any], sessions: int, ids: set[str]) -> list[Observation]:
        found = []
        for key in raw:
            number = self.number(_OBSERVATION, key, "observation", sessions)
            for speaker, facts in self.get(f"observation.{key}", dict).items():
                place = f"observation.{key}.{speaker}"
                if not isinstance(facts, list):
                    raise self.fail(place, f"found {_kind(facts)}, expected a list of [fact, dia_id]")
                for i, fact in enumerate(facts):
                    if not (isinstance(fact, list) and len(fact) == 2 and isinstance(fact[0], str)):
                        raise self.fail(f"{place}[{i}]", f"found {_kind(fact)}, expected [fact, dia_id]")
                    # The release cites several turns as a list or as 'D1:2, D1:4'.
                    dia_ids = tuple(_DIA_ID.findall(" ".join(fact[1]) if isinstance(fact[1], list) else str(fact[1])))
                    if not dia_ids or not ids.issuperset(dia_ids):
                        raise self.fail(f"{place}[{i}][1]", f"found {fact[1]!r}, expected ids of existing turns")
                    found.append(Observation(session=number, speaker=speaker, text=fact[0], dia_ids=dia_ids))
        return sorted(found, key=lambda observation: observation.session)

    def number(self, pattern: re.Pattern[str], key: str, parent: str, sessions: int) -> int:
        """Return the session number in a key, which must be that of a session of the conversation."""
        match = pattern.fullmatch(key)
        if match is None:
            raise self.fail(f"{parent}.{key}", f"unknown key, expected one like '{pattern.pattern}'")
        number = int(match[1])
        if not 1 <= number <= sessions:
            raise self.fail(f"conversation.session_{number}", f"missing, though {parent}.{key} is about it")
        return number


def _complaint(error: Any) -> str:
    """Turn pydantic's first complaint into found-and-expected words."""
    field = error["loc"][0] if error["loc"] else ""
    if error["type"] == "missing":
        return "missing" + (", expected an id such as 'D3:7'" if field == "dia_id" else "")
    expected = {
        "category": f"expected 1 to {len(CATEGORIES)} ({', '.join(f'{n} {name}' for n, name in CATEGORIES.items())})",
        "dia_id": "expected an id such as 'D3:7'",
        "evidence": "expected a list of turn ids such as ['D3:7']",
        "sample_id": "expected a name of letters, digits, '.', '_' and '-'",
    }.get(str(field))
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if expected is None:
        expected = error["msg"].replace("Input should be", "expected")
    return f"found {_kind(error['input'])}, {expected}"
