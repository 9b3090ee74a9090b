"""A very long conversation: dated sessions of turns between two speakers, with its annotations."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from locomo.schema.category import DECLARATIONS, LOCOMO, Declaration
from locomo.schema.question import Question
from locomo.schema.row import Row


class Turn(Row):
    """One line of dialogue. Unknown keys are preserved."""

    model_config = ConfigDict(extra="allow")

    speaker: StrictStr
    dia_id: StrictStr = Field(pattern=r"^D\d+:\d+$")
    text: StrictStr
    img_url: list[StrictStr] | None = None
    blip_caption: StrictStr | None = None
    query: StrictStr | None = None

    @property
    def shares_image(self) -> bool:
        """Whether the speaker shares an image (some released turns have a caption but no link)."""
        return bool(self.img_url) or self.blip_caption is not None

    @property
    def text_with_caption(self) -> str:
        """The text with the caption of the shared image, as models and retrievers read it."""
        return f"{self.text} (shares a photo: {self.blip_caption})" if self.blip_caption else self.text


class Session(BaseModel):
    """The turns of one session. `date_time` looks like '1:56 pm on 8 May, 2023'."""

    model_config = ConfigDict(frozen=True)

    number: int
    date_time: StrictStr
    turns: list[Turn]

    @property
    def date(self) -> str:
        """The day without the time of day: '8 May, 2023'."""
        return self.date_time.rpartition(" on ")[2]


class Observation(BaseModel):
    """A fact about a speaker, and the turns (`dia_ids`) that support it."""

    model_config = ConfigDict(frozen=True)

    session: int
    speaker: str
    text: str
    dia_ids: tuple[str, ...]


class Conversation(BaseModel):
    """One sample of the dataset. `raw_*` hold the released annotations in their original format, for writing back."""

    model_config = ConfigDict(frozen=True)

    sample_id: StrictStr = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    speaker_a: StrictStr
    speaker_b: StrictStr
    sessions: list[Session]
    questions: list[Question]
    observations: list[Observation]
    summaries: dict[int, str]
    raw_observation: dict[str, Any]
    raw_event_summary: dict[str, Any]
    conversation_extra: dict[str, Any]
    """Keys of `conversation` that belong to no session, such as dates beyond the last one (conv-26 has sixteen)."""
    extra: dict[str, Any]
    """Top-level keys that we do not know, kept as they are."""
    dataset: StrictStr = LOCOMO
    """The dataset that it belongs to, one of `DECLARATIONS`."""
    subset: tuple[int, ...] | None = None
    """Indexes of the questions that are asked and counted; None: all."""

    @property
    def declaration(self) -> Declaration:
        """What its dataset is made of."""
        return DECLARATIONS[self.dataset]

    @property
    def turns(self) -> Iterator[Turn]:
        """All turns in chronological order."""
        for session in self.sessions:
            yield from session.turns

    def chosen(self, categories: Collection[int] | None = None) -> list[tuple[int, Question]]:
        """Return the questions that are asked and counted, of some categories or of all, with their indexes."""
        return [
            (index, question)
            for index, question in enumerate(self.questions)
            if (self.subset is None or index in self.subset) and (categories is None or question.category in categories)
        ]

    def question_id(self, index: int) -> str:
        """Return the id of question `index`: never join on its text, which repeats within a conversation."""
        return f"{self.sample_id}:{index}"
