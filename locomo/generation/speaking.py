"""One turn of an agent: what it says next, from all that it knows (section 3.3 of the paper).

What ends a session or shares a photo stands in fields of its own, so that no words in a turn can do so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from locomo.generation.dates import Calendar
from locomo.generation.events import Event, event_line
from locomo.generation.memory import Memory
from locomo.generation.personas import Persona
from locomo.generation.step import FEWER_ASKS, RefusedError, Step, Steps, answer_schema, example, text_of
from locomo.generation.words import cut, is_said, one_line
from locomo.schema import Turn

TURN: Final = (30, 140)
"""Words and characters of a turn, at most; agents are asked for less."""
CAPTION: Final = (20, 100)
QUERY: Final = (8, 60)


@dataclass(frozen=True, slots=True)
class Speaker:
    """An agent as it enters a session."""

    persona: Persona
    other: str
    events: Sequence[Event]
    """Since the last session."""
    so_far: str
    """Summary of the past: the short-term memory."""
    reflection: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a session is when an agent speaks."""

    step: str
    calendar: Calendar
    date_time: str
    turns: Sequence[Turn]
    """Until now."""
    memories: Sequence[Memory]
    may_leave: bool
    must_leave: bool
    may_share: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent says, the photo that it describes with it, and whether it takes its leave."""

    text: str
    caption: str | None
    bye: bool


async def speak(steps: Steps, speaker: Speaker, moment: Moment) -> Said | None:
    """Return what the agent says next; None if nothing of what it said could be used."""
    schema: dict[str, Any] = {"text": text_of(TURN[1])}
    if moment.may_share:
        schema["photo"] = text_of(CAPTION[1], least=0)
    if moment.may_leave:
        schema["bye"] = {"type": "boolean"}
    before = {turn.text.casefold() for turn in moment.turns}
    labels = tuple(f"{each}:" for each in (speaker.persona.name, speaker.other))

    def read(value: Any, last: bool) -> Said:
        text = one_line(value["text"])
        while text.startswith(labels):
            text = text.partition(":")[2].strip()
        if not is_said(text):
            raise RefusedError("it says nothing")
        if text.casefold() in before and not last:
            raise RefusedError("exactly that was said before")
        if len(text.split()) > TURN[0] and not last:
            raise RefusedError(f"it has {len(text.split())} words; say it in fewer than 20")
        caption = cut(one_line(value.get("photo", "")), *CAPTION)
        return Said(cut(text, *TURN), caption if is_said(caption) else None, bool(value.get("bye", False)))

    return await steps.ask(
        Step(
            name=moment.step,
            system=steps.prompts.fill(
                "turn_system", name=speaker.persona.name, other=speaker.other, persona=speaker.persona.summary
            ),
            user=_prompt(steps, speaker, moment),
            schema=answer_schema(**schema),
            read=read,
            max_tokens=350,
        )
    )


def _prompt(steps: Steps, speaker: Speaker, moment: Moment) -> str:
    fill, name, other = steps.prompts.fill, speaker.persona.name, speaker.other
    past = fill("turn_past", summary=speaker.so_far) if speaker.so_far else fill("turn_no_past")
    if speaker.reflection:
        past += "\n" + fill("turn_reflection", name=name, text=speaker.reflection)
    remembered = "\n".join(
        fill("memory", dia_ids=", ".join(each.observation.dia_ids), date=each.date, text=each.observation.text)
        for each in moment.memories
    )
    lines = [fill("transcript_line", speaker=turn.speaker, text=turn.text_with_caption) for turn in moment.turns]
    last = moment.turns[-1] if moment.turns else None
    if last is None:
        task = fill("turn_start", other=other)
    elif moment.must_leave:
        task = fill("turn_last", other=other)
    elif last.blip_caption:
        task = fill("turn_react", name=name, other=other, caption=last.blip_caption)
    else:
        task = fill("turn_next", name=name)
    shown: dict[str, Any] = {"text": steps.one_of("turn_examples", moment.step, other=other)}
    if moment.may_share:
        shown["photo"] = ""
        task += fill("turn_photo", name=name)
    if moment.may_leave:
        shown["bye"] = False
        task += fill("turn_bye")
    return fill(
        "turn",
        name=name,
        date_time=moment.date_time,
        past=past,
        events="\n".join(event_line(steps, event, moment.calendar) for event in speaker.events) or fill("nothing"),
        memories=fill("turn_memories", name=name, memories=remembered) if remembered else "",
        transcript="\n".join(lines) or fill("nobody"),
        task=task,
        example=example(**shown),
    )


async def search_words(steps: Steps, name: str, caption: str) -> str:
    """Return what to look for to find a photo like the one described; the description itself where nothing is found."""

    def read(value: Any, last: bool) -> str:
        query = cut(one_line(value["query"]), *QUERY)
        if not is_said(query):
            raise RefusedError("there are no words in it")
        return query

    found = await steps.ask(
        Step(
            name=name,
            system=steps.prompts.fill("query_system"),
            user=steps.prompts.fill("query", caption=caption, example=example(query=" ".join(caption.split()[:3]))),
            schema=answer_schema(query=text_of(QUERY[1])),
            read=read,
            max_tokens=120,
            temperature=0.0,
        ),
        asks=FEWER_ASKS,
    )
    return found or cut(caption, *QUERY)
