"""A model as judge: is an answer what the reference says? One call a vote, through the cache like any other."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.llm import Client, Message, Outcome, Provider, Request
from locomo.llm.to_end import ask_to_end
from locomo.progress import Progress
from locomo.prompts import load
from locomo.schema import Claim, Verdict

PROMPTS: Final = ("strict", "balanced", "lenient")
"""From the one that lets least pass to the one that lets most pass."""
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "correct": {"type": "boolean"}},
    "required": ["reasoning", "correct"],
    "additionalProperties": False,
}
MAX_TOKENS: Final = 300
VOTING_TEMPERATURE: Final = 0.7
"""Of each call where there are several votes: at temperature 0 a judge would repeat itself."""
WINDOW: Final = 4096
"""Tokens that a judge is opened with, whatever the answering model has: its prompts are short."""

log = logging.getLogger("locomo")


def check_prompt(name: str) -> str:
    """Return the name of a judge's prompt; InputError for an unknown one."""
    if name not in PROMPTS:
        raise InputError(f"judge's prompt '{name}': expected one of {', '.join(PROMPTS)}{did_you_mean(name, PROMPTS)}")
    return name


def prompt_version() -> str:
    """Return what stands for the exact words of all the judges' prompts."""
    return load("judge").version


def judge(claims: Sequence[Claim], client: Client, prompt: str, *, votes: int, seed: int) -> list[Verdict]:
    """Return a verdict for each claim: what most of its `votes` say, which must be an odd number.

    A verdict that failed for good has its reason. IncompleteError if some failed for now, after all have been asked.
    """
    requests = requests_for(claims, client.provider, prompt, votes=votes, seed=seed)
    log.info("judge: %s/%s, prompt %s, %d verdicts", client.provider.name, client.provider.model, prompt, len(claims))
    progress = Progress("judge", len(requests), lambda: f"{client.tally.hits} from the cache")
    outcomes = ask_to_end(client, requests, progress, what="judgements", kept="all that were received")
    return [_verdict(outcomes[place : place + votes]) for place in range(0, len(outcomes), votes)]


def requests_for(claims: Sequence[Claim], provider: Provider, prompt: str, *, votes: int, seed: int) -> list[Request]:
    """Return what is sent: `votes` requests a claim, one after the other."""
    prompts = load("judge")
    rules = prompts.fill(check_prompt(prompt))
    return [
        Request(
            provider=provider.name,
            model=provider.model,
            revision=provider.revision,
            messages=(
                Message("system", rules),
                Message("user", prompts.fill("user", question=claim.question, gold=claim.gold, answer=claim.answer)),
            ),
            max_tokens=MAX_TOKENS,
            temperature=VOTING_TEMPERATURE if votes > 1 else 0.0,
            # A local model with the same seed would cast the same vote again.
            seed=seed + vote if provider.capabilities.seed else None,
            repeat=vote or None,
            schema=SCHEMA,
        )
        for claim in claims
        for vote in range(votes)
    ]


def _verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """Count the votes: those that failed decide nothing, and without them a majority of all must be reached."""
    votes = Counter(bool(json.loads(outcome.response.text)["correct"]) for outcome in outcomes if outcome.response)
    for correct in (True, False):
        if votes[correct] > len(outcomes) / 2:
            return Verdict(correct)
    return Verdict(None, next(outcome.error for outcome in outcomes if outcome.response is None))
