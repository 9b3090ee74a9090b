"""The judge's side of `dialogue`: does a written turn fit what earlier sessions have said of its speaker?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from locomo.llm import Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.prices import Price
from locomo.llm.run_requests import run_requests
from locomo.llm.structured import instruction
from locomo.progress import Progress
from locomo.prompts import load
from locomo.schema import Conversation
from locomo.schema.dialogue import DialogueRow
from locomo.schema.persona import Consistency, PersonaVerdict
from locomo.tasks.job import TEMPLATE_TOKENS
from locomo.tasks.objects import objects_in
from locomo.tasks.usage import usage_of
from locomo.tasks.verdicts import REASONING

VERDICT: Final = "verdict"
CHOICES: Final[tuple[Consistency, ...]] = get_args(Consistency)
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {REASONING: {"type": "string"}, VERDICT: {"type": "string", "enum": list(CHOICES)}},
    "required": [REASONING, VERDICT],
    "additionalProperties": False,
}
UNREADABLE: Final = f"no verdict: expected JSON with '{VERDICT}', one of {', '.join(CHOICES)}"


@dataclass(frozen=True, slots=True)
class Fitting:
    """A written turn, and what is known of its speaker from earlier sessions, the oldest first."""

    row: DialogueRow
    speaker: str
    date_time: str
    notes: tuple[tuple[str, str], ...]
    """Dates and observations."""


def fittings(conversations: Sequence[Conversation], rows: Sequence[DialogueRow]) -> list[Fitting]:
    """Return what is judged: turns that were written, of speakers of whom earlier sessions have observations."""
    by_id = {conversation.sample_id: conversation for conversation in conversations}
    found = []
    for row in rows:
        conversation = by_id[row.sample_id]
        place = next(
            (session, turn) for session in conversation.sessions for turn in session.turns if turn.dia_id == row.turn
        )
        session, turn = place
        dates = {each.number: each.date for each in conversation.sessions}
        notes = tuple(
            (str(dates.get(each.session)), each.text)
            for each in conversation.observations
            if each.speaker == turn.speaker and each.session < session.number
        )
        if notes and row.prediction is not None:
            found.append(Fitting(row, turn.speaker, session.date_time, notes))
    return found


def judge_persona(found: Sequence[Fitting], client: Client, *, seed: int, max_tokens: int) -> list[PersonaVerdict]:
    """Return a verdict for each turn. One that failed permanently has its reason.

    IncompleteError if some calls failed temporarily, after all were asked.
    """
    requests = [_request(each, client.provider, seed, max_tokens) for each in found]
    progress = Progress("persona", len(requests), lambda: f"{client.tally.hits} from the cache")
    outcomes = run_requests(client, requests, progress, what="judgements", kept="all that were received")
    price = client.spending.price
    return [_verdict(each, outcome, price) for each, outcome in zip(found, outcomes, strict=True)]


def read_verdict(text: str) -> dict[str, str]:
    """Return what a judge says as a value for `SCHEMA`; ValueError with a complaint if it is not clear.

    Thoughts and fences around the JSON are passed over; the last object that has a verdict counts.
    """
    found: dict[str, str] | None = None
    for value in objects_in(text):
        said = str(value.get(VERDICT, "")).strip().lower()
        if said in CHOICES:
            found = {REASONING: str(value.get(REASONING, "")), VERDICT: said}
    if found is None:
        raise ValueError(UNREADABLE)
    return found


def _request(each: Fitting, provider: Provider, seed: int, max_tokens: int) -> Request:
    prompts = load("persona")
    system = prompts.fill("system", speaker=each.speaker)

    def user(first: int) -> str:
        notes = "\n".join(prompts.fill("note", date=date, text=text) for date, text in each.notes[first:])
        return prompts.fill(
            "user", speaker=each.speaker, notes=notes, date_time=each.date_time, message=str(each.row.prediction)
        )

    told = "" if provider.capabilities.json_schema else instruction(SCHEMA)
    room = provider.capabilities.context_window - max_tokens - TEMPLATE_TOKENS
    first = 0  # where not all notes fit, the oldest are left out
    while first < len(each.notes) - 1 and provider.count_tokens(system + user(first) + told) > room:
        first += max(1, (len(each.notes) - first) // 8)
    return Request(
        **addressed(provider),
        messages=(Message("system", system), Message("user", user(first))),
        max_tokens=max_tokens,
        temperature=0.0,
        seed=seed if provider.capabilities.seed else None,
        schema=SCHEMA,
        reader=read_verdict,
    )


def _verdict(each: Fitting, outcome: Outcome, price: Price | None) -> PersonaVerdict:
    verdict, error = None, outcome.error
    if outcome.response is not None:
        try:
            said = read_verdict(outcome.response.text)[VERDICT]
            verdict = next(choice for choice in CHOICES if choice == said)
        except ValueError as trouble:  # kept in the cache by somebody who did not read it
            error = str(trouble)
    return PersonaVerdict(
        sample_id=each.row.sample_id,
        configuration=each.row.configuration,
        turn=each.row.turn,
        verdict=verdict,
        error=error,
        usage=usage_of(outcome, price),
    )
