"""What a call takes: estimated before it is sent, and booked when its response is received."""

from __future__ import annotations

from dataclasses import dataclass

from locomo.files import canonical_json
from locomo.llm import observing
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.spending import Reserved, Spending
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Request, Response, Tally

TOKENS_AROUND = 7
"""Of a message: its role and what separates it from others."""
IMAGE_TOKENS = 3_000
"""Of a picture, at most: gpt-4o-mini bills 2,833 for one in low detail, others 85 to 1,500 for 1,024 pixels a side."""


def estimate(request: Request) -> int:
    """Return about how many tokens a prompt has, rather too many."""
    text = sum(estimate_tokens(message.content) + TOKENS_AROUND for message in request.messages)
    told = [request.schema] if request.schema is not None else []
    told += request.tools or ()
    calls = [call.arguments for message in request.messages for call in message.tool_calls or ()]
    besides = [*map(canonical_json, told), *calls]
    return text + sum(estimate_tokens(each) + TOKENS_AROUND for each in besides) + IMAGE_TOKENS * request.image_count


def received_of(answer: Response | Exception) -> tuple[Response | None, ...]:
    """Return what is billed of what came of a call: None for a call that nobody says the tokens of."""
    if isinstance(answer, Response):
        return (answer,)
    if isinstance(answer, AnswerError):
        return answer.billed
    if isinstance(answer, TransientError):
        return answer.billed or ((None,) if answer.accepted else ())
    return ()


@dataclass(frozen=True, slots=True)
class Account:
    """The books of one client."""

    spending: Spending
    tally: Tally

    def sending(self, request: Request, reserved: Reserved) -> None:
        """Note a call that is about to be sent."""
        self.spending.sending(f"{request.provider}/{request.model}", request.key, reserved)

    def book(
        self, request: Request, answer: Response | Exception, reserved: Reserved, *, seconds: float | None = None
    ) -> None:
        """Book all that is billed of what came of a call, and tell who observes of the call, billed or not."""
        before, billed = self.spending.usd, received_of(answer)
        for received in billed:
            self._book(request, received, reserved, seconds, usable=isinstance(answer, Response))
        if observing.observer is not None:
            usd = None if self.spending.price is None else self.spending.usd - before
            observing.observer.called(request, answer, billed, seconds=seconds, usd=usd)

    def book_most(self, request: Request, reserved: Reserved, cancelled: BaseException) -> None:
        """Book a call that is under way and that nobody waits for any more."""
        self._book(request, None, reserved, None, usable=False)
        if observing.observer is not None:
            observing.observer.called(request, cancelled, (None,), seconds=None, usd=reserved.usd)

    def most_in_batch(self, request: Request, room: int) -> Reserved:
        """Return the most that a request can take in a batch, with the room (tokens) that its model thinks in."""
        return self.spending.most(estimate(request), request.max_tokens + room, batch=True)

    def _book(
        self, request: Request, received: Response | None, reserved: Reserved, seconds: float | None, *, usable: bool
    ) -> None:
        if received is not None:
            self.tally.input_tokens += received.input_tokens
            self.tally.cached_tokens += received.cached_tokens
            self.tally.reused_tokens += received.reused_tokens
            self.tally.output_tokens += received.output_tokens
        model = f"{request.provider}/{request.model}"
        self.spending.book(model, request.key, received, reserved, seconds=seconds, usable=usable)
