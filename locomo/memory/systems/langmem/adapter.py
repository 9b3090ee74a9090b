"""LangMem: memories that a model keeps and changes by calling functions, in a store of ours on disk."""

from __future__ import annotations

import json
import os
import uuid
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ |= {"LANGSMITH_TRACING": "false"}

import langmem.knowledge.extraction as langmem_extraction
import trustcall._base as trustcall_base
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langgraph.store.memory import InMemoryStore
from langmem import create_memory_store_manager
from locomo_memory_adapter import serve

NAMESPACE = ("memories", "conversation")
SEEN = 5
"""Memories that the model sees of those that are there, as by default."""


class LangMem:
    """Memories of one conversation: LangMem's own store dies with the process, so it is written after each session."""

    def open(self, folder: str, settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the memories of a folder, or begin with none."""
        self._file = Path(folder) / "memories.json"
        given = {"api_key": services["key"], "base_url": services["base_url"]}
        embeddings = OpenAIEmbeddings(
            model=services["embedder"],
            dimensions=services["dimensions"],
            check_embedding_ctx_length=False,  # else it sends tokens
            **given,
        )
        self._store = InMemoryStore(index={"dims": services["dimensions"], "embed": embeddings})
        self._dates: dict[str, str] = {}
        if self._file.exists():
            self._read()
        model = ChatOpenAI(model=services["model"], temperature=settings.get("temperature"), **given)
        self._manager = create_memory_store_manager(
            model, namespace=NAMESPACE, store=self._store, query_limit=int(settings.get("query_limit", SEEN))
        )

    def add(self, session: dict[str, Any]) -> None:
        """Let the model keep what it will of a session, whose date stands before each turn."""
        _seed(f"session {session['number']}")
        messages = [{"role": "user", "content": f"[{session['date_text']}] {_said(turn)}"} for turn in session["turns"]]
        before = dict(self._contents())
        self._manager.invoke({"messages": messages})
        for key, content in self._contents():
            if before.get(key) != content:
                self._dates[key] = session["date"]
        self._write()

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the memories that are nearest to a question, with the day on which they were last written."""
        return [
            {"text": _text(item.value), "dia_ids": [], "score": item.score, "date": self._date(item.key)}
            for item in self._store.search(NAMESPACE, query=question, limit=k)
        ]

    def close(self) -> None:
        """Nothing is left to write."""

    def _contents(self) -> list[tuple[str, str]]:
        return [(key, _text(item.value)) for key, item in self._store._data[NAMESPACE].items()]

    def _date(self, key: str) -> str | None:
        date = self._dates.get(key)
        return f"{datetime.fromisoformat(date):%d %B %Y}".lstrip("0") if date else None

    def _write(self) -> None:
        rows = [
            {
                "key": key,
                "value": item.value,
                "vectors": self._store._vectors[NAMESPACE].get(key, {}),
                "date": self._dates.get(key),
            }
            for key, item in self._store._data[NAMESPACE].items()
        ]
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
        partial.rename(self._file)

    def _read(self) -> None:
        for row in json.loads(self._file.read_text()):
            self._store.put(NAMESPACE, row["key"], row["value"], index=False)
            self._store._vectors[NAMESPACE][row["key"]] = row["vectors"]
            self._dates[row["key"]] = row["date"]


def _seed(name: str) -> None:
    """Let ids that stand in prompts follow from the session: random ones would make every request a new one."""
    made = 0

    def uuid4() -> uuid.UUID:
        nonlocal made
        made += 1
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {made}")

    seeded = SimpleNamespace(**{each: getattr(uuid, each) for each in dir(uuid) if each != "uuid4"}, uuid4=uuid4)
    langmem_extraction.uuid = trustcall_base.uuid = seeded


def _text(value: dict[str, Any]) -> str:
    content = value.get("content", value)
    return str(content.get("content", content) if isinstance(content, dict) else content)


def _said(turn: dict[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['speaker']}: {turn['text']}{seen}"


if __name__ == "__main__":
    serve(LangMem)
