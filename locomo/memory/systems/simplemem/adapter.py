"""SimpleMem: statements that a model makes of a window of turns, in a LanceDB; a search plans its own queries."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import numpy as np
import simplemem.system as simplemem_system
from locomo_memory_adapter import serve
from openai import OpenAI
from simplemem.config import SimpleMemConfig, set_config
from simplemem.models.memory_entry import Dialogue, MemoryEntry

WINDOW = 40
"""Turns, as in the authors' evaluation; a session's last window is shorter."""


class SimpleMem:
    """Statements of one conversation, on disk after each session."""

    def open(self, folder: str, settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the statements of a folder, or begin with none."""
        client = OpenAI(api_key=services["key"], base_url=services["base_url"])

        class Embeddings:
            """In the place of a model that would be fetched from the hub."""

            dimension = services["dimensions"]

            def encode_documents(self, texts: list[str]) -> np.ndarray:
                made = client.embeddings.create(model=services["embedder"], input=texts)
                return np.array([row.embedding for row in made.data], dtype=np.float32)

            def encode_query(self, texts: list[str]) -> np.ndarray:
                return self.encode_documents(texts)

            def encode_single(self, text: str, is_query: bool = False) -> np.ndarray:
                return self.encode_documents([text])[0]

        simplemem_system.EmbeddingModel = Embeddings
        set_config(
            SimpleMemConfig(
                openai_api_key=services["key"],
                openai_base_url=services["base_url"],
                llm_model=services["model"],
                embedding_dimension=services["dimensions"],
                lancedb_path=str(Path(folder) / "lancedb"),
                window_size=int(settings.get("window", WINDOW)),
                semantic_top_k=int(settings.get("semantic_top_k", 25)),
                use_streaming=False,
                use_json_format=False,
                enable_parallel_processing=False,
                enable_parallel_retrieval=False,
                enable_planning=bool(settings.get("planning", True)),
                enable_reflection=bool(settings.get("reflection", False)),
            )
        )
        self._system = simplemem_system.SimpleMemSystem(
            api_key=services["key"],
            model=services["model"],
            base_url=services["base_url"],
            db_path=str(Path(folder) / "lancedb"),
        )
        self._state = Path(folder) / "state.json"
        if self._state.exists():
            self._read()

    def add(self, session: dict[str, Any]) -> None:
        """Add a session, whose turns all have its date, in windows that do not reach into the next one."""
        builder, size = self._system.memory_builder, self._system.memory_builder.window_size
        turns = session["turns"]
        for start in range(0, len(turns), size):
            window = turns[start : start + size]
            for turn in window:
                builder.add_dialogue(
                    Dialogue(
                        dialogue_id=builder.processed_count + len(builder.dialogue_buffer) + 1,
                        speaker=turn["speaker"],
                        content=_said(turn),
                        timestamp=session["date"],
                    ),
                    auto_process=False,
                )
            builder.process_window()
        self._write()

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the statements that its own searches have found, the first k of them."""
        return [
            {
                "text": entry.lossless_restatement,
                "dia_ids": [],
                "date": _date(entry.timestamp),
            }
            for entry in self._system.hybrid_retriever.retrieve(question)[:k]
        ]

    def close(self) -> None:
        """Nothing is left to write."""

    def _write(self) -> None:
        """Keep what it shows the model of the window before, which its store does not have in order."""
        builder = self._system.memory_builder
        state = {
            "processed": builder.processed_count,
            "previous": [entry.model_dump() for entry in builder.previous_entries],
        }
        self._state.write_text(json.dumps(state, ensure_ascii=False))

    def _read(self) -> None:
        state = json.loads(self._state.read_text())
        builder = self._system.memory_builder
        builder.processed_count = state["processed"]
        builder.previous_entries = [MemoryEntry(**entry) for entry in state["previous"]]


def _date(stamp: str | None) -> str | None:
    try:
        return f"{datetime.fromisoformat(stamp or ''):%d %B %Y}".lstrip("0")
    except ValueError:
        return stamp or None


def _said(turn: dict[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['text']}{seen}"


if __name__ == "__main__":
    serve(SimpleMem)
