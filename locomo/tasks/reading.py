"""How the original's code reads an answer: in one way for models of a service, in another for those of Hugging Face."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from locomo.schema import Letter

Reading = Callable[[str, Mapping[Letter, str]], str]
"""From a model's words and the options that were put, if any, to the answer."""
_HUGGING_FACE: Final = "hf/"
_MARKS: Final = ("(a)", "(b)", "a)", "b)", "answer:")


def of_services(raw: str, options: Mapping[Letter, str]) -> str:
    """Read one character, and three, as an option: (a) if "a" or "(a)" is all that is said, else (b).

    All else is the answer itself: "A." and "(a)." take no option, and "c" and "yes" take (b).
    """
    text = raw.strip()
    if not options or len(text) not in (1, 3):
        return text
    return options["a" if text.lower() in ("a", "(a)") else "b"]


def of_hugging_face(raw: str, options: Mapping[Letter, str]) -> str:
    """Read the first line: as (a) if it has "(a)" anywhere, else as (b); without options, without their marks."""
    text = raw.replace('\\"', "'").strip().partition("\n")[0].strip()
    if options:
        return options["a" if "(a)" in text.lower() else "b"]
    for mark in _MARKS:
        text = re.sub(re.escape(mark), "", text, flags=re.IGNORECASE)
    return text.strip()


def as_it_is(raw: str, options: Mapping[Letter, str]) -> str:
    """Read nothing into an answer."""
    del options
    return raw.strip()


def reading_of(model: str) -> Reading:
    """Return how the original's code reads the answers of a model, `provider/name`."""
    return of_hugging_face if model.startswith(_HUGGING_FACE) else of_services
