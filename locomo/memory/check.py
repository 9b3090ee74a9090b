"""What a memory system keeps and what it ignores: a scripted life is told, and the system is asked about it.

Looked at are the memories that a search returns, not what a model would make of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from locomo.files import parse_yaml
from locomo.memory.conformance import Outcome
from locomo.memory.messages import Found
from locomo.memory.program import Program
from locomo.memory.start import Starter
from locomo.memory.system import System
from locomo.schema import Conversation, Session, Turn

K: Final = 5
PARROT: Final = "What is the name of Mara's parrot?"
MOVED: Final = "Who moved to Lisbon?"
DRINK: Final = "What is Mara's favourite drink?"
BOAT: Final = "What is Ines's boat called?"
PLANTED: Final = "Did Mara ever sail on a submarine called Nautilene?"


@dataclass(frozen=True, slots=True)
class Property:
    """Something that a memory should keep, and what became of it."""

    name: str
    outcome: Outcome
    seen: str
    """What that rests on."""


def check(system: System, starter: Starter, folder: Path) -> list[Property]:
    """Tell a system the scripted life, in stores below a folder, and return what it kept.

    MemorySystemError if the system fails.
    """
    first, second = life()
    with ThreadPoolExecutor(2) as pool:  # two conversations at once, as the stage ingests them
        parrot, other = pool.map(lambda each: _told(system, each, starter, folder / each.sample_id), (first, second))
    again = _told(system, first, starter, folder / "again")
    with _opened(system, first, starter, _copy(folder / first.sample_id, folder / "copy")) as program:
        reopened = program.search(PARROT, K)
        lisbon, drink, boat = (program.search(question, K) for question in (MOVED, DRINK, BOAT))
        program.search(PLANTED, K)
        planted = program.search(PLANTED, K)
        program.close()
    with _opened(system, first, starter, folder / "empty") as program:
        forgotten = program.search(PARROT, K)
        program.close()
    return [
        _holds("names", _with(parrot, "Quillon"), parrot, "a name that was said once"),
        _dates(parrot),
        _holds("speakers", [each for each in _with(lisbon, "Lisbon") if "Teo" in each.shown], lisbon, "who said it"),
        _updates(drink),
        _absent("isolation", "Zephyrine", [*boat, *parrot], other, "another conversation, ingested at once"),
        _same("persistence", parrot, reopened, "after a restart, from a copy of its store"),
        _absent("reset", "Quillon", forgotten, parrot, "an empty store after a full one"),
        _absent("questions are not remembered", "Nautilene", planted, parrot, "a question that was asked twice"),
        _same("determinism", parrot, again, "after the same sessions in a new store"),
        _provenance(parrot),
    ]


def life() -> list[Conversation]:
    """Return the scripted conversations."""
    text = files("locomo.memory").joinpath("life.yaml").read_text(encoding="utf-8")
    return [_conversation(each) for each in parse_yaml(text, "life.yaml")]


def _conversation(told: dict[str, Any]) -> Conversation:
    sessions = [
        Session(
            number=number,
            date_time=session["date_time"],
            turns=[
                Turn(speaker=speaker, dia_id=f"D{number}:{place}", text=text)
                for place, (speaker, text) in enumerate(session["turns"], start=1)
            ],
        )
        for number, session in enumerate(told["sessions"], start=1)
    ]
    speaker_a, speaker_b = told["speakers"]
    nothing: dict[str, Any] = {}
    return Conversation(
        sample_id=told["sample_id"],
        speaker_a=speaker_a,
        speaker_b=speaker_b,
        sessions=sessions,
        questions=[],
        observations=[],
        summaries={},
        raw_observation=nothing,
        raw_event_summary=nothing,
        conversation_extra=nothing,
        extra=nothing,
    )


def _told(system: System, conversation: Conversation, starter: Starter, folder: Path) -> list[Found]:
    """Tell a system a conversation, and return what it finds before it is closed for the first time."""
    with _opened(system, conversation, starter, folder, "ingest") as program:
        for session in conversation.sessions:
            program.add(session)
        found = program.search(PARROT if conversation.sample_id == "check-1" else BOAT, K)
        program.close()
    return found


def _opened(
    system: System,
    conversation: Conversation,
    starter: Starter,
    folder: Path,
    phase: Literal["ingest", "search"] = "search",
) -> Program:
    folder.mkdir(parents=True, exist_ok=True)
    return starter.start(system, conversation, phase, folder)


def _copy(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to, symlinks=True)
    return to


def _with(found: Sequence[Found], word: str) -> list[Found]:
    return [each for each in found if word.lower() in each.text.lower()]


def _first(found: Sequence[Found]) -> str:
    return repr(found[0].shown) if found else "nothing was found"


def _holds(name: str, holding: Sequence[Found], found: Sequence[Found], what: str) -> Property:
    return Property(name, "kept" if holding else "lost", f"{what}: {_first(holding or found)}")


def _dates(found: Sequence[Found]) -> Property:
    facts = _with(found, "Quillon")
    if not facts:
        return Property("dates", "not applicable", "the fact itself was lost")
    dated = [each for each in facts if _tells_the_day(each.shown)]
    return Property("dates", "kept" if dated else "lost", f"10 January 2024: {_first(dated or facts)}")


def _tells_the_day(text: str) -> bool:
    lower = text.lower()
    return "2024-01-10" in lower or ("2024" in lower and "10" in lower and "jan" in lower)


def _updates(found: Sequence[Found]) -> Property:
    drinks = [each for each in found if "favourite" in each.text.lower() or "favorite" in each.text.lower()]
    if not drinks:
        return Property("updates", "lost", f"a fact that replaces another: {_first(found)}")
    newest = "coffee" in drinks[0].text.lower()
    return Property("updates", "kept" if newest else "lost", f"the newer fact comes first: {_first(drinks)}")


def _absent(name: str, word: str, found: Sequence[Found], elsewhere: Sequence[Found], what: str) -> Property:
    """A word must not be found here; that is no merit of a system which finds nothing anywhere."""
    if leaked := _with(found, word):
        return Property(name, "lost", f"{what}: {_first(leaked)}")
    return Property(name, "kept" if elsewhere else "not applicable", f"{what}: no trace of it")


def _same(name: str, one: Sequence[Found], other: Sequence[Found], what: str) -> Property:
    if not one:
        return Property(name, "not applicable", "nothing was found")
    same = [each.text for each in one] == [each.text for each in other]
    return Property(name, "kept" if same else "lost", f"{what}: {'the same' if same else 'other'} memories")


def _provenance(found: Sequence[Found]) -> Property:
    facts = _with(found, "Quillon")
    if not any(each.dia_ids for each in found):
        return Property("provenance", "not applicable", "memories cite no turns")
    if not facts:
        return Property("provenance", "not applicable", "the fact itself was lost")
    cited = [each for each in facts if "D1:1" in each.dia_ids]
    ids = ", ".join(facts[0].dia_ids) or "none"
    return Property("provenance", "kept" if cited else "lost", f"said in D1:1, cited {ids}")
