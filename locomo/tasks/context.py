"""The conversation as context: all of it, or as much of it as the window holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from locomo.schema import Conversation, Session, Turn
from locomo.tasks.protocol import Protocol

Placed = tuple[Session, Turn]


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is shown, and the ids of the turns in it."""

    text: str
    ids: list[str]


def conversation_context(
    conversation: Conversation, protocol: Protocol, budget: int, count_tokens: Callable[[str], int]
) -> Context:
    """Return the turns that fit into `budget` tokens, under their sessions' dates.

    These are the latest turns, in chronological order; where the protocol has the newest session first, those of the
    oldest sessions (see `_oldest_sessions`). The same for every question of a conversation, so that providers can reuse
    the evaluated prefix.
    """
    turns = [(session, turn) for session in conversation.sessions for turn in session.turns]
    if protocol.newest_first:
        candidates = _oldest_sessions(conversation)
    else:
        candidates = [turns[first:] for first in range(len(turns) + 1)]
    # Bisection over what is dropped: dropping one more turn never makes the text longer.
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high) // 2
        if count_tokens(_render(candidates[middle], protocol).text) <= budget:
            high = middle
        else:
            low = middle + 1
    return _render(candidates[low], protocol)


def _oldest_sessions(conversation: Conversation) -> list[list[Placed]]:
    """Return what is left when nothing, one turn, two turns, ... are dropped, in the order of the text.

    As the original's code has it since its loop was reversed: it walks the sessions from the first one on and, within
    each, the turns from the last one back, puts each before what it has, and stops at the first that does not fit. So
    the newest session comes first, its turns in order; the newest sessions are dropped, and of the one that is cut the
    earliest turns.
    """
    taken = [(session, turn) for session in conversation.sessions for turn in reversed(session.turns)]
    return [taken[:kept][::-1] for kept in range(len(taken), -1, -1)]


def _render(turns: Sequence[Placed], protocol: Protocol) -> Context:
    lines: list[str] = []
    number = None
    for session, turn in turns:
        if session.number != number:
            number = session.number
            lines.append(protocol.prompts.fill("session", number=number, date_time=session.date_time))
        lines.append(protocol.prompts.fill("turn", speaker=turn.speaker, text=turn.text_with_caption))
    return Context("\n".join(lines), [turn.dia_id for _, turn in turns])
