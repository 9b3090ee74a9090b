"""One session: two agents speak by turns until one takes its leave, or the limit is reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from locomo.errors import ProviderError
from locomo.generation.dates import Calendar
from locomo.generation.memory import LongTermMemory
from locomo.generation.speaking import Moment, Speaker, search_words, speak
from locomo.generation.step import ASKS, FEWER_ASKS, Steps
from locomo.schema import Session, Turn

SPOKEN: Final = 4
"""Turns before anybody may take its leave."""
PHOTOS: Final = 2
"""Of one session, at most."""
REMEMBERED: Final = 3
"""Memories that an agent speaks from."""

FindPicture = Callable[[str], Awaitable[str | None]]
"""From search words to the address or the path of a picture; None where there is none."""


@dataclass(frozen=True, slots=True)
class SessionSetting:
    """What all sessions of a conversation have in common."""

    calendar: Calendar
    memory: LongTermMemory
    max_turns: int
    images: bool
    find_picture: FindPicture | None = None


def most_requests(max_turns: int, *, images: bool) -> int:
    """Return how many requests a session's turns can take."""
    return ASKS * max_turns + (FEWER_ASKS * PHOTOS if images else 0)


async def hold(
    steps: Steps, setting: SessionSetting, number: int, date_time: str, speakers: tuple[Speaker, Speaker]
) -> Session:
    """Return a session of at least two turns; the first speaker begins. ProviderError where no turn can be used."""
    turns: list[Turn] = []
    photos = 0
    leaving = False
    while len(turns) < setting.max_turns:
        speaker = speakers[len(turns) % 2]
        place = len(turns) + 1
        name = f"session-{number:02d}/turn-{place:02d}"
        about = turns[-1].text if turns else " ".join(event.text for event in speaker.events)
        moment = Moment(
            step=name,
            calendar=setting.calendar,
            date_time=date_time,
            turns=turns,
            memories=setting.memory.recall(about, REMEMBERED),
            may_leave=SPOKEN <= place < setting.max_turns and not leaving,
            must_leave=leaving or (place > 2 and place >= setting.max_turns - 1),
            may_share=setting.images and photos < PHOTOS and not leaving,
        )
        said = await speak(steps, speaker, moment)
        if said is None:
            if len(turns) >= 2:
                break
            raise ProviderError(
                f"{steps.conversation}, {name}: {steps.model} gave no turn that can be used in {ASKS} tries: "
                f"{steps.record[name]['refused'][-1]}"
            )
        shared: dict[str, object] = {}
        if said.caption:
            photos += 1
            query = await search_words(steps, f"{name}-photo", said.caption)
            link = await setting.find_picture(query) if setting.find_picture else None
            shared = {"blip_caption": said.caption, "query": query} | ({"img_url": [link]} if link else {})
        turns.append(
            Turn.model_validate(
                {"speaker": speaker.persona.name, "dia_id": f"D{number}:{place}", "text": said.text, **shared}
            )
        )
        if leaving:
            break
        leaving = said.bye
    return Session(number=number, date_time=date_time, turns=turns)
