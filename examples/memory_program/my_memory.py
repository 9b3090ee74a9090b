"""A memory system as a program of its own: JSON lines on stdin and stdout, the standard library and nothing else.

It keeps every turn and finds it by the words that it shares with the question.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

WORD = re.compile(r"[a-z0-9]+")


def words(text: str) -> set[str]:
    """Return the lower-case words of a text."""
    return set(WORD.findall(text.lower()))


class Memory:
    """One store: a file of turns in the folder that `open` names."""

    def open(self, folder: str, **_: object) -> dict:
        """Open a store, empty or as it was left."""
        self.file = Path(folder) / "turns.jsonl"
        self.turns = [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []
        return {}

    def add(self, session: dict) -> dict:
        """Ingest a session. It is on disk when this returns."""
        turns = [turn | {"date": session["date_text"]} for turn in session["turns"]]
        self.turns += turns
        with self.file.open("a") as file:
            file.writelines(json.dumps(turn) + "\n" for turn in turns)
        return {}

    def search(self, question: str, k: int, **_: object) -> dict:
        """Return the k turns that share most words with the question."""
        asked = words(question)
        best = sorted(self.turns, key=lambda turn: -len(asked & words(f"{turn['speaker']} {turn['text']}")))[:k]
        return {
            "hits": [
                {"text": f"{turn['speaker']}: {turn['text']}", "dia_ids": [turn["dia_id"]], "date": turn["date"]}
                for turn in best
            ]
        }

    def close(self) -> dict:
        """Nothing is open."""
        return {}


memory = Memory()
for line in sys.stdin:
    request = json.loads(line)
    number, verb = request.pop("id"), request.pop("do")
    print(json.dumps({"id": number, **getattr(memory, verb)(**request)}), flush=True)
    if verb == "close":
        break
