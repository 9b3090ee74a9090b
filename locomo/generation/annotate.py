"""generate, mode `annotate`: observations and session summaries of an existing dataset made anew.

So the paper made its retrieval databases. What was released is kept beside the new notes, under keys of its own: every
later stage reads the new ones, and nothing is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from locomo.errors import IncompleteError
from locomo.generation.agents import PROMPTS, raw_observations
from locomo.generation.notes import Summary, observe, summarise
from locomo.generation.step import FEWER_ASKS, Steps, together
from locomo.llm import Client
from locomo.loops import run
from locomo.prompts import load
from locomo.schema import Conversation, Observation, Session

ANNOTATED: Final = "annotated"
"""The key of a conversation that says which model its notes are from."""
RELEASED_OBSERVATION: Final = "released_observation"
RELEASED_SUMMARY: Final = "released_session_summary"
NOTES: Final = 3
"""Steps of a session: observations of each speaker, and a summary."""


@dataclass(frozen=True, slots=True)
class _Notes:
    session: int
    observations: list[Observation]
    summary: Summary


def most_requests(conversations: Sequence[Conversation]) -> int:
    """Return how many requests it can take."""
    return FEWER_ASKS * NOTES * sum(len(conversation.sessions) for conversation in conversations)


def annotate(
    client: Client, conversations: Sequence[Conversation], seed: int, on_session: Callable[[], None]
) -> list[Conversation]:
    """Return the conversations with new notes; `on_session` is called after each session.

    IncompleteError if calls failed temporarily, when all others are answered.
    """
    prompts = load(PROMPTS)

    async def one(conversation: Conversation, session: Session) -> _Notes | IncompleteError:
        steps = Steps(client, prompts, conversation.sample_id, seed, FEWER_ASKS * NOTES)
        try:
            notes = await _note(steps, (conversation.speaker_a, conversation.speaker_b), session)
        except IncompleteError as error:
            return error
        on_session()
        return notes

    async def all_() -> list[_Notes | IncompleteError]:
        try:
            return await client.run(
                [one(conversation, session) for conversation in conversations for session in _spoken(conversation)]
            )
        finally:
            await client.provider.close()

    notes = iter(run(all_()))
    model = f"{client.provider.name}/{client.provider.model}"
    return [
        _with_notes(
            conversation,
            [_or_raise(next(notes)) for _ in _spoken(conversation)],
            {"model": model, "seed": seed, "prompts": prompts.version},
        )
        for conversation in conversations
    ]


def _spoken(conversation: Conversation) -> list[Session]:
    return [session for session in conversation.sessions if session.turns]


async def _note(steps: Steps, speakers: tuple[str, str], session: Session) -> _Notes:
    observations, (summary,) = await asyncio.gather(
        together(*(observe(steps, speakers, session, name) for name in speakers)),
        together(summarise(steps, speakers, session, None)),
    )
    return _Notes(session.number, [each for some in observations for each in some], summary)


def _or_raise(notes: _Notes | IncompleteError) -> _Notes:
    if isinstance(notes, IncompleteError):
        raise notes
    return notes


def _with_notes(conversation: Conversation, notes: list[_Notes], source: dict[str, object]) -> Conversation:
    observations = [observation for each in notes for observation in each.observations]
    released = {
        RELEASED_OBSERVATION: conversation.raw_observation,
        RELEASED_SUMMARY: {f"session_{number}_summary": text for number, text in conversation.summaries.items()},
    }
    speakers = (conversation.speaker_a, conversation.speaker_b)
    return conversation.model_copy(
        update={
            "observations": observations,
            "raw_observation": raw_observations(observations, speakers, len(conversation.sessions)),
            "summaries": {each.session: each.summary.session for each in notes},
            "extra": {**released, **conversation.extra, ANNOTATED: source},
        }
    )
