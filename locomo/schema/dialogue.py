"""A turn that a model has written in the place of a speaker."""

from __future__ import annotations

from pydantic import Field

from locomo.schema.prediction import Usage
from locomo.schema.row import Repeated, Row


class DialogueRow(Row):
    """A row of `data/predictions/dialogue.jsonl`. (sample_id, turn, configuration) is unique within a file."""

    sample_id: Repeated
    turn: str = Field(pattern=r"^D\d+:\d+$")
    """The turn in whose place it is: its `dia_id`."""
    condition: Repeated = "given"
    """What the model was shown beside the session: 'base', 'summary', 'observation', or the name of a memory system."""
    k: int | None = None
    """How many of it."""
    prediction: str | None
    """The text of the turn; None if the call failed permanently (see `error`)."""
    photo: str | None = None
    """What is on the photo that it shares; None if it shares none."""
    raw: str | None = None
    """The model's unparsed answer."""
    context_ids: list[Repeated] = Field(default_factory=list)
    """Turns (`D3:7`) and session summaries (`S3`) that the model was shown."""
    model: Repeated = "unknown"
    usage: Usage = Usage()
    request: str = ""
    """The call's key in the request cache."""
    error: str | None = None

    @property
    def configuration(self) -> str:
        """What was shown in one word: 'base', 'summary_k1'."""
        return self.condition if self.k is None else f"{self.condition}_k{self.k}"
