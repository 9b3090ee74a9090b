"""A second look at what was retrieved: a slower and better judge puts the best of a ranking into another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from locomo.errors import InputError
from locomo.models.files import first_line
from locomo.retrieval.encoder_files import find_model
from locomo.retrieval.retriever import Hit, Retriever
from locomo.schema import Conversation
from locomo.threads import thread_count

CROSS_ENCODER: Final = "hf/"
"""What the name of a cross-encoder begins with: a folder or a hub id follows."""
BATCH: Final = 32


class Reranker(Protocol):
    """Puts units into another order."""

    def order(self, questions: Sequence[str], ranked: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
        """Return the hits of each question, all of them, best first."""
        ...


class Reranking:
    """A `Retriever` whose `depth` best are put into the order of a reranker; the others follow as they were."""

    def __init__(self, retriever: Retriever, reranker: Reranker, depth: int) -> None:
        self._retriever = retriever
        self._reranker = reranker
        self._depth = depth

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`. Scores fall by rank, since those of two judges cannot be compared."""
        ranked = self._retriever.rank(conversation, unit, questions, max(k, self._depth))
        ordered = self._reranker.order(questions, [hits[: self._depth] for hits in ranked])
        return [
            [replace(hit, score=float(-rank)) for rank, hit in enumerate([*best, *hits[self._depth :]])][:k]
            for best, hits in zip(ordered, ranked, strict=True)
        ]


class CrossEncoder:
    """A transformer that reads question and unit together and says in one number how well they fit."""

    def __init__(self, name: str) -> None:
        import torch
        import transformers

        files = find_model(name.removeprefix(CROSS_ENCODER))
        transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(**files.pretrained)
            self._model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                **files.pretrained, output_loading_info=True
            )
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            raise InputError(f"reranker '{name}': {files.folder} cannot be loaded ({first_line(error)})") from None
        if report["missing_keys"] or self._model.config.num_labels != 1:
            raise InputError(f"reranker '{name}': is no cross-encoder: expected a model that gives one score to a pair")
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model.to(self._device).eval()

    def order(self, questions: Sequence[str], ranked: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
        """See `Reranker`; equals stay as they were."""
        pairs = [(question, hit.unit.key) for question, hits in zip(questions, ranked, strict=True) for hit in hits]
        scores = iter(self.scores(pairs))
        found = [[(next(scores), hit) for hit in hits] for hits in ranked]
        return [[hit for _, hit in sorted(row, key=lambda pair: -pair[0])] for row in found]

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return one score for each pair of texts. Pairs of like length share a batch."""
        import torch

        torch.set_num_threads(thread_count())
        order = sorted(range(len(pairs)), key=lambda place: sum(map(len, pairs[place])))
        found = [0.0] * len(pairs)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            inputs = self._tokenizer(
                [pairs[place][0] for place in places],
                [pairs[place][1] for place in places],
                padding=True,
                truncation="longest_first",
                max_length=min(512, self._tokenizer.model_max_length),
                return_tensors="pt",
            ).to(self._device)
            with torch.inference_mode():
                logits = self._model(**inputs).logits[:, 0].float().tolist()
            for place, score in zip(places, logits, strict=True):
                found[place] = score
        return found
