"""All events in one answer: from the whole conversation, or from what was retrieved of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from locomo.errors import IncompleteError, InputError
from locomo.llm import Client
from locomo.retrieval.units import Unit
from locomo.schema import Conversation
from locomo.schema.event import EventRow
from locomo.tasks.context import conversation_context
from locomo.tasks.events.answers import MOST_OF_ALL, most_events
from locomo.tasks.events.asking import Asking, fewest_left_out
from locomo.tasks.protocol import Protocol

WHOLE: Final = "whole"
RETRIEVED: Final = "retrieved"
_NO_ROOM: Final = (
    "params.yaml: events.max_tokens: a prompt for {sample} has no room for {what}; make it smaller, or "
    "answer.context_window larger"
)


def query(asking: Asking) -> str:
    """Return what units are retrieved for."""
    return asking.fill("query")


async def ask_whole(asking: Asking, client: Client, protocol: Protocol) -> list[EventRow]:
    """Return one row: of the conversation, cut to the window as `qa` cuts it.

    IncompleteError if the call failed temporarily; InputError if the window holds no turn.
    """
    most = most_events(asking.max_tokens, MOST_OF_ALL)
    room = asking.room(asking.fill(WHOLE, context="", most=most), most)
    context = conversation_context(asking.conversation, protocol, room, asking.provider.count_tokens)
    if not context.ids:
        raise InputError(_NO_ROOM.format(sample=asking.conversation.sample_id, what="one turn"))
    user = asking.fill(WHOLE, context=context.text, most=most)
    return await _ask(asking, client, user, most, way=WHOLE)


async def ask_retrieved(
    asking: Asking, client: Client, protocol: Protocol, units: Sequence[Unit], *, name: str, k: int, template: str
) -> list[EventRow]:
    """Return one row: of the k best of `units` (the best first), as many as fit, in the order of the conversation.

    `name` is the kind of unit or the memory system, `template` how a unit is written. IncompleteError if the call
    failed temporarily; InputError if the window holds no unit.
    """
    most = most_events(asking.max_tokens, MOST_OF_ALL)
    write = _writer(asking.conversation, protocol, template)
    room = asking.room(asking.fill(RETRIEVED, context="", most=most), most)
    best = list(units[:k])[::-1]
    lines = [write(unit) for unit in best]
    dropped = fewest_left_out(len(best), lambda n: asking.provider.count_tokens("\n".join(lines[n:])) <= room)
    shown = best[dropped:]
    if best and not shown:
        raise InputError(_NO_ROOM.format(sample=asking.conversation.sample_id, what="one unit"))
    context = "\n".join(write(unit) for unit in sorted(shown, key=lambda unit: unit.session))
    user = asking.fill(RETRIEVED, context=context, most=most)
    return await _ask(asking, client, user, most, way=RETRIEVED, unit=name, k=k)


def _writer(conversation: Conversation, protocol: Protocol, template: str) -> Callable[[Unit], str]:
    dates = {session.number: session.date for session in conversation.sessions}
    return lambda unit: protocol.prompts.fill(
        template, date=dates.get(unit.session), speaker=unit.speaker, text=unit.text
    )


async def _ask(asking: Asking, client: Client, user: str, most: int, **how: Any) -> list[EventRow]:
    outcome = await client.ask(asking.request(user, most))
    if outcome.transient:
        where = asking.conversation.sample_id
        raise IncompleteError(f"events: {where}: {outcome.error}; all answers are kept: run again for the rest")
    return [asking.row(outcome, client, most, **how)]
