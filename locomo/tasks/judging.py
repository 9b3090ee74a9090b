"""A model as judge: is an answer what the reference says? One call a vote, through the cache like any other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from locomo.llm import Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.prices import Price
from locomo.llm.run_requests import run_requests
from locomo.progress import Progress
from locomo.prompts.load import Prompts
from locomo.schema import Claim, Usage, Verdict
from locomo.tasks.judge_prompt import judge_prompt
from locomo.tasks.verdicts import REASONING, read_verdict

CORRECT: Final = "correct"
ABSTAINED: Final = "abstained"
"""What is asked of answers in category 5, where the dialogue does not tell: in the same words under every prompt."""


def _schema(field: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {REASONING: {"type": "string"}, field: {"type": "boolean"}},
        "required": [REASONING, field],
        "additionalProperties": False,
    }


SCHEMA: Final = _schema(CORRECT)
ABSTENTION: Final = _schema(ABSTAINED)
MAX_TOKENS: Final = 300
"""Of a verdict, unless params.yaml says otherwise."""
VOTING_TEMPERATURE: Final = 0.7
"""Of each call where there are several votes: at temperature 0 a judge would repeat itself."""
WINDOW: Final = 4096
"""Tokens that a judge is opened with, whatever the answering model has: its prompts are short."""

log = logging.getLogger("locomo")


def judge(
    claims: Sequence[Claim], client: Client, prompt: str, *, votes: int, seed: int, max_tokens: int = MAX_TOKENS
) -> list[Verdict]:
    """Return a verdict for each claim: what most of its `votes` say, which must be an odd number.

    A verdict that failed permanently has its reason. IncompleteError if some failed temporarily, after all were asked.
    """
    requests = requests_for(claims, client.provider, prompt, votes=votes, seed=seed, max_tokens=max_tokens)
    log.info("judge: %s/%s, prompt %s, %d verdicts", client.provider.name, client.provider.model, prompt, len(claims))
    progress = Progress("judge", len(requests), lambda: f"{client.tally.hits} from the cache")
    outcomes = run_requests(client, requests, progress, what="judgements", kept="all that were received")
    price = client.spending.price
    return [
        _verdict(claim, outcomes[number * votes : (number + 1) * votes], price) for number, claim in enumerate(claims)
    ]


def requests_for(
    claims: Sequence[Claim], provider: Provider, prompt: str, *, votes: int, seed: int, max_tokens: int = MAX_TOKENS
) -> list[Request]:
    """Return what is sent: `votes` requests a claim, one after the other."""
    prompts = judge_prompt(prompt).prompts
    return [
        Request(
            **addressed(provider),
            messages=_messages(claim, prompts),
            max_tokens=max_tokens,
            temperature=VOTING_TEMPERATURE if votes > 1 else 0.0,
            # A local model with the same seed would cast the same vote again.
            seed=seed + vote if provider.capabilities.seed else None,
            repeat=vote or None,
            schema=ABSTENTION if claim.gold is None else SCHEMA,
            reader=partial(read_verdict, field=_field(claim)),
        )
        for claim in claims
        for vote in range(votes)
    ]


def _field(claim: Claim) -> str:
    return ABSTAINED if claim.gold is None else CORRECT


def _messages(claim: Claim, prompts: Prompts) -> tuple[Message, Message]:
    if claim.gold is None:
        user = prompts.fill("user_abstention", question=claim.question, answer=claim.answer)
        return Message("system", prompts.fill("abstention")), Message("user", user)
    user = prompts.fill("user", question=claim.question, gold=claim.gold, answer=claim.answer)
    return Message("system", prompts.fill("rules")), Message("user", user)


def _verdict(claim: Claim, outcomes: Sequence[Outcome], price: Price | None) -> Verdict:
    """Count the votes: those that failed decide nothing, and without them a majority of all must be reached."""
    usage = _usage(outcomes, price)
    votes: Counter[bool] = Counter()
    failures: list[str | None] = []
    for outcome in outcomes:
        try:
            if outcome.response is None:
                raise ValueError(outcome.error)
            votes[read_verdict(outcome.response.text, _field(claim))[_field(claim)]] += 1
        except ValueError as error:  # kept in the cache by somebody who did not read it
            failures.append(str(error))
    for correct in (True, False):
        if votes[correct] > len(outcomes) / 2:
            return Verdict(correct, usage=usage)
    return Verdict(None, failures[0], usage)


def _usage(outcomes: Sequence[Outcome], price: Price | None) -> Usage:
    """Return what the votes take when none is cached; what cannot be used is billed like any other answer."""
    taken = [found for outcome in outcomes if (found := outcome.response or outcome.refusal) is not None]
    return Usage(
        input_tokens=sum(each.input_tokens for each in taken),
        cached_tokens=sum(outcome.response.cached_tokens for outcome in outcomes if outcome.response),
        output_tokens=sum(each.output_tokens for each in taken),
        cost_usd=None if price is None else sum(price.cost(each.input_tokens, each.output_tokens) for each in taken),
    )
