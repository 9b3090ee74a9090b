"""From a file in the released shape to typed conversations, with errors that name file and place."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from locomo.errors import InputError, did_you_mean
from locomo.files import read_json
from locomo.schema import DECLARATIONS, LOCOMO, Conversation, Declaration, Observation, Question, Session, Turn

M = TypeVar("M", bound=BaseModel)

_SESSION = re.compile(r"session_(\d+)")
_DIA_ID = re.compile(r"D\d+:\d+")
_NAME = "a name of letters, digits, '.', '_' and '-'"
_KNOWN = {"sample_id", "dataset", "conversation", "observation", "session_summary", "event_summary", "qa", "subset"}


def read_conversations(path: Path) -> list[Conversation]:
    """Read a released dataset (a list of samples) or a single sample; InputError if anything is wrong with it."""
    data = read_json(path)
    if isinstance(data, dict):
        return [_Sample(data, f"{path}: ").conversation()]
    if not isinstance(data, list) or not data:
        found = "an empty list" if data == [] else _kind(data)
        raise InputError(f"{path}: found {found}, expected a list of conversations")
    return _unique([_Sample(entry, f"{path}: [{i}].").conversation() for i, entry in enumerate(data)], path)


def read_folder(folder: Path) -> list[Conversation]:
    """Read `<sample_id>.json` files, sorted by sample_id; InputError if there are none."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputError(f"{folder}: no conversations there; run `dvc repro` to make them")
    conversations = [conversation for path in paths for conversation in read_conversations(path)]
    return sorted(_unique(conversations, folder), key=lambda conversation: conversation.sample_id)


def _unique(conversations: list[Conversation], source: Path) -> list[Conversation]:
    counts = Counter(conversation.sample_id for conversation in conversations)
    for sample_id, count in counts.items():
        if count > 1:
            raise InputError(f"{source}: sample_id '{sample_id}' occurs {count} times, expected once")
    return conversations


