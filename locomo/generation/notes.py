"""What is written down of a session: observations with the turns they are from, a summary, a reflection.

(Section 3.3 of the paper, and what its retrieval databases are made of.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from locomo.generation.personas import Persona
from locomo.generation.step import (
    BLANK,
    FEWER_ASKS,
    RefusedError,
    Step,
    Steps,
    answer_schema,
    example,
    some_of,
    text_of,
)
from locomo.generation.words import cut, is_said, one_line
from locomo.schema import Observation, Session

TURNS_A_FACT: Final = 2
MOST_FACTS: Final = 8
MOST_IDS: Final = 2
FACT: Final = (40, 160)
SUMMARY: Final = (80, 400)
THOUGHT: Final = (40, 160)
"""Words and characters, at most."""
LEAST_FACT: Final = 3
LEAST_SUMMARY: Final = 6
"""Words."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one session, and of all until then."""

    session: str
    so_far: str


def _transcript(steps: Steps, session: Session) -> str:
    return "\n".join(
        steps.prompts.fill("numbered_line", dia_id=turn.dia_id, speaker=turn.speaker, text=turn.text_with_caption)
        for turn in session.turns
    )


async def observe(steps: Steps, speakers: tuple[str, str], session: Session, name: str) -> list[Observation]:
    """Return what a session tells about one of the speakers, each fact with turns of that speaker.

    Where the model finds nothing that can be used, the speaker's longest turn stands for it; nothing if there is none.
    """
    fill = steps.prompts.fill
    said = {turn.dia_id: turn for turn in session.turns if turn.speaker == name and is_said(turn.text_with_caption)}
    if not said:
        return []
    most = min(MOST_FACTS, 1 + len(said) // TURNS_A_FACT)

    def read(value: Any, last: bool) -> list[Observation]:
        found: dict[str, Observation] = {}
        reasons = []
        for fact in value["facts"]:
            text = cut(one_line(fact["text"]), *FACT)
            ids = [one_line(each) for each in fact["dia_ids"]]
            if not is_said(text, LEAST_FACT):
                reasons.append("a fact says too little")
            elif unknown := [each for each in ids if each not in said]:
                reasons.append(f"{', '.join(unknown)[:40]} is no line of {name}")
            elif not ids:
                reasons.append("a fact names no line")
            else:
                dia_ids = tuple(dict.fromkeys(ids))[:MOST_IDS]
                found[text.casefold()] = Observation(session=session.number, speaker=name, text=text, dia_ids=dia_ids)
        if (reasons and not last) or not found:
            raise RefusedError("; ".join(dict.fromkeys(reasons)) or "no facts")
        return list(found.values())[:most]

    fact = answer_schema(text=text_of(FACT[1]), dia_ids=some_of(list(said), most=MOST_IDS))
    found = await steps.ask(
        Step(
            name=f"session-{session.number:02d}/observations-{_key(speakers, name)}",
            system=fill("notes_system", speaker_a=speakers[0], speaker_b=speakers[1]),
            user=fill(
                "observations",
                date_time=session.date_time,
                transcript=_transcript(steps, session),
                name=name,
                example=example(facts=[{"text": BLANK, "dia_ids": [next(iter(said))]}]),
            ),
            schema=answer_schema(facts={"type": "array", "minItems": 1, "maxItems": most, "items": fact}),
            read=read,
            max_tokens=180 * most,
        ),
        asks=FEWER_ASKS,
    )
    if found:
        return found
    longest = max(said.values(), key=lambda turn: len(turn.text))
    text = f"{name} said: {longest.text_with_caption}"
    return [Observation(session=session.number, speaker=name, text=text, dia_ids=(longest.dia_id,))]


def _key(speakers: tuple[str, str], name: str) -> str:
    return "ab"[speakers.index(name)]


async def summarise(steps: Steps, speakers: tuple[str, str], session: Session, so_far: str | None) -> Summary:
    """Return a summary of a session and one of all until then; `so_far` is None where only the first is wanted.

    Where the model finds none, what was said first and last stands for it.
    """
    fill = steps.prompts.fill

    def read(value: Any, last: bool) -> Summary:
        texts = [cut(one_line(value[name]), *SUMMARY) for name in schema["properties"]]
        if not all(is_said(text, LEAST_SUMMARY) for text in texts):
            raise RefusedError("a summary says too little")
        return Summary(texts[0], texts[-1])

    transcript = _transcript(steps, session)
    if so_far is None:
        schema = answer_schema(session=text_of(SUMMARY[1]))
        shown = example(session=BLANK)
        user = fill("session_summary", date_time=session.date_time, transcript=transcript, example=shown)
    else:
        schema = answer_schema(session=text_of(SUMMARY[1]), so_far=text_of(SUMMARY[1]))
        past = fill("summary_past", summary=so_far) if so_far else fill("turn_no_past")
        shown = example(session=BLANK, so_far=BLANK)
        user = fill("summary", past=past, date_time=session.date_time, transcript=transcript, example=shown)
    found = await steps.ask(
        Step(
            name=f"session-{session.number:02d}/summary",
            system=fill("notes_system", speaker_a=speakers[0], speaker_b=speakers[1]),
            user=user,
            schema=schema,
            read=read,
            max_tokens=800,
        ),
        asks=FEWER_ASKS,
    )
    if found:
        return found
    first, last = session.turns[0], session.turns[-1]
    text = (
        f"{speakers[0]} and {speakers[1]} talked at {session.date_time}. {first.speaker} began: {first.text} "
        f"{last.speaker} ended: {last.text}"
    )
    return Summary(cut(text, *SUMMARY), cut(f"{so_far or ''} {text}".strip(), *SUMMARY))


async def reflect(
    steps: Steps, key: str, persona: Persona, other: str, *, session: Session, observations: Sequence[str], before: str
) -> str:
    """Return what an agent has come to think from what was observed in a session, or what it thought `before`."""
    fill = steps.prompts.fill

    def read(value: Any, last: bool) -> str:
        thoughts = [cut(one_line(value[name]), *THOUGHT) for name in ("self", "other")]
        if not all(map(is_said, thoughts)):
            raise RefusedError("a thought says nothing")
        return " ".join(thoughts)

    found = await steps.ask(
        Step(
            name=f"session-{session.number:02d}/reflection-{key}",
            system=fill("reflection_system", name=persona.name, other=other, persona=persona.summary),
            user=fill(
                "reflection",
                name=persona.name,
                other=other,
                before=before or "nothing yet",
                date_time=session.date_time,
                observations="\n".join(f"- {text}" for text in observations),
                example=example(self=BLANK, other=BLANK),
            ),
            schema=answer_schema(self=text_of(THOUGHT[1]), other=text_of(THOUGHT[1])),
            read=read,
            max_tokens=400,
        ),
        asks=FEWER_ASKS,
    )
    return found or before
