"""A client's requests through its provider's batches: within the budget, and booked as their answers are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo.errors import ProviderError
from locomo.llm.accounting import Account, estimate
from locomo.llm.batch_run import answer_in_batches
from locomo.llm.cache import Refusal, RequestCache
from locomo.llm.provider import AnswerError, Provider
from locomo.llm.types import Request, Response

Answered = list[tuple[Request, Response | Exception]]


async def store_answer(cache: RequestCache, request: Request, answer: Response | AnswerError) -> None:
    """Store an answer, or the refusal that is remembered in its place."""
    await cache.store(request, Refusal.of(answer) if isinstance(answer, AnswerError) else answer)


async def ask_in_batches(
    provider: Provider, requests: Sequence[Request], cache: RequestCache, account: Account, folder: Path
) -> Answered:
    """Hand requests in, and return what became of each; `folder` keeps notes on what is under way.

    What can cost more than is left of the budget is not submitted at all: a batch cannot be stopped half-way.
    """
    answered: Answered = []
    room = provider.capabilities.thinking_room
    found: set[str] = set()
    """What another run has asked and paid for."""

    def stored(request: Request) -> Response | AnswerError | None:
        answer = cache.find(request)
        if answer is not None:
            found.add(request.key)
        return answer.error if isinstance(answer, Refusal) else answer

    def on_done(request: Request, answer: Response | Exception) -> None:
        if isinstance(answer, ProviderError):
            raise answer
        if request.key not in found:
            account.book(request, answer, account.most_in_batch(request, room))
            account.tally.answered += isinstance(answer, Response)
        answered.append((request, answer))

    async def store(request: Request, answer: Response | AnswerError) -> None:
        await store_answer(cache, request, answer)

    tokens, longest = sum(map(estimate, requests)), sum(request.max_tokens + room for request in requests)
    reserved = await account.spending.reserve(tokens, longest, batch=True)
    try:
        await answer_in_batches(provider, requests, store=store, folder=folder, on_done=on_done, stored=stored)
    finally:
        account.spending.release(reserved)
    return answered
