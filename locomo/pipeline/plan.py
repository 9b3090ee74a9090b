"""What a run would ask and cost: the stages' own prompts, looked up in the cache and counted. Nothing is sent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from locomo.dataset import read_folder
from locomo.generation.released import read_released
from locomo.llm import LlmSettings, Price, Provider, Request, RequestCache, read_prices
from locomo.llm.client import IMAGE_TOKENS
from locomo.pipeline.caption_plan import plan_captions
from locomo.pipeline.encoders import use_services
from locomo.pipeline.models import open_judge, open_provider
from locomo.pipeline.params import Params
from locomo.retrieval.indexes import is_index_of
from locomo.retrieval.registry import MEMORY, open_retriever
from locomo.retrieval.retriever import Hit, Retriever
from locomo.retrieval.units import UNITS
from locomo.schema import Claim, Conversation
from locomo.scoring.protocol import WITH_GOLD
from locomo.tasks.baselines import qa_and_baseline_jobs
from locomo.tasks.job import Job, repeated, requests_for
from locomo.tasks.judging import requests_for as judge_requests
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import all_rag_jobs
from locomo.tasks.reranking import LLM, with_reranker

RAW: Final = Path("data/raw")
INDEX: Final = Path("data/index")
COUNTED: Final = 400
"""Prompts whose tokens are counted, evenly picked; of more, the rest is taken to be like them."""
BYTES_A_TOKEN: Final = 4.5
"""Of English, for the low estimate of tokenizers that are not here."""
FEWEST_IMAGE_TOKENS: Final = 85
"""Of a picture: what gpt-4o bills for one in low detail."""
CACHEABLE: Final = 1024
"""Tokens of the shortest beginning that providers cache."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage's calls. Tokens and dollars are those of what is not in the cache, from low to high."""

    stage: str
    model: str
    requests: int
    """Different ones."""
    cached: int
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int]
    usd: tuple[float, float] | None
    """None where the price is not known."""
    minutes: float | None
    """At the limits; None where none is set."""
    note: str = ""

    @property
    def new(self) -> int:
        """How many would be sent."""
        return self.requests - self.cached


def plan(params: Params, cache: RequestCache) -> list[StagePlan]:
    """Return a plan for each stage that asks a model; InputError and ProviderError as the stages would raise them."""
    protocol = asking_protocol(params.protocol)
    conversations = _conversations(params)
    provider = open_provider(params, params.model, to_ask=False)
    price = read_prices().find(provider.name, provider.model)
    max_tokens = params.answer.max_tokens
    use_services(params.llm)
    retriever, note = _retriever(conversations, params)
    window = provider.capabilities.context_window
    jobs = {
        "qa": qa_and_baseline_jobs(
            conversations,
            params.baselines,
            protocol,
            window=window,
            max_tokens=max_tokens,
            seed=params.seed,
            count_tokens=provider.count_tokens,
        ),
        "rag": all_rag_jobs(
            conversations,
            retriever,
            params.rag.settings,
            protocol,
            params.rag_room(window, provider.count_tokens),
            seed=params.seed,
        ),
    }
    notes = {"rag": note}
    captions = plan_captions(params, conversations)

    def one(stage: str, asked: list[Job]) -> StagePlan:
        again = repeated(asked, params.repeats)
        requests = requests_for(again, provider, protocol, max_tokens=max_tokens, seed=params.seed)
        return _plan(
            stage,
            requests,
            provider=provider,
            cache=cache,
            price=price,
            settings=params.llm,
            note=notes.get(stage, ""),
        )

    first = []
    if captions is not None:
        seeing = captions.provider
        first = [
            _plan(
                "caption",
                captions.requests,
                provider=seeing,
                cache=cache,
                price=read_prices().find(seeing.name, seeing.model),
                settings=params.llm,
                note=captions.note,
            )
        ]
    plans = first + [one(stage, asked) for stage, asked in jobs.items()]
    return plans if params.judge.model is None else [*plans, _judge_plan(conversations, params, cache)]


