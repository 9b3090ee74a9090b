"""What the local judge weighs: words, dates, numbers and negations in common, hedging, and the nearness of meanings."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence, Set
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from locomo.retrieval.encoder import Encoder, open_encoder
from locomo.schema import Claim
from locomo.scoring.f1 import stem
from locomo.scoring.intervals import DATE, lies_in
from locomo.scoring.normalise import NEGATIONS, normalise
from locomo.scoring.refusal import refuses
from locomo.scoring.strict import normalised_f1, symmetric_list_f1

ENCODER: Final = "minilm"
DECIMALS: Final = 3
"""Of cosines, whose last bits depend on the machine."""
_STOP: Final = frozenset(
    (
        *("i", "me", "my", "we", "our", "you", "your", "he", "him", "his", "she", "her", "hers", "it", "its", "they"),
        *("them", "their", "this", "that", "these", "those", "is", "am", "are", "was", "were", "be", "been", "being"),
        *("have", "has", "had", "do", "does", "did", "done", "will", "would", "can", "could", "of", "at", "by", "for"),
        *("with", "about", "to", "from", "in", "on", "as", "into", "so", "than", "too", "very", "s", "and", "or"),
        *("what", "which", "who", "whom", "whose", "when", "where", "why", "how", "there", "then", "also", "just"),
        *("but", "if", "because", "while", "any", "some", "answer", "one"),
    )
)
_HEDGES: Final = frozenset(
    (
        *("maybe", "perhaps", "possibly", "probably", "might", "may", "something", "somewhere", "someone", "somebody"),
        *("somehow", "sometime", "some", "around", "roughly", "approximately", "various", "several", "few", "certain"),
        *("kind", "sort", "thing", "things", "stuff", "related", "similar", "general", "generally", "vague", "vaguely"),
        *(
            "etc",
            "seems",
            "seem",
            "apparently",
            "unsure",
            "unclear",
            "sure",
            "recently",
            "lately",
            "point",
            "different",
        ),
        *("other", "others", "whatever", "anything", "likely", "guess", "either", "or", "could", "along", "lines"),
    )
)
_WHEN: Final = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"spring|summer|autumn|fall|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend)\b"
)
FEATURES: Final = (
    *("strict_f1", "covered", "covered_new", "exact", "nothing_covered", "fresh", "fresh_words", "near_letters"),
    *("date_right", "date_wrong", "date_missing", "number_right", "number_wrong", "number_missing"),
    *("one_denies", "refuses", "hedges", "hedges_beyond_gold", "alternatives"),
    *("cosine", "cosine_squared", "cosine_in_context", "cosine_with_question", "cosine_gain"),
    *("length_of_gold", "length_ratio", "covered_and_hedged", "covered_new_and_near", "short_gold_covered"),
)


def features_of(claims: Sequence[Claim]) -> NDArray[np.float64]:
    """Return the features of claims with a gold answer, shape (claims, FEATURES)."""
    cosines = _cosines(claims)
    return np.array([_row(claim, *near) for claim, near in zip(claims, cosines, strict=True)])


def _row(claim: Claim, cosine: float, in_context: float, with_question: float) -> list[float]:
    gold_text, said_text = claim.gold or "", claim.answer
    gold_words, said_words = normalise(gold_text).split(), normalise(said_text).split()
    gold, said = _content(gold_words), _content(said_words)
    asked = set(_content(normalise(claim.question).split()))
    gold_new = [word for word in gold if word not in asked]
    said_new = [word for word in said if word not in asked]
    covered = _share(gold, said)
    covered_new = _share(gold_new, said) if gold_new else covered
    fresh = [word for word in said_new if word not in set(gold)]
    hedges = _hedges(said_words)
    beyond = max(0.0, hedges - _hedges(gold_words))
    dates, numbers = _dates(gold_words, said_words, said_text), _numbers(gold_words, said_words)
    denies = float(NEGATIONS.isdisjoint(gold_words) != NEGATIONS.isdisjoint(said_words))
    words = dict(
        strict_f1=max(normalised_f1(said_text, gold_text), symmetric_list_f1(said_text, gold_text)),
        covered=covered,
        covered_new=covered_new,
        exact=float(Counter(gold_words) == Counter(said_words)),
        nothing_covered=float(covered_new == 0),
        fresh=len(fresh) / max(1, len(said_new)),
        fresh_words=math.log1p(len(fresh)),
        near_letters=_near_letters(" ".join(gold_words), " ".join(said_words)),
        date_right=dates[0],
        date_wrong=dates[1],
        date_missing=dates[2],
        number_right=numbers[0],
        number_wrong=numbers[1],
        number_missing=numbers[2],
        one_denies=denies,
        refuses=float(refuses(said_text) and not refuses(gold_text)),
        hedges=math.log1p(hedges),
        hedges_beyond_gold=math.log1p(beyond),
        alternatives=float("or" in said_words and "or" not in gold_words),
        cosine=cosine,
        cosine_squared=cosine * abs(cosine),
        cosine_in_context=in_context,
        cosine_with_question=with_question,
        cosine_gain=cosine - with_question,
        length_of_gold=math.log1p(len(gold)),
        length_ratio=math.log((1 + len(said_words)) / (1 + len(gold_words))),
        covered_and_hedged=covered_new * float(beyond > 0),
        covered_new_and_near=covered_new * cosine,
        short_gold_covered=float(len(gold_new) <= 2) * covered_new,
    )
    return [float(words[name]) for name in FEATURES]


def _content(words: Sequence[str]) -> list[str]:
    kept = [word for word in words if word not in _STOP]
    return [stem(word) for word in kept or words]


def _share(wanted: Sequence[str], there: Sequence[str]) -> float:
    """Return the share of some stems that a text has, dates of other exactness included."""
    if not wanted:
        return 0.0
    have = set(there)
    return sum(word in have or _dated(word, have) for word in wanted) / len(wanted)


def _dated(word: str, have: Set[str]) -> bool:
    return bool(DATE.fullmatch(word)) and any(lies_in(other, word) for other in have)


def _dates(gold: Sequence[str], said: Sequence[str], said_text: str) -> tuple[float, float, float]:
    """Return whether the dates of the gold answer are there, others are, or none is."""
    wanted = [word for word in gold if DATE.fullmatch(word)]
    if not wanted:
        return 0.0, 0.0, 0.0
    found = [word for word in said if DATE.fullmatch(word)]
    if all(_dated(word, set(found)) for word in wanted):
        return 1.0, 0.0, 0.0
    if found:
        return 0.0, 1.0, 0.0
    return 0.0, float(bool(_WHEN.search(said_text.lower()))) / 2, 1.0


def _numbers(gold: Sequence[str], said: Sequence[str]) -> tuple[float, float, float]:
    wanted = {word for word in gold if word[0].isdigit() and not DATE.fullmatch(word)}
    if not wanted:
        return 0.0, 0.0, 0.0
    found = {word for word in said if word[0].isdigit() and not DATE.fullmatch(word)}
    if wanted <= found:
        return 1.0, 0.0, 0.0
    return (0.0, 1.0, 0.0) if found else (0.0, 0.0, 1.0)


def _hedges(words: Sequence[str]) -> float:
    return float(sum(word in _HEDGES for word in words))


def _near_letters(gold: str, said: str) -> float:
    """Return the share of the gold's runs of three letters that the answer has: other endings, other spellings."""
    grams = [{f" {text} "[place : place + 3] for place in range(len(text))} for text in (gold, said)]
    return len(grams[0] & grams[1]) / len(grams[0]) if grams[0] else 0.0


@cache
def _encoder() -> Encoder:
    return open_encoder(ENCODER)


def _cosines(claims: Sequence[Claim]) -> NDArray[np.float64]:
    """Return the nearness of answer and gold, of both behind the question, and of answer and question: (claims, 3)."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    rows = [
        (
            *(place(claim.answer), place(claim.gold or "")),
            *(place(f"{claim.question} {claim.answer}"), place(f"{claim.question} {claim.gold}")),
            place(claim.question),
        )
        for claim in claims
    ]
    vectors = _encoder().encode(list(texts), side="passage")
    one, gold, one_asked, gold_asked, question = (vectors[[row[column] for row in rows]] for column in range(5))
    pairs = ((one, gold), (one_asked, gold_asked), (one, question))
    return np.stack([(a * b).sum(axis=1) for a, b in pairs], axis=1).astype(np.float64).round(DECIMALS)
