"""What a generated dataset is to be like: `generate` of params.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from locomo.errors import InputError

Count = Annotated[int, Field(ge=1, strict=True)]
Seed = Annotated[int, Field(ge=0, strict=True)]
Switch = Annotated[bool, Field(strict=True)]

FIRST_EVENTS = 3
"""With which the story of a speaker begins."""


class GenerationSettings(BaseModel):
    """`generate`; everything but `mode` and `model` is for mode `agents`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["released", "agents", "annotate"] = "released"
    model: str = "gguf/smollm2-135m-instruct"
    """Who speaks and takes notes. Not `model`, which answers: a new one there must not make other conversations."""
    personas: str = "data/raw/personas.json"
    """A file of pairs of personas, or a folder with agent_a.json and agent_b.json."""
    conversations: Count = 1
    sessions: Count = 3
    """Of each conversation."""
    days: Count = 60
    """Over which the lives, and the sessions, of a conversation extend."""
    events: Annotated[int, Field(ge=FIRST_EVENTS, strict=True)] = 6
    """In the life of each speaker."""
    events_per_session: Count = 2
    """Of those since the last session, the newest that a speaker tells of."""
    max_turns: Annotated[int, Field(ge=2, strict=True)] = 8
    """Of a session."""
    seed: Seed = 0
    questions: Annotated[int, Field(ge=0, strict=True)] = 5
    """Of each conversation."""
    reflections: Switch = False
    images: Switch = True

    def check(self) -> None:
        """InputError where knobs do not go together."""
        if self.days < self.sessions:
            raise InputError(
                f"generate.days: found {self.days}, expected at least generate.sessions ({self.sessions}), since "
                "each session has a day of its own"
            )
