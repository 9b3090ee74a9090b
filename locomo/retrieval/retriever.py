"""From the questions of a conversation to its units, best first."""

from __future__ import annotations

from pathlib import Path

from locomo.errors import InputError
from locomo.retrieval.encoder import Encoder, open_encoder
from locomo.retrieval.index import Index
from locomo.retrieval.units import Unit
from locomo.schema import Conversation


class Retriever:
    """Searches the indexes in `folder` (see `locomo.retrieval.index`) with the encoder that made them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._encoders: dict[str, Encoder] = {}

    def rank(self, conversation: Conversation, unit: str, k: int) -> list[list[Unit]]:
        """Return up to k units for each question of a conversation, best first; InputError if it has no such units."""
        index = Index.load(self.folder / conversation.sample_id, unit)
        if not index.units:
            raise InputError(f"params.yaml: rag.units: {conversation.sample_id} has no unit '{unit}'; leave it out")
        if index.encoder not in self._encoders:
            # Questions are short: one thread is enough. With more, PyTorch would keep a pool of them, beside which
            # those of llama.cpp in this process sleep at every step (benchmarks/pytorch_beside_llama_cpp.py).
            self._encoders[index.encoder] = open_encoder(index.encoder, threads=1)
        encoder = self._encoders[index.encoder]
        if encoder.revision != index.revision:
            raise InputError(
                f"{self.folder}: made by {index.encoder} {index.revision}, here it is {encoder.revision}; "
                "run `dvc repro --force embed`"
            )
        questions = [question.question for question in conversation.questions]
        return index.search(encoder.encode(questions, side="query"), k)
