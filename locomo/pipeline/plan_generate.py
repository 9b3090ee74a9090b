"""The conversations of a run, as far as they are known before it, and what making them would ask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from locomo.dataset.released import read_released
from locomo.dataset.subset import select
from locomo.generation.agents import generate
from locomo.generation.agents import most_requests as of_a_conversation
from locomo.generation.annotate import annotate
from locomo.generation.annotate import most_requests as of_annotating
from locomo.generation.personas import Persona, personas_of
from locomo.pipeline.encoders import open_stored_encoder
from locomo.pipeline.models import open_whole
from locomo.pipeline.params import Params
from locomo.pipeline.plan_numbers import Counter, StagePlan
from locomo.pipeline.rehearsal import Rehearsal
from locomo.retrieval.declaration import MINILM
from locomo.schema import Conversation

RAW: Final = Path("data/raw")
STAND_INS: Final = "the conversations are not made yet: stand-ins are counted, nothing is taken as cached"


@dataclass(frozen=True, slots=True)
class Conversations:
    """What later stages work on."""

    listed: Sequence[Conversation]
    stand_ins: bool
    """Whether words in them are none that a model has said."""
    plans: list[StagePlan]
    """What making them asks."""
    questions_short: float = 1.0
    """By how much they may come to have more questions than these."""

    def most(self, requests: int) -> int | None:
        """Return how many requests those that depend on the number of questions can come to; None if that is known."""
        return math.ceil(requests * self.questions_short) if self.stand_ins else None


def plan_conversations(params: Params, counter: Counter) -> Conversations:
    """Take the dataset, or rehearse the making of conversations; InputError as the stage would raise it."""
    settings = params.generate
    if settings.mode == "released":
        return Conversations(select(read_released(RAW, params.dataset), params.subset), False, [])
    provider = open_whole(settings.model, to_ask=False)
    client = Rehearsal(provider, counter.cache)
    if settings.mode == "agents":
        pairs = personas_of(Path(settings.personas), settings.conversations, settings.seed)
        most = len(pairs) * of_a_conversation(settings, given=isinstance(pairs[0][0], Persona))
        encoder = open_stored_encoder(MINILM, params.llm)
        made = [each.conversation for each in generate(client, settings, pairs, encoder, on_session=_nothing)]
        wanted = len(pairs) * settings.questions
    else:
        released = read_released(RAW, params.dataset)
        most = of_annotating(released)
        made = annotate(client, released, settings.seed, _nothing)
        wanted = 0
    made = select(made, params.subset)
    plan = counter.plan("generate", settings.mode, client.asked, provider, most=most if _new(client, counter) else None)
    there = sum(len(conversation.questions) for conversation in made)
    return Conversations(made, plan.new > 0, [plan], max(1.0, wanted / max(1, there)))


def _new(client: Rehearsal, counter: Counter) -> bool:
    return any(counter.cache.find(request) is None for request in client.asked)


def _nothing() -> None:
    """Nobody waits for the sessions of a rehearsal."""
