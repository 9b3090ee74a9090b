"""A-MEM: a note a turn, whose keywords and context a model writes, and whose neighbours it may change."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ |= {
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}

from agentic_memory import retrievers
from agentic_memory.memory_system import AgenticMemorySystem
from chromadb.utils.embedding_functions import OpenAIEmbeddingFunction
from locomo_memory_adapter import serve

KEYWORDS = {
    "type": "json_schema",
    "json_schema": {
        "name": "query",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"keywords": {"type": "array", "items": {"type": "string"}}},
            "required": ["keywords"],
            "additionalProperties": False,
        },
    },
}


class AMem:
    """Notes in a Chroma database; they are on disk once they are added."""

    def open(self, folder: str, settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the notes of a folder, or make place for them."""
        os.environ |= {"OPENAI_API_KEY": services["key"], "OPENAI_BASE_URL": services["base_url"]}

        def embedding_function(model_name: str) -> OpenAIEmbeddingFunction:
            return OpenAIEmbeddingFunction(
                api_key_env_var="OPENAI_API_KEY",  # pragma: allowlist secret
                api_base=services["base_url"],
                model_name=services["embedder"],
                dimensions=services["dimensions"],
            )

        # It would fetch a model from the hub.
        retrievers.SentenceTransformerEmbeddingFunction = embedding_function
        self._notes = AgenticMemorySystem(
            model_name=services["embedder"],
            llm_backend="openai",
            llm_model=services["model"],
            api_key=services["key"],
            storage_path=str(Path(folder) / "notes"),
        )
        self._by_keywords = settings.get("query") == "keywords"
        if (temperature := settings.get("temperature")) is not None:
            self._set_temperature(float(temperature))

    def add(self, session: dict[str, Any]) -> None:
        """Add a note for each turn, with the time of its session, and its id in the place of a random one.

        Ids stand in prompts: with ours, the same conversation asks the same again.
        """
        moment = datetime.fromisoformat(session["date"])
        for turn in session["turns"]:
            self._notes.add_note(_said(turn), time=f"{moment:%Y%m%d%H%M}", id=turn["dia_id"])

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the notes that are nearest to a question, with their links' notes left out."""
        hits = []
        for found in self._notes._search_raw(self._query(question), k=k):
            note = self._notes.read(found["id"])
            if note is not None:
                hits.append(
                    {
                        "text": _shown(note),
                        "dia_ids": [note.id],
                        "score": -found["score"],  # a distance
                        "date": _date(note.timestamp),
                    }
                )
        return hits

    def close(self) -> None:
        """Nothing is left to write."""

    def _query(self, question: str) -> str:
        """Return what is searched for: the question, or the keywords that the model makes of it."""
        if not self._by_keywords:
            return question
        prompt = f"Give the keywords that a search for the answer to this question should use.\n\nQuestion: {question}"
        answer = json.loads(self._notes.llm_controller.get_completion(prompt, KEYWORDS))
        return ", ".join(answer["keywords"]) or question

    def _set_temperature(self, temperature: float) -> None:
        """Let all calls have a temperature: the library's own code names none, and 1.0 is its default."""
        model = self._notes.llm_controller.llm
        ask = model.get_completion

        def asked(prompt: str, response_format: dict[str, Any], *_: Any, **__: Any) -> str:
            return str(ask(prompt, response_format, temperature))

        model.get_completion = asked


def _shown(note: Any) -> str:
    """Return a note as its authors show it to the model that answers: with what was made of it."""
    about = f" ({note.context}; keywords: {', '.join(note.keywords)})" if note.keywords else ""
    return f"{note.content}{about}"


def _date(stamp: str | int) -> str:
    return f"{datetime.strptime(str(stamp), '%Y%m%d%H%M'):%d %B %Y}".lstrip("0")


def _said(turn: dict[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['speaker']}: {turn['text']}{seen}"


if __name__ == "__main__":
    serve(AMem)
