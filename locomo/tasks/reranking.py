"""A reranker by name: a cross-encoder, or the model that answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Final

from locomo.errors import IncompleteError
from locomo.llm import Client, Message, Outcome, Request, addressed
from locomo.loops import run
from locomo.prompts import load
from locomo.retrieval.reranker import CrossEncoder, Reranker, Reranking
from locomo.retrieval.retriever import Hit, Retriever

LLM: Final = "llm"
"""The name of the reranker that is the answering model itself."""
TOKENS_A_NUMBER = 6
SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "array", "items": {"type": "integer"}}},
    "required": ["order"],
    "additionalProperties": False,
}

log = logging.getLogger("locomo")


def with_reranker(retriever: Retriever, name: str | None, depth: int, client: Client | None, seed: int) -> Retriever:
    """Return a retriever whose `depth` best are reranked; without a client, the reranker `llm` is left out.

    InputError if there is no such cross-encoder.
    """
    if name is None or (name == LLM and client is None):
        return retriever
    reranker: Reranker = LlmReranker(client, seed) if name == LLM and client else CrossEncoder(name)
    return Reranking(retriever, reranker, depth)


class LlmReranker:
    """A `Reranker` that is shown the best units and lists them by how much they help.

    It goes through the LLM layer: cached, limited and paid for like any call.
    """

    def __init__(self, client: Client, seed: int) -> None:
        self._client = client
        self._seed = seed
        self._prompts = load("rerank")

    def order(self, questions: Sequence[str], ranked: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
        """See `Reranker`. What the model does not list follows as it was; so does all where it gives no list.

        IncompleteError if some calls failed temporarily.
        """
        requests = [self._request(question, hits) for question, hits in zip(questions, ranked, strict=True)]
        outcomes = run(self._ask(requests))
        if failed := [outcome.error for outcome in outcomes if outcome.transient]:
            raise IncompleteError(f"{len(failed)} rerankings failed temporarily ({failed[0]}): run again for the rest")
        if none := [outcome.error for outcome in outcomes if outcome.response is None]:
            log.warning("%d of %d questions were not reranked (%s)", len(none), len(outcomes), none[0])
        return [_ordered(hits, outcome) for hits, outcome in zip(ranked, outcomes, strict=True)]

    def _request(self, question: str, hits: Sequence[Hit]) -> Request:
        fill, provider = self._prompts.fill, self._client.provider
        speakers = " and ".join(sorted({hit.unit.speaker for hit in hits if hit.unit.speaker})) or "two people"
        notes = "\n".join(fill("note", number=number, text=hit.unit.key) for number, hit in enumerate(hits, start=1))
        return Request(
            **addressed(provider),
            messages=(
                Message("system", fill("system", speakers=speakers)),
                Message("user", fill("user", notes=notes, question=question)),
            ),
            max_tokens=TOKENS_A_NUMBER * (len(hits) + 4),
            seed=self._seed if provider.capabilities.seed else None,
            schema=SCHEMA,
        )

    async def _ask(self, requests: list[Request]) -> list[Outcome]:
        try:
            return await self._client.ask_all(requests, lambda: None)
        finally:
            await self._client.provider.close()


def _ordered(hits: Sequence[Hit], outcome: Outcome) -> list[Hit]:
    listed = json.loads(outcome.response.text)["order"] if outcome.response else []
    first = list(dict.fromkeys(number - 1 for number in listed if 1 <= number <= len(hits)))
    return [hits[place] for place in (*first, *sorted(set(range(len(hits))) - set(first)))]
