"""MemOS (the package MemoryOS): memories that a model takes from a few turns at a time, in an embedded Qdrant.

This is the library's general textual memory. The tree of memories that its authors evaluate wants a Neo4j server.
"""

from __future__ import annotations

import math
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "MEMOS_BASE_PATH": tempfile.mkdtemp(prefix="memos-"),  # its log
    "MOS_EMBEDDER_TIMEOUT": "600",  # seconds; 5 otherwise
}

ANSWERS = os.dup(1)
os.dup2(2, 1)  # it logs to stdout while it is imported

from locomo_memory_adapter import serve  # noqa: E402
from memos.configs.memory import GeneralTextMemoryConfig  # noqa: E402
from memos.memories.textual.general import GeneralTextMemory  # noqa: E402

os.dup2(ANSWERS, 1)

ALL = "conversation"
TURNS_AT_ONCE = 2
"""As in the authors' evaluation of LoCoMo. What a call makes is known to come from its turns, and no finer."""


class Memos:
    """Memories of one conversation, in one store or in one for each speaker; on disk once they are added."""

    def open(self, folder: str, speakers: list[str], settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the stores of a folder, or make them."""
        self._at_once = int(settings.get("turns_at_once", TURNS_AT_ONCE))
        users = list(dict.fromkeys(speakers)) if settings.get("stores") == "speakers" else [ALL]
        llm = {
            "model_name_or_path": services["model"],
            "api_key": services["key"],
            "api_base": services["base_url"],
            "temperature": float(settings.get("temperature", 0.7)),
            "max_tokens": int(settings.get("max_tokens", 4096)),
        }
        embedder = {
            "provider": "openai",
            "model_name_or_path": services["embedder"],
            "embedding_dims": services["dimensions"],
            "api_key": services["key"],
            "base_url": services["base_url"],
        }
        self._stores = {
            user: GeneralTextMemory(
                GeneralTextMemoryConfig(
                    extractor_llm={"backend": "openai", "config": llm},
                    embedder={"backend": "universal_api", "config": embedder},
                    vector_db={
                        "backend": "qdrant",
                        "config": {
                            "collection_name": "memories",
                            "vector_dimension": services["dimensions"],
                            "distance_metric": "cosine",
                            "path": str(Path(folder) / f"qdrant-{number}"),
                        },
                    },
                )
            )
            for number, user in enumerate(users)
        }

    def add(self, session: dict[str, Any]) -> None:
        """Add a session, a few turns at a time, each with the session's date before it, as the prompt shows it."""
        turns = session["turns"]
        for start in range(0, len(turns), self._at_once):
            some = turns[start : start + self._at_once]
            for user, store in self._stores.items():
                said = [{"role": _role(turn, user), "content": _said(turn, session["date_text"])} for turn in some]
                sources = [{"message_id": turn["dia_id"], "chat_time": session["date"]} for turn in some]
                made = [
                    {
                        "memory": item.memory,
                        "metadata": item.metadata.model_dump(exclude_none=True) | {"sources": sources},
                    }
                    for item in store.extract(said)
                ]
                if made:
                    store.add(made)

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the memories that are nearest to a question: of two stores, as many of each."""
        most = math.ceil(k / len(self._stores))
        found = [
            item
            for store in self._stores.values()
            for item in store.vector_db.search(store.embedder.embed([question])[0], most)
        ]
        return [_hit(item) for item in sorted(found, key=lambda item: -(item.score or 0.0))[:k]]

    def close(self) -> None:
        """Close the stores."""
        for store in self._stores.values():
            store.vector_db.client.close()


def _hit(item: Any) -> dict[str, Any]:
    sources = item.payload["metadata"]["sources"]
    return {
        "text": item.payload["memory"],
        "dia_ids": [source["message_id"] for source in sources],
        "score": item.score,
        "date": _date(sources[0]["chat_time"]),
    }


def _date(stamp: str | None) -> str | None:
    return f"{datetime.fromisoformat(stamp):%d %B %Y}".lstrip("0") if stamp else None


def _role(turn: dict[str, Any], user: str) -> str:
    """Return who speaks, as the authors tell it: in a speaker's own store the other one is the assistant."""
    return "user" if user in (ALL, turn["speaker"]) else "assistant"


def _said(turn: dict[str, Any], date: str) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f" [{date}]: {turn['speaker']}: {turn['text']}{seen}"


if __name__ == "__main__":
    serve(Memos)
