"""Mem0, the open-source library: facts that a model takes from a few turns at a time, in an embedded Qdrant."""

from __future__ import annotations

import math
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ |= {"MEM0_TELEMETRY": "False", "HF_HUB_OFFLINE": "1", "MEM0_DIR": tempfile.mkdtemp(prefix="mem0-")}
os.environ.pop("OPENROUTER_API_KEY", None)  # it would be preferred to the address that is given

from locomo_memory_adapter import serve
from mem0 import Memory
from mem0.memory import main

USER = "conversation"
TURNS_AT_ONCE = 2
"""As in the authors' evaluation of LoCoMo. What an `add` makes is known to come from its turns, and no finer."""


class Mem0:
    """Facts of one conversation, on disk once they are added."""

    def open(self, folder: str, speakers: list[str], settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the store of a folder, or make one."""
        self._users = list(dict.fromkeys(speakers)) if settings.get("stores") == "speakers" else [USER]
        self._at_once = int(settings.get("turns_at_once", TURNS_AT_ONCE))
        self._threshold = float(settings.get("threshold", 0.0))
        given = {"api_key": services["key"], "openai_base_url": services["base_url"]}
        llm = {"model": services["model"], "temperature": float(settings.get("temperature", 0.1))}
        embedder = {"model": services["embedder"], "embedding_dims": services["dimensions"]}
        qdrant = {
            "path": str(Path(folder) / "qdrant"),
            "on_disk": True,
            "embedding_model_dims": services["dimensions"],
        }
        self._memory = Memory.from_config(
            {
                "llm": {"provider": "openai", "config": given | llm},
                "embedder": {"provider": "openai", "config": given | embedder},
                "vector_store": {"provider": "qdrant", "config": qdrant},
                "history_db_path": str(Path(folder) / "history.db"),
            }
        )
        self._say_the_date()

    def add(self, session: dict[str, Any]) -> None:
        """Add a session, a few turns at a time, with its date as the day on which it is heard."""
        self._date = session["date"]
        turns = session["turns"]
        for start in range(0, len(turns), self._at_once):
            some = turns[start : start + self._at_once]
            for user in self._users:
                self._memory.add(
                    [{"role": _role(turn, user), "content": _said(turn)} for turn in some],
                    user_id=user,
                    metadata={"dia_ids": [turn["dia_id"] for turn in some], "created_at": session["date"]},
                )

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the facts that are nearest to a question: of two stores, as many of each."""
        most = math.ceil(k / len(self._users))
        found = [
            fact
            for user in self._users
            for fact in self._memory.search(question, filters={"user_id": user}, top_k=most, threshold=self._threshold)[
                "results"
            ]
        ]
        return [
            {
                "text": fact["memory"],
                "dia_ids": (fact.get("metadata") or {}).get("dia_ids", []),
                "score": fact.get("score"),
                "date": _date(fact.get("created_at") or (fact.get("metadata") or {}).get("created_at")),
            }
            for fact in sorted(found, key=lambda fact: -(fact.get("score") or 0.0))[:k]
        ]

    def close(self) -> None:
        """Close the store."""
        self._memory.vector_store.client.close()

    def _say_the_date(self) -> None:
        """Let prompts tell the session's date: its argument for that is refused, and today's stands in its place."""
        made = main.generate_additive_extraction_prompt

        def dated(*arguments: Any, **named: Any) -> str:
            day = self._date[:10]
            return str(made(*arguments, **{**named, "timestamp": day, "current_date": day}))

        main.generate_additive_extraction_prompt = dated


def _role(turn: dict[str, Any], user: str) -> str:
    """Return who speaks, as the authors tell it: in a speaker's own store the other one is the assistant."""
    return "user" if user in (USER, turn["speaker"]) else "assistant"


def _date(stamp: str | None) -> str | None:
    return None if not stamp else f"{datetime.fromisoformat(stamp):%d %B %Y}".lstrip("0")


def _said(turn: dict[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['speaker']}: {turn['text']}{seen}"


if __name__ == "__main__":
    serve(Mem0)
