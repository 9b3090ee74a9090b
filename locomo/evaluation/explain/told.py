"""What the rows of an answer file say beside the answers: categories, scores of their own, how much was retrieved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any, Final

from locomo.scoring import Answer

_CATEGORY: Final = ("category", "question_type", "category_name", "qa_type", "type", "task_type")
_SCORES: Final = re.compile(
    r"(^|[_.])(score|scores|judg\w*|grade|correct|is_correct|label|accuracy|acc|f1|bleu\w*|rouge\w*|llm|verdict|passed)($|_)",
    re.IGNORECASE,
)
_YES_AND_NO: Final = {
    **dict.fromkeys(("correct", "right", "yes", "true", "pass", "passed"), 1.0),
    **dict.fromkeys(("wrong", "incorrect", "no", "false", "fail", "failed"), 0.0),
}
_K: Final = ("k", "top_k", "topk", "limit", "num_memories", "retrieve_k")
_TOKENS: Final = re.compile(r"(context|memor|retriev|prompt|search).*tokens?$", re.IGNORECASE)
_CONTEXT: Final = re.compile(r"^(search_)?(context|contexts|memories|retrieved\w*|speaker_\d_memories)$", re.IGNORECASE)
CHARACTERS: Final = 4
"""A token has so many, where a file has the text alone: an estimate for English."""


def labels(answers: Sequence[Answer]) -> dict[str, str]:
    """Return what the file calls the category of a question, by id; nothing for rows that do not say."""
    found = {}
    for answer in answers:
        named = [answer.row[name] for name in _CATEGORY if isinstance(answer.row.get(name), str | int)]
        if named:
            found[answer.id] = str(named[0])
    return found


def own_scores(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return {name: {id: score in [0, 1]}} of the scores that a file has for its answers.

    Fields count by their names, inside objects too; several numbers or verdicts under one name count with their mean.
    A field with values above 1 is taken as percent.
    """
    found: dict[str, dict[str, float]] = {}
    for answer in answers:
        for name, value in _fields(answer.row):
            if _SCORES.search(name) and (number := _score(value)) is not None:
                found.setdefault(name, {})[answer.id] = number
    whole = {name: max(values.values()) for name, values in found.items()}
    return {
        name: values if whole[name] <= 1 else {key: value / 100 for key, value in values.items()}
        for name, values in found.items()
        if min(values.values()) >= 0 and whole[name] <= 100
    }


def retrieved(answers: Sequence[Answer]) -> dict[str, float | str]:
    """Return what a file tells of the context: `k` (most frequent), `tokens` (mean), `estimated_tokens` (mean)."""
    ks = Counter(str(answer.row[name]) for answer in answers for name in _K if isinstance(answer.row.get(name), int))
    if not ks:
        ks = Counter(str(len(answer.context_ids)) for answer in answers if answer.context_ids)
    tokens = [
        float(value)
        for answer in answers
        for name, value in _fields(answer.row)
        if _TOKENS.search(name) and isinstance(value, int | float) and not isinstance(value, bool)
    ]
    texts = [
        sum(len(str(value)) for name, value in answer.row.items() if _CONTEXT.match(name) and value)
        for answer in answers
    ]
    found: dict[str, float | str] = {}
    if ks:
        found["k"] = ks.most_common(1)[0][0]
    if tokens:
        found["tokens"] = fmean(tokens)
    elif any(texts):
        found["estimated_tokens"] = fmean(texts) / CHARACTERS
    return found


def _fields(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a row and of the objects in it; an object of verdicts only is one field."""
    for name, value in row.items():
        if isinstance(value, Mapping) and not (value and all(_score(each) is not None for each in value.values())):
            yield from ((f"{name}.{inner}", each) for inner, each in _fields(value))
        elif isinstance(value, Mapping) and not _SCORES.search(name):
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value


def _score(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        return _YES_AND_NO.get(value.strip().casefold())
    parts = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    numbers = [_score(part) for part in parts]
    return (
        fmean(known) if numbers and len(known := [each for each in numbers if each is not None]) == len(parts) else None
    )