def _kind(value: Any) -> str:
    if value is None:
        return "null"
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
        self.declaration = DECLARATIONS[LOCOMO]

    def fail(self, place: str, message: str) -> InputError:
        return InputError(f"{self.where}{place}: {message}".replace("\n", "\\n"))

    def get(self, key: str, kind: type, expected: str, default: Any = None) -> Any:
        """Return the value at a dotted key, which must be of the given kind; `default` allows it to be absent."""
        parent: Any = self.data
        *path, last = key.split(".")
        for part in path:
            parent = parent[part]
        value = parent.get(last)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind):
            found = f"found {_kind(value)}" if last in parent else "missing"
            raise self.fail(key, f"{found}, expected {expected}")
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
            raise self.fail((place + at).lstrip("."), _complaint(first, self.declaration)) from None

    def conversation(self) -> Conversation:
        self.declaration = self.declared()
        spoken = self.get("conversation", dict, "an object of speakers and sessions")
        speakers = tuple(self.get(f"conversation.{key}", str, "a speaker's name") for key in ("speaker_a", "speaker_b"))
        if speakers[0] == speakers[1]:
            raise self.fail("conversation.speaker_b", f"found {speakers[1]!r} again, expected another name")
        sessions = self.sessions(speakers)
        used = {f"session_{n}{end}" for n in range(1, len(sessions) + 1) for end in ("", "_date_time")}
        ids = {turn.dia_id for session in sessions for turn in session.turns}
        observation = self.get("observation", dict, "an object", {})
        return self.model(
            Conversation,
            {
                "sample_id": self.get("sample_id", str, _NAME),
                "dataset": self.declaration.name,
                "speaker_a": speakers[0],
                "speaker_b": speakers[1],
                "sessions": sessions,
                "questions": self.questions(),
                "observations": self.observations(observation, len(sessions), ids),
                "summaries": self.summaries(len(sessions)),
                "raw_observation": observation,
                "raw_event_summary": self.events(len(sessions)),
                "subset": self.subset(),
                "conversation_extra": {
                    key: value for key, value in spoken.items() if key not in used | {"speaker_a", "speaker_b"}
                },
                "extra": {key: value for key, value in self.data.items() if key not in _KNOWN},
            },
            "",
        )

    def declared(self) -> Declaration:
        name = self.get("dataset", str, f"one of {', '.join(DECLARATIONS)}", LOCOMO)
        if name not in DECLARATIONS:
            raise self.fail(
                "dataset",
                f"found {name!r}, expected one of {', '.join(DECLARATIONS)}{did_you_mean(name, DECLARATIONS)}",
            )
        return DECLARATIONS[name]

    def sessions(self, speakers: tuple[str, ...]) -> list[Session]:
        keys = [key for key in self.data["conversation"] if _SESSION.fullmatch(key)]
        numbers = sorted(self.number("session_{}", key, "conversation") for key in keys)
        for number in range(1, (numbers or [1])[-1] + 1):
            if number not in numbers:
                rest = f", though session_{numbers[-1]} is there" if numbers else ""
                raise self.fail(f"conversation.session_{number}", f"missing{rest}; expected a list of turns")
        seen: dict[str, str] = {}
        sessions = []
        for number in numbers:
            key = f"conversation.session_{number}"
            turns = []
            for i, entry in enumerate(self.get(key, list, "a list of turns")):
                place = f"{key}[{i}]"
                turn = self.model(Turn, entry, place)
                if turn.dia_id in seen:
                    raise self.fail(
                        f"{place}.dia_id",
                        f"found '{turn.dia_id}' of {seen[turn.dia_id]} again, expected an id of its own",
                    )
                if turn.speaker not in speakers:
                    raise self.fail(
                        f"{place}.speaker", f"found {turn.speaker!r}, expected {speakers[0]!r} or {speakers[1]!r}"
                    )
                if not turn.dia_id.startswith(f"D{number}:"):
                    raise self.fail(f"{place}.dia_id", f"found '{turn.dia_id}', expected 'D{number}:…' in this session")
                seen[turn.dia_id] = place
                turns.append(turn)
            date_time = self.get(f"{key}_date_time", str, "a date such as '1:56 pm on 8 May, 2023'")
            sessions.append(Session(number=number, date_time=date_time, turns=turns))
        return sessions

    def questions(self) -> list[Question]:
        entries = self.get("qa", list, "a list of questions", [])
        found = [self.model(Question, entry, f"qa[{i}]") for i, entry in enumerate(entries)]
        for i, question in enumerate(found):
            if question.category not in self.declaration.numbers:
                wrong = f"found {_kind(question.category)}, expected {_known(self.declaration)}"
                raise self.fail(f"qa[{i}].category", wrong)
            if not question.kind.abstention and question.reference is not None and not question.reference.strip():
                raise self.fail(f"qa[{i}].answer", "found an empty text, which nothing can match; expected an answer")
        return found

    def subset(self) -> tuple[int, ...] | None:
        """Return the indexes of the questions that count; None where the sample does not say: all."""
        found = self.data.get("subset")
        if found is None:
            return None
        count = len(self.data.get("qa", []))
        if not isinstance(found, list) or not all(type(index) is int and 0 <= index < count for index in found):
            raise self.fail("subset", f"expected a list of indexes of 'qa', from 0 to {count - 1}")
        return tuple(found)

    def summaries(self, sessions: int) -> dict[int, str]:
        raw = self.get("session_summary", dict, "an object", {})
        found = {}
        for key in raw:
            number = self.number("session_{}_summary", key, "session_summary", sessions)
            found[number] = self.get(f"session_summary.{key}", str, "text")
        return dict(sorted(found.items()))

    def events(self, sessions: int) -> dict[str, Any]:
        raw: dict[str, Any] = self.get("event_summary", dict, "an object", {})
        for key in raw:
            self.number("events_session_{}", key, "event_summary", sessions)
        return raw

    def observations(self, raw: dict[str, Any], sessions: int, ids: set[str]) -> list[Observation]:
        found = []
        for key in raw:
            number = self.number("session_{}_observation", key, "observation", sessions)
            for speaker, facts in self.get(f"observation.{key}", dict, "an object of speakers and their facts").items():
                place = f"observation.{key}.{speaker}"
                if not isinstance(facts, list):
                    raise self.fail(place, f"found {_kind(facts)}, expected a list of [fact, dia_id]")
                for i, fact in enumerate(facts):
                    if not (isinstance(fact, list) and len(fact) == 2 and isinstance(fact[0], str)):
                        raise self.fail(f"{place}[{i}]", f"found {_kind(fact)}, expected [fact, dia_id]")
                    # The release cites several turns as a list or as 'D1:2, D1:4'.
                    dia_ids = tuple(_DIA_ID.findall(str(fact[1])))
                    if not dia_ids or not ids.issuperset(dia_ids):
                        raise self.fail(f"{place}[{i}][1]", f"found {fact[1]!r}, expected ids of existing turns")
                    found.append(Observation(session=number, speaker=speaker, text=fact[0], dia_ids=dia_ids))
        return sorted(found, key=lambda observation: observation.session)

    def number(self, template: str, key: str, parent: str, sessions: int | None = None) -> int:
        """Return the session number in a key, which must be at least 1 and, if that is given, at most `sessions`."""
        digits = re.search(r"\d+", key)
        number = int(digits[0]) if digits else 0
        if number < 1 or key != template.format(number):
            raise self.fail(f"{parent}.{key}", f"unknown key, expected one like '{template.format(1)}'")
        if sessions is not None and number > sessions:
            raise self.fail(f"conversation.session_{number}", f"missing, though {parent}.{key} is about it")
        return number


def _known(declaration: Declaration) -> str:
    first, last = declaration.numbers[0], declaration.numbers[-1]
    return f"{first} to {last} ({declaration.listed})"


def _complaint(error: Any, declaration: Declaration) -> str:
    """Turn pydantic's first complaint into found-and-expected words."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    expected = {
        "answer": "text or a number",
        "category": _known(declaration),
        "dia_id": "an id such as 'D3:7'",
        "evidence": "a list of turn ids such as ['D3:7']",
        "img_url": "a list of links",
        "question": "the words of a question",
        "rubric": "a list of items, each of them text",
        "sample_id": _NAME,
    }.get(str(error["loc"][0]), "text")
    found = "missing" if error["type"] == "missing" else f"found {_kind(error['input'])}"
    return f"{found}, expected {expected}"
