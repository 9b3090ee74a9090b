"""A class as a memory system: `python -m locomo.memory.adapters.own FILE.py:Class`.

Its store is what its method `save(folder)` writes and `load(folder)` reads. A class without them is told of all
sessions again when its store is opened.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from locomo.files import read_jsonl
from locomo.memory.adapter.locomo_memory_adapter import serve
from locomo.retrieval.memory import make_memory_system
from locomo.schema import Session, Turn

SESSIONS: Final = "sessions.jsonl"


class Own:
    """The adapter of a class of one's own."""

    def __init__(self) -> None:
        self._system: Any = make_memory_system(sys.argv[1])
        self._folder = Path()

    def open(self, folder: str) -> None:
        """Forget everything, then remember what the folder holds."""
        self._folder = Path(folder)
        self._system.reset()
        if hasattr(self._system, "load"):
            self._system.load(self._folder)
            return
        heard = self._folder / SESSIONS
        for _, row in read_jsonl(heard) if heard.is_file() else []:
            self._system.add_session(_session(row))

    def add(self, session: dict[str, Any]) -> None:
        """Tell the system of a session, and keep it."""
        self._system.add_session(_session(session))
        if hasattr(self._system, "save"):
            self._system.save(self._folder)
            return
        with (self._folder / SESSIONS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(session, ensure_ascii=False) + "\n")

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Ask the system."""
        return [{"text": each.text, "dia_ids": list(each.dia_ids)} for each in self._system.search(question, k)]

    def close(self) -> None:
        """Nothing is open."""


def _session(message: Mapping[str, Any]) -> Session:
    turns = [
        Turn(speaker=turn["speaker"], dia_id=turn["dia_id"], text=turn["text"], blip_caption=turn["caption"])
        for turn in message["turns"]
    ]
    return Session(number=message["number"], date_time=message["date_text"], turns=turns)


if __name__ == "__main__":
    serve(Own)
