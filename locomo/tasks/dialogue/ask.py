"""Asking for turns: prompts fitted to the window, and answers as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from locomo.errors import InputError
from locomo.llm import Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.run_requests import run_requests
from locomo.llm.structured import instruction
from locomo.progress import Progress
from locomo.prompts import load
from locomo.schema.dialogue import DialogueRow
from locomo.tasks.dialogue.writings import Writing
from locomo.tasks.job import TEMPLATE_TOKENS
from locomo.tasks.objects import objects_in
from locomo.tasks.protocol import Protocol
from locomo.tasks.usage import usage_of

TEXT: Final = 400
PHOTO: Final = 120
"""Characters of a turn and of what is on its photo, at most: small models hold to no other end."""
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": TEXT},
        "photo": {"type": "string", "maxLength": PHOTO},
    },
    "required": ["message", "photo"],
    "additionalProperties": False,
}
EXAMPLE: Final = '{"message": "Guess who came first in the relay!", "photo": "four runners with a cup"}'
NO_JSON: Final = "expected a JSON object with 'message' and 'photo'"


def ask_dialogue(
    writings: Sequence[Writing], client: Client, protocol: Protocol, *, max_tokens: int, seed: int
) -> list[DialogueRow]:
    """Ask for all turns, and return rows in the order given.

    IncompleteError if some calls failed temporarily, after all were made; InputError if the window holds no turn.
    """
    room = _Room(client.provider, protocol, max_tokens)
    prompts = [room.prompt(each) for each in writings]
    requests = [
        Request(
            **addressed(client.provider),
            messages=(Message("system", system), Message("user", user)),
            max_tokens=max_tokens,
            temperature=0.0,
            seed=seed if client.provider.capabilities.seed else None,
            schema=SCHEMA,
            reader=read_turn,
        )
        for system, user, _ in prompts
    ]
    progress = Progress("dialogue", len(requests), lambda: f"{client.tally.hits} from the cache", unit="turn")
    outcomes = run_requests(client, requests, progress, what="turns")
    return [
        _row(each, outcome, ids, client) for each, (_, _, ids), outcome in zip(writings, prompts, outcomes, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Room:
    """The window of a model, and what goes into it."""

    provider: Provider
    protocol: Protocol
    max_tokens: int

    def prompt(self, writing: Writing) -> tuple[str, str, list[str]]:
        """Return the system's and the user's message, and what is shown.

        Where not all fits, the last of the notes are left out first, then the earliest turns of the session.
        """
        place, notes = writing.place, writing.notes
        prompts = load("dialogue")
        system = prompts.fill("system", speaker=place.turn.speaker, other=place.other)
        turns = [
            self.protocol.prompts.fill("turn", speaker=turn.speaker, text=turn.text_with_caption) for turn in place.said
        ]

        def user(kept: int, first: int) -> str:
            listed = "\n".join(notes.lines[:kept])
            memory = prompts.fill("memory", speaker=place.turn.speaker, notes=listed) if kept else ""
            return prompts.fill(
                "user",
                memory=f"{memory}\n" if memory else "",
                date_time=place.session.date_time,
                history="\n".join(turns[first:]),
                speaker=place.turn.speaker,
                example=EXAMPLE,
            )

        told = "" if self.provider.capabilities.json_schema else instruction(SCHEMA)
        room = self.provider.capabilities.context_window - self.max_tokens - TEMPLATE_TOKENS

        def fits(text: str) -> bool:
            return self.provider.count_tokens(system + text + told) <= room

        kept, first = len(notes.lines), 0
        while kept and not fits(user(kept, first)):
            kept -= 1
        while first < len(turns) and not fits(user(kept, first)):
            first += 1
        if turns and first == len(turns):
            raise InputError(
                f"params.yaml: dialogue.max_tokens: a prompt for {place.conversation.sample_id}, {place.turn.dia_id}, "
                "has no room for one turn; make it smaller, or answer.context_window larger"
            )
        shown = [turn.dia_id for turn in place.said[first:]]
        noted = [id_ for ids in notes.ids[:kept] for id_ in ids]
        return system, user(kept, first), list(dict.fromkeys([*noted, *shown]))


def read_turn(text: str) -> dict[str, str]:
    """Return what a model says as a value for `SCHEMA`; ValueError with a complaint if it is no turn.

    Thoughts and fences around the JSON are passed over, texts that are too long are cut.
    """
    found = None
    for value in objects_in(text):
        if isinstance(value.get("message"), str):
            found = value
    if found is None or not (message := " ".join(found["message"].split())[:TEXT].strip()):
        raise ValueError(NO_JSON)
    photo = found.get("photo")
    return {"message": message, "photo": " ".join(photo.split())[:PHOTO].strip() if isinstance(photo, str) else ""}


def _row(writing: Writing, outcome: Outcome, ids: list[str], client: Client) -> DialogueRow:
    place, notes = writing.place, writing.notes
    error, turn = outcome.error, None
    if outcome.response is not None:
        try:
            turn = read_turn(outcome.response.text)
        except ValueError as trouble:  # kept in the cache by somebody who did not read it
            error = str(trouble)
    return DialogueRow(
        sample_id=place.conversation.sample_id,
        turn=place.turn.dia_id,
        condition=notes.condition,
        k=notes.k,
        prediction=turn["message"] if turn else None,
        photo=(turn["photo"] or None) if turn else None,
        raw=outcome.response.text if outcome.response else None,
        context_ids=ids,
        model=outcome.response.model if outcome.response else client.provider.model,
        usage=usage_of(outcome, client.spending.price),
        request=outcome.request.key,
        error=error,
    )
