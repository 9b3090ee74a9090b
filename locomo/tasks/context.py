"""The conversation as context: all of it, or as much of its end as the window holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from locomo.schema import Conversation
from locomo.tasks.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is shown, and the ids of the turns in it."""

    text: str
    ids: list[str]


def conversation_context(
    conversation: Conversation, protocol: Protocol, budget: int, count_tokens: Callable[[str], int]
) -> Context:
    """Return the latest turns that fit into `budget` tokens, in chronological order under their sessions' dates.

    The same for every question of a conversation, so that providers can reuse the evaluated prefix.
    """
    turns = [(session, turn) for session in conversation.sessions for turn in session.turns]

    def render(first: int) -> Context:
        lines: list[str] = []
        number = None
        for session, turn in turns[first:]:
            if session.number != number:
                number = session.number
                lines.append(protocol.prompts.fill("session", number=number, date_time=session.date_time))
            lines.append(protocol.prompts.fill("turn", speaker=turn.speaker, text=turn.text_with_caption))
        return Context("\n".join(lines), [turn.dia_id for _, turn in turns[first:]])

    # Bisection over the first turn that is kept: dropping one more never makes the text longer.
    low, high = 0, len(turns)
    while low < high:
        middle = (low + high) // 2
        if count_tokens(render(middle).text) <= budget:
            high = middle
        else:
            low = middle + 1
    return render(low)
