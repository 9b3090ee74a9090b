"""Whether an answer says that there is none."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import regex
import yaml

from locomo.scoring.normalise import folded, normalise

_FILE: Final = Path(__file__).with_name("refusals.yaml")
_LONGEST: Final = 300
"""Characters of the longest sentence that is read: a refusal is short, and reading takes longer than the text grows."""
_HINT: Final = regex.compile(
    "no|n['’]t|un|ins?uff|never|n/a|impossible|lack|fail|missing|absent|in(?:conc|det)|too little", regex.IGNORECASE
)
"""Every refusal in English has one of these: most answers need not be normalised."""
_SENTENCE_END: Final = regex.compile(r"(?<=[^.\s]{2}[.!?])\s+|[;\n]|\s[-–—]\s|:\s")
_ARTICLE: Final = regex.compile(r"\s*(?:the|an?)\s", regex.IGNORECASE)


def refuses(text: str) -> bool:
    """Whether an answer says that the conversation has none, or that the model knows none. "No" alone is an answer.

    Each sentence is read from its beginning: "The store was not available on Sunday" and "She did not know anyone
    there" are answers. In other languages than English a phrase of refusals.yaml is looked for.
    """
    sentences = [sentence for sentence in _SENTENCE_END.split(text) if len(sentence) <= _LONGEST]
    if _HINT.search(text) and any(map(_refuses_in_english, sentences)):
        return True
    languages = _patterns()["languages"]
    return any(languages.search(folded(sentence)) for sentence in sentences)


def _refuses_in_english(sentence: str) -> bool:
    """Normalising drops articles; that of the subject tells a thing from a speaker, and comes back."""
    if not _HINT.search(sentence):
        return False
    patterns = _patterns()
    words = patterns["lead_in"].sub("", ("the " if _ARTICLE.match(sentence) else "") + normalise(sentence))
    return any(pattern.search(words) for pattern in patterns["english"])


@lru_cache(maxsize=1)
def _patterns() -> dict[str, Any]:
    """Return the expressions of refusals.yaml, compiled."""
    contents = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    parts: dict[str, str] = {}
    for name, part in contents["parts"].items():
        parts[name] = _filled(part, parts)
    return {
        "lead_in": regex.compile(parts["lead_in"]),
        "english": [regex.compile(_filled(pattern, parts)) for pattern in contents["english"]],
        "languages": regex.compile("|".join(phrase for found in contents["languages"].values() for phrase in found)),
    }


def _filled(pattern: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        pattern = pattern.replace(f"<{name}>", part)
    return pattern
