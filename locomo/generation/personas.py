"""Who talks: pairs of lists of attributes become two persons with a name and a summary (section 3.1 of the paper)."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from locomo.dataset.optional import how_to_fetch
from locomo.errors import InputError
from locomo.files import read_json
from locomo.generation.step import BLANK, RefusedError, Step, Steps, answer_schema, example, text_of
from locomo.generation.words import cut, is_said, one_line

GIVEN: Final = ("agent_a.json", "agent_b.json")
SUMMARY: Final = (100, 500)
"""Words and characters of a persona's summary, at most."""
LEAST: Final = 8
"""Words of it."""
LONGEST_NAME: Final = 20
_FIRST_NAME: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NAME: Final = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+){0,2}")
_NAMES: Final = (
    *("Nora", "Samir", "Greta", "Tomas", "Ines", "Kofi", "Maren", "Luis", "Priya", "Anton"),
    *("Yuki", "Oskar", "Leila", "Bruno", "Hedda", "Emeka", "Carla", "Jonas", "Mei", "Stefan"),
)
"""For models that find no name."""


@dataclass(frozen=True, slots=True)
class Persona:
    """One who talks. Attributes are what the summary was made from; none where it was given."""

    name: str
    summary: str
    attributes: tuple[str, ...] = ()


Pair = tuple[tuple[str, ...], tuple[str, ...]]


def personas_of(source: Path, conversations: int, seed: int) -> list[Pair] | list[tuple[Persona, Persona]]:
    """Return a pair for each conversation: sampled from a file of pairs, or the two of a folder for all.

    InputError where there is no such file or folder, or something in it is wrong.
    """
    if source.is_dir():
        return [read_given(source)] * conversations
    if not source.exists() and (how := how_to_fetch(source.name)) is not None:
        raise InputError(f"{source}: not here; {how}")
    return sample_pairs(read_pairs(source), conversations, seed, source)


def read_given(folder: Path) -> tuple[Persona, Persona]:
    """Read `agent_a.json` and `agent_b.json`, objects with `name` and `persona_summary`; InputError if they are not."""
    a, b = (_read_agent(folder / name) for name in GIVEN)
    if a.name.casefold() == b.name.casefold():
        raise InputError(f"{folder / GIVEN[1]}: name: found {b.name!r} again, expected another one than in {GIVEN[0]}")
    return a, b


def _read_agent(path: Path) -> Persona:
    data = read_json(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected an object with name and persona_summary")
    values = []
    for key in ("name", "persona_summary"):
        value = data.get(key)
        if not isinstance(value, str) or not is_said(value):
            found = "missing" if key not in data else f"found {value!r}"
            raise InputError(f"{path}: {key}: {found}, expected text")
        values.append(one_line(value))
    name, summary = values
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise InputError(f"{path}: name: found {name!r}, expected a name of at most {LONGEST_NAME} letters")
    return Persona(name, summary)


def read_pairs(path: Path) -> list[Pair]:
    """Read a file in the shape of MSC's personas: lists of {"Speaker 1": [...], "Speaker 2": [...]}, by split.

    Pairs of which one side is empty, of which MSC has some, are left out. InputError names what is wrong in the file.
    """
    data = read_json(path)
    if not isinstance(data, dict) or not data:
        raise InputError(f"{path}: expected an object of lists of pairs, such as {{'train': [...]}}")
    pairs = []
    for split, entries in data.items():
        if not isinstance(entries, list):
            raise InputError(f"{path}: {split}: expected a list of pairs")
        for number, entry in enumerate(entries):
            where = f"{path}: {split}[{number}]"
            pair = _attributes(entry, "Speaker 1", where), _attributes(entry, "Speaker 2", where)
            if all(pair):
                pairs.append(pair)
    if not pairs:
        raise InputError(f"{path}: no pairs; expected at least one")
    return pairs


def _attributes(entry: Any, speaker: str, where: str) -> tuple[str, ...]:
    found = entry.get(speaker) if isinstance(entry, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, str) and is_said(each) for each in found):
        raise InputError(f"{where}: {speaker}: expected a list of sentences about a person")
    return tuple(one_line(each) for each in found)


def sample_pairs(pairs: list[Pair], count: int, seed: int, where: Path) -> list[Pair]:
    """Return so many pairs without repeats; the first ones stay the same where more are wanted.

    InputError if there are too few.
    """
    unique = list(dict.fromkeys(pairs))
    if count > len(unique):
        raise InputError(
            f"params.yaml: generate.conversations: found {count}, expected at most {len(unique)}, the "
            f"different pairs of personas in {where}"
        )
    random.Random(f"{seed}/personas").shuffle(unique)  # noqa: S311  (nothing secret)
    return unique[:count]


async def expand(steps: Steps, key: str, attributes: tuple[str, ...], other: Persona | None) -> Persona:
    """Return a person of whom the attributes are true, with a name that the other one does not have.

    Where the model finds none, the name is from a list and the summary is the attributes themselves.
    """
    fill = steps.prompts.fill

    def read(value: Any, last: bool) -> Persona:
        name, summary = one_line(value["name"]), one_line(value["summary"])
        if len(name) > LONGEST_NAME or not _FIRST_NAME.fullmatch(name) or name[0].islower():
            if not last:
                raise RefusedError('"name" is not a first name')
            name = _own_name(steps, key, other)
        elif other and name.casefold() == other.name.casefold():
            if not last:
                raise RefusedError(f"{name} is the name of somebody else")
            name = _own_name(steps, key, other)
        if not is_said(summary, LEAST):
            raise RefusedError('"summary" says too little')
        return Persona(name, cut(summary, *SUMMARY), attributes)

    found = await steps.ask(
        Step(
            name=f"persona-{key}",
            system=fill("persona_system"),
            user=fill(
                "persona",
                attributes="\n".join(f"- {each}" for each in attributes),
                avoid=fill("persona_avoid", name=other.name) if other else "",
                example=example(name=BLANK, summary=BLANK),
            ),
            schema=answer_schema(name=text_of(LONGEST_NAME), summary=text_of(SUMMARY[1])),
            read=read,
            max_tokens=500,
        )
    )
    return found or Persona(_own_name(steps, key, other), cut(" ".join(attributes), *SUMMARY), attributes)


def _own_name(steps: Steps, key: str, other: Persona | None) -> str:
    taken = other.name.casefold() if other else ""
    return steps.pick(f"name-{key}").choice([name for name in _NAMES if name.casefold() != taken])
