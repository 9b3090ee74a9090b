"""txtai: an embeddings database with a row a turn. It asks no model: nothing is extracted, nothing is forgotten."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import numpy as np
from locomo_memory_adapter import serve
from txtai import Embeddings

COLUMNS = "id, text, tags, dia_id, date, score"


class Txtai:
    """A database of turns, saved after each session."""

    def open(self, folder: str, settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the database of a folder, or make one."""
        self._services = services
        self._folder = Path(folder) / "index"
        # It calls what is no plain function in order to get one.
        transform = {"transform": lambda texts: self._vectors(texts)}  # noqa: PLW0108
        how = {"content": True, "hybrid": bool(settings.get("hybrid", True)), "backend": "numpy"}
        self._database = Embeddings(method="external", **transform, **how)
        if self._database.exists(str(self._folder)):
            self._database.load(str(self._folder), config=transform)

    def add(self, session: dict[str, Any]) -> None:
        """Add a row for each turn, with its speaker, its picture and the date of its session."""
        rows = [
            (
                turn["dia_id"],
                {"text": _said(turn), "dia_id": turn["dia_id"], "date": session["date_text"]},
                turn["speaker"],
            )
            for turn in session["turns"]
        ]
        self._database.upsert(rows)
        self._database.save(str(self._folder))

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the rows whose words and meaning are closest."""
        if not self._database.count():
            return []
        found = self._database.search(
            f"select {COLUMNS} from txtai where similar(:question)",  # noqa: S608  (a constant)
            limit=k,
            parameters={"question": question},
        )
        return [
            {"text": row["text"], "dia_ids": [row["dia_id"]], "score": row["score"], "date": row["date"]}
            for row in found
        ]

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _vectors(self, texts: list[str]) -> np.ndarray:
        body = json.dumps({"model": self._services["embedder"], "input": list(texts)}).encode()
        headers = {"Authorization": f"Bearer {self._services['key']}", "Content-Type": "application/json"}
        call = urllib.request.Request(f"{self._services['base_url']}/embeddings", body, headers)  # noqa: S310
        with urllib.request.urlopen(call) as answer:  # noqa: S310  (the gateway's address)
            rows = json.load(answer)["data"]
        return np.array([row["embedding"] for row in rows], dtype=np.float32)


def _said(turn: dict[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['speaker']}: {turn['text']}{seen}"


if __name__ == "__main__":
    serve(Txtai)
