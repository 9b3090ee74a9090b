"""The vectors that a run would buy from a service."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.llm import read_prices
from locomo.llm.embedding import EmbeddingClient, open_embedding_model
from locomo.pipeline.plan_numbers import BYTES_A_TOKEN, Counter, StagePlan


def plan_vectors(
    stage: str, purpose: str, encoder: str, series: Sequence[Sequence[str]], counter: Counter, *, note: str = ""
) -> StagePlan:
    """Count the calls for series of texts, each of which is embedded by itself; no text is bought twice."""
    model = open_embedding_model(encoder)
    client = EmbeddingClient(model, counter.cache)
    seen: set[str] = set()
    calls = cached = low = high = 0
    for texts in series:
        wanted = [text for text in dict.fromkeys(texts) if text.strip() and text not in seen]
        seen.update(wanted)
        new = [text for text in wanted if counter.cache.find(client.request(text)) is None]
        sent = len(client.calls(new))
        calls += sent
        cached += len(client.calls(wanted)) - sent
        high += sum(map(model.count_tokens, new))
        low += sum(round(len(text.encode()) / BYTES_A_TOKEN) for text in new)
    price = read_prices().find(model.name, model.model)
    return StagePlan(
        stage=stage,
        purpose=purpose,
        model=f"{model.name}/{model.model}",
        requests=calls + cached,
        cached=cached,
        input_tokens=(low, high),
        output_tokens=(0, 0),
        usd=None if price is None else (price.cost(low, 0), price.cost(high, 0)),
        minutes=counter.minutes(calls, high),
        note=note,
    )
