"""One call that asks for events: its prompt fitted to the window, and its answer as a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from locomo.llm import Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.structured import instruction
from locomo.prompts import Prompts, load
from locomo.schema import Conversation
from locomo.schema.event import EventRow
from locomo.tasks.events.answers import events_of, read_answer, schema
from locomo.tasks.job import TEMPLATE_TOKENS
from locomo.tasks.usage import usage_of

EXAMPLE: Final = (
    '{"Tom": [{"date": "1 March, 2021", "event": "Tom gives notice at the bakery."}, {"date": "May 2021", "event": '
    '"Tom starts as the driver of the library bus."}], "Lena": [{"date": "27 February, 2021", "event": "Lena gets a '
    'puppy."}]}'
)


@dataclass(frozen=True, slots=True)
class Asking:
    """A model that is asked for the events of one conversation, `max_tokens` an answer."""

    conversation: Conversation
    provider: Provider
    max_tokens: int
    seed: int

    @property
    def prompts(self) -> Prompts:
        """All templates."""
        return load("events")

    @property
    def speakers(self) -> tuple[str, str]:
        """Both names."""
        return self.conversation.speaker_a, self.conversation.speaker_b

    def fill(self, template: str, **values: object) -> str:
        """Return a template with the names of the speakers, and the example where it has one."""
        example = self.prompts.fill("example", record=EXAMPLE)
        names = dict(zip(("speaker_a", "speaker_b"), self.speakers, strict=True))
        return self.prompts.fill(template, example=example, **names, **values)

    def room(self, frame: str, most: int) -> int:
        """Return the tokens that are left in the window for what `frame`, the user's message, does not have yet."""
        told = "" if self.provider.capabilities.json_schema else instruction(schema(self.speakers, most))
        taken = self.provider.count_tokens(self.fill("system") + frame + told)
        return self.provider.capabilities.context_window - self.max_tokens - TEMPLATE_TOKENS - taken

    def request(self, user: str, most: int) -> Request:
        """Return what is sent."""
        return Request(
            **addressed(self.provider),
            messages=(Message("system", self.fill("system")), Message("user", user)),
            max_tokens=self.max_tokens,
            temperature=0.0,
            seed=self.seed if self.provider.capabilities.seed else None,
            schema=schema(self.speakers, most),
            reader=partial(read_answer, speakers=self.speakers, most=most),
        )

    def row(self, outcome: Outcome, client: Client, most: int, **how: Any) -> EventRow:
        """Return the row of a call; `how` are the fields that say how it was asked."""
        error, raw = outcome.error, outcome.response.text if outcome.response else None
        events = None
        if raw is not None:
            try:
                events = events_of(raw, self.speakers, most)
            except ValueError as trouble:  # kept in the cache by somebody who did not read it
                error = str(trouble)
        return EventRow(
            sample_id=self.conversation.sample_id,
            events=events or {name: [] for name in self.speakers},
            raw=raw,
            model=outcome.response.model if outcome.response else self.provider.model,
            usage=usage_of(outcome, client.spending.price),
            request=outcome.request.key,
            error=error,
            **how,
        )


def fewest_left_out(count: int, fits: Callable[[int], bool]) -> int:
    """Return how many of the first of `count` things have to be left out, so that the rest fits: by bisection.

    `fits(dropped)` must hold from some number on; `count` if it never does.
    """
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle + 1
    return low
