"""What one model turned out to want: learned from its server once, said once, remembered for the run."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace

from locomo.llm.catalog import THINKING_ROOM, Facts, Parameter
from locomo.llm.provider import TransientError
from locomo.llm.providers.reading import OnlyThoughtError
from locomo.llm.providers.trouble import ParameterError
from locomo.llm.types import Capabilities, Request

log = logging.getLogger("locomo")


class Adaptation:
    """How requests to one model have to differ from what is usual, as models.yaml says or its server teaches.

    Requests, and so their keys, are the same either way: they say what was asked for.
    """

    def __init__(self, model: str, facts: Facts, *, trained: int | None = None) -> None:
        """`trained` is the whole window (tokens) of a model that runs here, of which thinking gets half at most."""
        self.model = model
        self.left_out: set[Parameter] = set(facts.refuses)
        self.room = facts.thinking_room if trained is None else min(facts.thinking_room, trained // 2)
        self.declared = bool(facts.thinking_room)
        """Whether models.yaml or params.yaml says that it thinks, or how much."""
        self._max_output = facts.max_output

    def beside(self, capabilities: Capabilities, trained: int) -> Capabilities:
        """Return capabilities whose window (tokens) leaves the room to think in of all that a local model has."""
        return replace(capabilities, context_window=min(capabilities.context_window, trained - self.room))

    def max_tokens(self, request: Request) -> int:
        """Return the tokens that answer and thinking may have together."""
        room = self.room if request.thinking_tokens is None else request.thinking_tokens
        wanted = request.max_tokens + room
        return wanted if not self._max_output else max(request.max_tokens, min(wanted, self._max_output))

    def thinks(self, request: Request) -> bool:
        """Whether the model gets room to think; then a server's stop sequences could cut its thinking."""
        return bool(self.room if request.thinking_tokens is None else request.thinking_tokens)

    def stop(self, request: Request) -> list[str]:
        """Return the stop sequences that can be sent."""
        return [] if "stop" in self.left_out or self.thinks(request) else list(request.stop or ())

    def leave_out(self, error: ParameterError, sent: Collection[Parameter]) -> None:
        """Leave a parameter out from now on; the error itself if that is no way."""
        parameter = error.parameter
        if parameter not in sent or {"max_tokens", "max_completion_tokens"} <= self.left_out | {parameter}:
            raise error
        if parameter in self.left_out:  # another call in flight has learned it
            return
        self.left_out.add(parameter)
        instead = {
            "max_tokens": "max_completion_tokens is sent in its place",
            "max_completion_tokens": "max_tokens is sent in its place",
            "stop": "answers are cut here",
        }.get(parameter, "it is left out")
        log.warning(
            "model '%s': its server refuses %s (%s): %s. To declare it, add to models.yaml: "
            "models: {%s: {refuses: [%s]}}",
            *(self.model, parameter, error.words, instead, self.model, ", ".join(sorted(self.left_out))),
        )

    def learn_to_think(
        self, error: OnlyThoughtError, request: Request, *, had_room: bool, capabilities: Capabilities
    ) -> Capabilities:
        """Return capabilities with room to think; the error itself if the call had room, or the user gives none."""
        if had_room or request.thinking_tokens is not None:
            raise error
        if not self.room:
            self.room = min(THINKING_ROOM, capabilities.context_window // 2)
            log.warning(
                "model '%s': thinks before it answers: asked again with room for it (%d tokens). To say so beforehand, "
                "write into models.yaml: models: {%s: {thinking: true}}",
                *(self.model, self.room, self.model),
            )
        return replace(capabilities, thinking_room=self.room)


def undeclared(model: str, error: OnlyThoughtError) -> TransientError:
    """Return the error of a call in a batch to a model that nobody said would think; it is not remembered as failed."""
    return TransientError(
        f"model '{model}': its thinking left no room for an answer; add to models.yaml: models: {{{model}: "
        "{thinking: true}}",
        billed=error.billed,
    )


def again(error: OnlyThoughtError) -> TransientError:
    """Return the error of a call that is to be made again, now with room to think."""
    return TransientError("it thought without room for an answer", billed=error.billed)
