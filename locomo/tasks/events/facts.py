"""The judge's side of `events`: FActScore in both directions (Min et al. 2023, as section 4.2 of the paper adapts it).

Both lists of events are split into facts by a model, and each fact of one side is held against the list of the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from locomo.llm import Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.run_requests import run_requests
from locomo.progress import Progress
from locomo.prompts import load
from locomo.schema.event_lists import SIDES, Lists, Side
from locomo.schema.fact import Fact
from locomo.tasks.verdicts import REASONING, read_verdict

SUPPORTED: Final = "supported"
AT_ONCE: Final = 8
"""Events that are split in one call."""
MAX_TOKENS: Final = 800
"""Of an answer that lists the facts of so many events."""
EVENT: Final = "- "
"""What a line of a list in a prompt begins with (the template `line`)."""
SPLIT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"facts": {"type": "array", "items": {"type": "string"}}},
    "required": ["facts"],
    "additionalProperties": False,
}
VERDICT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {REASONING: {"type": "string"}, SUPPORTED: {"type": "boolean"}},
    "required": [REASONING, SUPPORTED],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class _Held:
    """A fact, and the list that it is held against."""

    lists: Lists
    side: Side
    fact: str


def judge_facts(
    lists: Sequence[Lists], client: Client, *, seed: int, verdict_tokens: int
) -> tuple[list[Fact], list[str]]:
    """Return the facts of all lists with verdicts, and why lists could not be split, where that is so.

    Of a list that could not be split there are no facts. A fact without a verdict has its error. Equal lists are split
    once, equal facts judged once. IncompleteError if some calls failed temporarily, after all of a kind were made.
    """
    parts = {part for each in lists for side in SIDES for part in _parts(each, side)}
    ordered = sorted(parts)
    requests = [_split_request(part, client.provider, seed) for part in ordered]
    found = _run(client, requests, "facts", "splits")
    split = {part: _facts(outcome) for part, outcome in zip(ordered, found, strict=True)}
    failures = [str(outcome.error) for outcome in found if outcome.response is None]
    held = list(dict.fromkeys(each for one in lists for each in _to_judge(one, split)))
    questions = [_verify_request(each, client.provider, seed, verdict_tokens) for each in held]
    unique = {request.key: request for request in questions}
    outcomes = dict(zip(unique, _run(client, list(unique.values()), "facts", "verdicts"), strict=True))
    verdicts = [_verdict(each, outcomes[request.key]) for each, request in zip(held, questions, strict=True)]
    return verdicts, failures


def _parts(lists: Lists, side: Side) -> list[tuple[str, tuple[str, ...]]]:
    events = lists.of(side)
    return [(lists.speaker, events[first : first + AT_ONCE]) for first in range(0, len(events), AT_ONCE)]


def _to_judge(lists: Lists, split: dict[tuple[str, tuple[str, ...]], list[str]]) -> list[_Held]:
    return [_Held(lists, side, fact) for side in SIDES for part in _parts(lists, side) for fact in split[part]]


def _run(client: Client, requests: Sequence[Request], what: str, kind: str) -> list[Outcome]:
    progress = Progress(f"{what}: {kind}", len(requests), lambda: f"{client.tally.hits} from the cache")
    return run_requests(client, requests, progress, what=kind, kept="all that were received")


def _split_request(part: tuple[str, tuple[str, ...]], provider: Provider, seed: int) -> Request:
    speaker, events = part
    prompts = load("facts")
    lines = "\n".join(prompts.fill("line", text=text) for text in events)
    return Request(
        **addressed(provider),
        messages=(
            Message("system", prompts.fill("split_system", speaker=speaker)),
            Message("user", prompts.fill("split", events=lines)),
        ),
        max_tokens=MAX_TOKENS,
        seed=seed if provider.capabilities.seed else None,
        schema=SPLIT,
    )


def _facts(outcome: Outcome) -> list[str]:
    if outcome.response is None:
        return []
    listed = json.loads(outcome.response.text)["facts"]
    return list(dict.fromkeys(text for each in listed if (text := " ".join(each.split()))))


def _verify_request(held: _Held, provider: Provider, seed: int, max_tokens: int) -> Request:
    prompts = load("facts")
    record = held.lists.of("gold" if held.side == "predicted" else "predicted")
    lines = "\n".join(prompts.fill("line", text=text) for text in record) or "nothing"
    return Request(
        **addressed(provider),
        messages=(
            Message("system", prompts.fill("verify_system", speaker=held.lists.speaker)),
            Message("user", prompts.fill("verify", record=lines, fact=held.fact)),
        ),
        max_tokens=max_tokens,
        seed=seed if provider.capabilities.seed else None,
        schema=VERDICT,
        reader=partial(read_verdict, field=SUPPORTED),
    )


def _verdict(held: _Held, outcome: Outcome) -> Fact:
    supported, error = None, outcome.error
    if outcome.response is not None:
        try:
            supported = read_verdict(outcome.response.text, SUPPORTED)[SUPPORTED]
        except ValueError as trouble:  # kept in the cache by somebody who did not read it
            error = str(trouble)
    return Fact(
        sample_id=held.lists.sample_id,
        configuration=held.lists.configuration,
        speaker=held.lists.speaker,
        side=held.side,
        fact=held.fact,
        supported=supported,
        error=error,
    )
