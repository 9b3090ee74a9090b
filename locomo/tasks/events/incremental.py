"""Session by session: the record so far is carried along, and each session adds to it (section 4.2 of the paper)."""

from __future__ import annotations

from typing import Final

from locomo.errors import IncompleteError, InputError
from locomo.llm import Client
from locomo.schema import Session
from locomo.schema.event import Event, EventRow
from locomo.tasks.events.answers import MOST_OF_A_SESSION, most_events
from locomo.tasks.events.asking import Asking, fewest_left_out
from locomo.tasks.protocol import Protocol

WAY: Final = "incremental"


async def ask_incrementally(asking: Asking, client: Client, protocol: Protocol) -> list[EventRow]:
    """Return a row a session, in order. After a call that failed for good the record stays as it was.

    IncompleteError at the first call that failed temporarily; InputError if the window holds no turn of a session.
    """
    most = most_events(asking.max_tokens, MOST_OF_A_SESSION)
    record: list[Event] = []
    rows = []
    for session in asking.conversation.sessions:
        outcome = await client.ask(asking.request(_prompt(asking, protocol, session, record, most), most))
        if outcome.transient:
            where = f"{asking.conversation.sample_id}, session {session.number}"
            raise IncompleteError(f"events: {where}: {outcome.error}; all answers are kept: run again for the rest")
        row = asking.row(outcome, client, most, way=WAY, session=session.number)
        record += [event for events in row.events.values() for event in events]
        rows.append(row)
    return rows


def _prompt(asking: Asking, protocol: Protocol, session: Session, record: list[Event], most: int) -> str:
    """Fit a session and as much of the record as there is room for: its earliest events are left out first.

    Where not even the session fits, its earliest turns are left out, and all of the record.
    """
    fill, count = asking.fill, asking.provider.count_tokens
    turns = [protocol.prompts.fill("turn", speaker=turn.speaker, text=turn.text_with_caption) for turn in session.turns]

    def written(events: str, transcript: str) -> str:
        return fill("so_far", events=events, transcript=transcript, date_time=session.date_time, most=most)

    room = asking.room(written(fill("nothing_yet"), ""), most)
    dropped = fewest_left_out(len(turns), lambda first: count("\n".join(turns[first:])) <= room)
    if turns and dropped == len(turns):
        raise InputError(
            f"params.yaml: events.max_tokens: a prompt for {asking.conversation.sample_id}, session {session.number}, "
            f"has room for {max(0, room)} tokens of the session, which hold no turn; make it smaller, or "
            "answer.context_window larger"
        )
    transcript = "\n".join(turns[dropped:])
    lines = [
        fill("event_line", date=event.date, text=event.text) if event.date else fill("undated_line", text=event.text)
        for event in record
    ]
    left = room - count(transcript)
    first = fewest_left_out(len(lines), lambda number: count("\n".join(lines[number:])) <= left)
    return written("\n".join(lines[first:]) or fill("nothing_yet"), transcript)
