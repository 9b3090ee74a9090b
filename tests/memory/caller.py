"""A memory system that calls a model and an encoder, as most do: each session becomes one note, found by its vector."""

from __future__ import annotations

import json
import math
from pathlib import Path

import openai

from locomo.retrieval.memory import Memory
from locomo.schema import Session


class Caller:
    def __init__(self) -> None:
        self.client = openai.OpenAI(max_retries=0)
        self.reset()

    def reset(self) -> None:
        self.notes: list[tuple[str, str, list[float]]] = []

    def add_session(self, session: Session) -> None:
        text = "\n".join(f"{turn.speaker}: {turn.text}" for turn in session.turns)
        asked = self.client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": f"Note: {text}"}], max_tokens=16
        )
        note = f"{session.date}: {asked.choices[0].message.content}"
        self.notes.append((session.turns[0].dia_id, note, self.vector(text)))

    def vector(self, text: str) -> list[float]:
        return self.client.embeddings.create(model="any", input=text).data[0].embedding

    def save(self, folder: Path) -> None:
        (folder / "notes.json").write_text(json.dumps(self.notes))

    def load(self, folder: Path) -> None:
        file = folder / "notes.json"
        self.notes = json.loads(file.read_text()) if file.is_file() else []

    def search(self, question: str, k: int) -> list[Memory]:
        asked = self.vector(question)
        best = sorted(self.notes, key=lambda note: math.dist(asked, note[2]))
        return [Memory(text, (dia_id,)) for dia_id, text, _ in best[:k]]


class Asking(Caller):
    """One that asks the model before it searches, too."""

    def search(self, question: str, k: int) -> list[Memory]:
        self.client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": f"What to look for: {question}"}], max_tokens=8
        )
        return super().search(question, k)
