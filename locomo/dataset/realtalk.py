"""REALTALK's chats in the released shape: ids by session, evidence mapped along, speakers named as questions name them.

The original's sessions are days, while its ids count the sessions of an earlier cut: day 4 of a chat begins with
'D3:30'. Turns get the ids of their sessions here, and keep the original one in `original_id`.

A photo was a message with an id of its own, which is gone: the photo now lies in the turn just before or after.
Evidence still cites it. The time in the name of the photo's file tells which id it had: the one before its turn if it
was sent before that turn, else the one after.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from locomo.dataset.converting import Converted, Original, Unmapped, released
from locomo.files import parse_yaml

_ALIASES: Final = "realtalk.yaml"
_TIME: Final = "%d.%m.%Y, %H:%M:%S"
_SENT: Final = re.compile(r"PHOTO-(\d{4}(?:-\d\d){5})")
_ID: Final = re.compile(r"D(\d+):(\d+)")
_CITED: Final = r"D?\s*(?:\d+)\s*[:;]\s*(?:\d+)"
_RANGE: Final = rf"(?:{_CITED})(?:\s*-\s*{_CITED})?"
_ITEM: Final = re.compile(rf"\s*{_RANGE}(?:[\s;:.,]+{_RANGE})*[\s.;,]*")
_SESSION: Final = re.compile(r"session_(\d+)")

Id = tuple[int, int]
"""An original id: 'D3:30' is (3, 30)."""


@cache
def aliases() -> dict[str, dict[str, str]]:
    """Return what questions call the speakers: name of the chat → name in its turns → name in its questions."""
    text = files("locomo.dataset").joinpath(_ALIASES).read_text(encoding="utf-8")
    return {
        chat: {speaker: entry["name"] for speaker, entry in speakers.items()}
        for chat, speakers in parse_yaml(text, _ALIASES).items()
    }


def convert(chats: Mapping[str, Any]) -> Converted:
    """Convert chats, by the names of their files without the ending; these become their `sample_id`s.

    InputError names chat and place if one is not in REALTALK's shape: a session is missing, a speaker unknown, a date
    in another form. Evidence that names no turn is no error: it is left out, counted and listed.
    """
    converted = Converted()
    for name, chat in chats.items():
        _Chat(name, chat, converted).convert()
    return converted


def released_date(text: str) -> str:
    """Return '29.12.2023, 22:42:04' as '10:42 pm on 29 December, 2023'; ValueError if it has another form."""
    return released(datetime.strptime(text, _TIME))


class _Chat(Original):
    def __init__(self, name: str, chat: Any, converted: Converted) -> None:
        super().__init__(name)
        self.converted = converted
        self.chat = self.expect(chat, dict, "", "an object with 'name', sessions and 'qa'")
        self.ids: dict[Id, str] = {}
        """Of turns, and of the photos that lie in them now: the new id."""
        self.originals: set[str] = set()
        """Ids of turns, as the original has them."""

    def convert(self) -> None:
        names = self.expect(self.chat.get("name"), dict, "name", "an object with 'speaker_1' and 'speaker_2'")
        speakers = [self.text(names, f"speaker_{n}", "name.") for n in (1, 2)]
        called = {speaker: aliases().get(self.name, {}).get(speaker, speaker) for speaker in speakers}
        numbers = self.numbers()
        conversation: dict[str, Any] = {"speaker_a": called[speakers[0]], "speaker_b": called[speakers[1]]}
        photos: dict[Id, str] = {}
        for number in numbers:
            key = f"session_{number}"
            conversation[f"{key}_date_time"] = self.when(self.chat, f"{key}_date_time", "")
            turns = self.expect(self.chat[key], list, key, "a list of turns")
            conversation[key] = [self.turn(number, i, turn, called, photos) for i, turn in enumerate(turns)]
        for photo, turn in photos.items():
            self.ids.setdefault(photo, turn)
        self.converted.samples.append(
            {
                "sample_id": self.name,
                "dataset": "realtalk",
                "conversation": conversation,
                "event_summary": {
                    f"events_session_{n}": events for n in numbers if (events := self.events(n, speakers, called))
                },
                "qa": self.questions(),
            }
        )

    def numbers(self) -> list[int]:
        numbers = {int(match[1]) for key in self.chat if (match := _SESSION.fullmatch(key))}
        for number in range(1, max(numbers, default=1) + 1):
            if number not in numbers:
                rest = f", though session_{max(numbers)} is there" if numbers else ""
                raise self.fail(f"session_{number}", f"missing{rest}; expected a list of turns")
        return sorted(numbers)

    def turn(
        self, number: int, place: int, turn: Any, called: Mapping[str, str], photos: dict[Id, str]
    ) -> dict[str, Any]:
        """Return a turn under its new id, and note the original id of the photo that lies in it."""
        at = f"session_{number}[{place}]"
        entry = self.expect(turn, dict, at, "an object")
        at += "."
        speaker, original = self.text(entry, "speaker", at), self.text(entry, "dia_id", at)
        if speaker not in called:
            raise self.fail(f"{at}speaker", f"found {speaker!r}, expected {' or '.join(map(repr, called))}")
        match = _ID.fullmatch(original)
        if match is None:
            raise self.fail(f"{at}dia_id", f"found {original!r}, expected an id such as 'D3:7'")
        id_ = int(match[1]), int(match[2])
        if id_ in self.ids:
            raise self.fail(f"{at}dia_id", f"found {original!r} again, expected an id of its own")
        new = self.ids[id_] = f"D{number}:{place + 1}"
        self.originals.add(original)
        self.when(entry, "date_time", at)
        made = {
            "speaker": called[speaker],
            "dia_id": new,
            "text": self.text(entry, "clean_text", at),
            "original_id": original,
            "date_time": entry["date_time"],
        }
        for key in ("img_url", "blip_caption"):
            if entry.get(key):
                made[key] = entry[key]
        for name in self.expect(entry.get("img_file", []), list, f"{at}img_file", "a list of names of files"):
            if sent := _SENT.search(str(name)):
                before = datetime.strptime(sent[1], "%Y-%m-%d-%H-%M-%S") <= datetime.strptime(entry["date_time"], _TIME)
                photos.setdefault((id_[0], id_[1] + (-1 if before else 1)), new)
        return made

    def events(self, number: int, speakers: Sequence[str], called: Mapping[str, str]) -> dict[str, Any] | None:
        key = f"events_session_{number}"
        if key not in self.chat:
            return None
        given = self.expect(self.chat[key], dict, key, "an object with 'agent_a' and 'agent_b'")
        summary: dict[str, Any] = {}
        for agent, speaker in zip(("agent_a", "agent_b"), speakers, strict=True):
            entries = self.expect(given.get(agent, []), list, f"{key}.{agent}", "a list of events")
            said = [self.text(entry, "sub-event", f"{key}.{agent}[{i}].") for i, entry in enumerate(entries)]
            summary[called[speaker]] = [text for text in said if text.strip()]
        return summary | {"date": self.when(self.chat, f"session_{number}_date_time", "").rpartition(" on ")[2]}

    def questions(self) -> list[dict[str, Any]]:
        entries = self.expect(self.chat.get("qa"), list, "qa", "a list of questions")
        return [self.question(i, entry) for i, entry in enumerate(entries)]

    def question(self, index: int, entry: Any) -> dict[str, Any]:
        place = f"qa[{index}]"
        question = self.expect(entry, dict, place, "an object")
        items = self.expect(question.get("evidence"), list, f"{place}.evidence", "a list of ids such as ['D3:7']")
        found: dict[str, None] = {}  # in order, each once: a photo and its turn are one
        unmapped = []
        for item in map(str, items):
            self.converted.items += 1
            ids = cited(item)
            turns = [self.ids[id_] for id_ in ids if id_ in self.ids]
            found.update(dict.fromkeys(turns))
            if not ids or len(turns) < len(ids):
                unmapped.append(item)
                self.converted.unmapped.append(Unmapped(self.name, index, item))
            elif item in self.originals:
                self.converted.as_written += 1
            else:
                self.converted.repaired += 1
        return (
            {key: value for key, value in question.items() if key != "evidence"}
            | {"evidence": list(found), "original_evidence": items}
            | ({"unmapped_evidence": unmapped} if unmapped else {})
        )

    def when(self, parent: Any, key: str, place: str) -> str:
        return released(self.date(parent, key, place, _TIME, "29.12.2023, 22:42:04"))


def cited(item: str) -> list[Id]:
    """Return the original ids that an item of evidence cites, whether they exist or not; [] if it is unreadable.

    'D13:4. D14:4' and 'D13:45:D20:19' are two, 'D17;39', 'D 2:18' and '23:29' one, and 'D12:3-D12:5' three.
    """
    if not _ITEM.fullmatch(item):
        return []
    ids: list[Id] = []
    for text in re.findall(_RANGE, item):
        first, last = ([int(n) for n in re.findall(r"\d+", part)] for part in (text.split("-") * 2)[:2])
        if first[0] != last[0] or last[1] < first[1]:
            return []
        ids += [(first[0], n) for n in range(first[1], last[1] + 1)]
    return ids
