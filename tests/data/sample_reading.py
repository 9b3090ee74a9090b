"""Reads data/raw/sample.json for the tests beside this file, with nothing but json, the standard library and nltk."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nltk.stem import PorterStemmer

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "raw" / "sample.json"
IMAGES = ROOT / "data" / "raw" / "sample_images"
RELEASED = ROOT / ".." / "shared" / "mirror" / "files" / "md5" / "03" / "e2a21d45726cd5ad29602c4f9998e0"

MULTI_HOP, TEMPORAL, OPEN_DOMAIN, SINGLE_HOP, ADVERSARIAL = CATEGORIES = (1, 2, 3, 4, 5)
DATE_TIME = re.compile(r"(\d{1,2}):(\d{2}) (am|pm) on (\d{1,2}) ([A-Z][a-z]+), (\d{4})")
STOP_WORDS = re.compile(r"(an?|and|at|by|for|from|h(er|is)|in|into|is|its?|o[fnr]|th(at|e|eir)|to|was|were|with)")
_stem = PorterStemmer().stem


@dataclass(frozen=True)
class Turn:
    """One turn, with the number and the date of its session."""

    session: int
    date: datetime
    speaker: str
    text: str
    caption: str

    @property
    def words(self) -> set[str]:
        return content_words(f"{self.text} {self.caption}")


@dataclass(frozen=True)
class Conversation:
    """One conversation: its raw JSON and its turns by dialogue id."""

    id: str
    raw: dict[str, Any]
    turns: dict[str, Turn]

    @property
    def speakers(self) -> tuple[str, str]:
        return self.raw["conversation"]["speaker_a"], self.raw["conversation"]["speaker_b"]

    def cited(self, question: dict[str, Any]) -> list[Turn]:
        return [self.turns[dia_id] for dia_id in question["evidence"]]

    def cited_words(self, question: dict[str, Any]) -> set[str]:
        return set().union(*(turn.words for turn in self.cited(question)))


def session_date(stamp: str) -> datetime:
    """The moment that "1:56 pm on 8 May, 2023" names; ValueError for any other shape."""
    if not DATE_TIME.fullmatch(stamp) or stamp.startswith("0"):
        raise ValueError(stamp)
    return datetime.strptime(stamp, "%I:%M %p on %d %B, %Y")


def session_numbers(raw: dict[str, Any]) -> list[int]:
    return [int(key.split("_")[1]) for key in raw["conversation"] if re.fullmatch(r"session_\d+", key)]


def content_words(text: str) -> set[str]:
    """The stems of the words of `text` that are not stop words."""
    words = re.findall(r"[a-zà-ÿ0-9]+(?:'[a-z]+)?", text.lower().replace("’", "'"))
    return {_stem(word.removesuffix("'s")) for word in words if not STOP_WORDS.fullmatch(word)}


def read_conversations(path: Path = SAMPLE) -> list[Conversation]:
    conversations = []
    for raw in json.loads(path.read_text(encoding="utf-8")):
        turns = {}
        for number in session_numbers(raw):
            date = session_date(raw["conversation"][f"session_{number}_date_time"])
            for turn in raw["conversation"][f"session_{number}"]:
                caption = turn.get("blip_caption", "")
                turns[turn["dia_id"]] = Turn(number, date, turn["speaker"], turn["text"], caption)
        conversations.append(Conversation(raw["sample_id"], raw, turns))
    return conversations