def _judge_plan(conversations: Sequence[Conversation], params: Params, cache: RequestCache) -> StagePlan:
    """Return the plan of the judge, with references in place of the answers, which nobody knows yet."""
    provider = open_judge(params.judge.model or "", to_ask=False)
    claims = [
        Claim(question.question, question.reference or "", question.reference or "")
        for conversation in conversations
        for question in conversation.questions
        if question.category in WITH_GOLD
    ]
    judge = params.judge
    configurations = (1 + len(params.baselines) + len(params.rag.settings)) * params.repeats
    once = judge_requests(claims, provider, judge.prompt, votes=judge.votes, seed=params.seed)
    requests = [replace(r, repeat=n * judge.votes + (r.repeat or 0)) for n in range(configurations) for r in once]
    return _plan(
        "score",
        requests,
        provider=provider,
        cache=cache,
        price=read_prices().find(provider.name, provider.model),
        settings=params.llm,
        note="the judge is shown references in place of the answers to come, nothing is taken as cached",
    )


def _conversations(params: Params) -> list[Conversation]:
    if params.generate.mode == "released":
        return read_released(RAW, params.dataset)
    return read_folder(Path("data/captioned"))


def _retriever(conversations: Sequence[Conversation], params: Params) -> tuple[Retriever, str]:
    """Return what ranks the units: what `rag` would, if data/index is of these conversations, else chance."""
    if params.rag.retriever.startswith(MEMORY) or is_index_of(INDEX, conversations, UNITS):
        rag = params.rag
        note = "the reranker's own calls are not counted, nothing is taken as cached" if rag.reranker == LLM else ""
        retriever = open_retriever(rag.retriever, INDEX)
        return with_reranker(retriever, rag.reranker, rag.rerank_depth, None, params.seed), note
    return ByChance(), "data/index is not of this dataset: tokens are those of random units, nothing is taken as cached"


class ByChance:
    """A `Retriever` that knows nothing: its units are as long as others."""

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`."""
        units = UNITS[unit](conversation)
        pick = random.Random(conversation.sample_id)  # noqa: S311  (nothing secret)
        return [[Hit(found, 0.0) for found in pick.sample(units, min(k, len(units)))] for _ in questions]


def _plan(
    stage: str,
    requests: list[Request],
    *,
    provider: Provider,
    cache: RequestCache,
    price: Price | None,
    settings: LlmSettings,
    note: str,
) -> StagePlan:
    unique = {request.key: request for request in requests}
    new = [request for key, request in unique.items() if note or cache.get(request) is None]
    low, high, shared = _input_tokens(new, provider)
    most_out = sum(request.max_tokens for request in new)
    usd = None
    if price is not None:
        batch = settings.batch and price.batch is not None
        usd = (
            price.cost(low, len(new), cached=0 if batch else min(low, shared), batch=batch),
            price.cost(high, most_out, batch=batch),
        )
    limits = settings.limits
    times = [
        part / limit
        for part, limit in ((len(new), limits.requests), (high + most_out, limits.tokens))
        if limit is not None
    ]
    return StagePlan(
        stage=stage,
        model=f"{provider.name}/{provider.model}",
        requests=len(unique),
        cached=len(unique) - len(new),
        input_tokens=(low, high),
        output_tokens=(len(new), most_out),
        usd=usd,
        minutes=max(times, default=None),
        note=note,
    )


def _input_tokens(requests: Sequence[Request], provider: Provider) -> tuple[int, int, int]:
    """Return the tokens of all prompts, low and high, and (low) of beginnings that an earlier one has sent before."""
    counted = requests[:: max(1, len(requests) // COUNTED)]
    counts: dict[str, int] = {}  # conversations are long, and the same for all their questions

    def count(text: str) -> int:
        if text not in counts:
            counts[text] = provider.count_tokens(text)
        return counts[text]

    low = high = 0.0
    for request in counted:
        texts = [message.content for message in request.messages]
        shared, rest = texts[-1][: request.shared_prefix], texts[-1][request.shared_prefix :]
        tokens = sum(count(text) for text in (*texts[:-1], shared, rest) if text)
        high += tokens + IMAGE_TOKENS * request.image_count
        low += min(tokens, sum(len(text.encode()) for text in texts) / BYTES_A_TOKEN)
        low += FEWEST_IMAGE_TOKENS * request.image_count
    scale = len(requests) / len(counted) if counted else 0.0
    seen: set[str] = set()
    repeated = 0.0
    for request in requests:
        prefix = request.messages[-1].content[: request.shared_prefix]
        length = len(prefix) / BYTES_A_TOKEN
        if prefix in seen and length >= CACHEABLE:
            repeated += length
        seen.add(prefix)
    return round(low * scale), round(high * scale), round(repeated)
