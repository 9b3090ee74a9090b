"""metrics/errata.json: scores by the golds as released and as corrected, and the ceiling of the released golds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locomo.dataset.errata import apply, errata_version, left_out, read_errata, unanswerable
from locomo.errors import InputError
from locomo.reporting.metrics import DECIMALS
from locomo.schema import Conversation, Score
from locomo.scoring import Answer, ScoringProtocol, metric_names
from locomo.scoring.ceiling import ceilings
from locomo.scoring.corrected import released_and_corrected
from locomo.scoring.protocol import PROTOCOLS


def errata_label(conversations: Sequence[Conversation]) -> str | None:
    """Return the errata that a dataset is scored with as well, for protocol cards: 'locomo10/3'; None without any."""
    try:
        return errata_version(conversations)
    except InputError:  # an edited copy: metrics/errata.json says why
        return None


def errata_file(
    card: Mapping[str, Any],
    conversations: Sequence[Conversation],
    answers: Iterable[Answer],
    scores: Sequence[Score],
    protocol: ScoringProtocol = PROTOCOLS["paper"],
) -> dict[str, Any]:
    """Return the contents: the run, the errata, ceilings, and {configuration: {category: F1}} by either golds;
    `metric` is the full name of that F1. `scores` are what the answers earned by the golds as released.

    Where the dataset has no errata, `errata` is null and there is only the ceiling of its golds; `why` says so where it
    is an edited copy of one that has. Means are over all questions as released, and without those in `left_out` as
    corrected (`questions` counts them).
    """
    contents: dict[str, Any] = dict(card) | {"metric": metric_names(protocol)["f1"]}
    try:
        errata = read_errata(conversations)
    except InputError as error:
        errata, contents["why"] = None, str(error)
    if errata is None:
        return contents | {"errata": None, "ceiling": _rounded(ceilings(conversations, conversations, (), protocol))}
    counted = {
        conversation.question_id(index)
        for conversation in conversations
        for index, _ in conversation.chosen(protocol.categories)
    }
    corrected, out = apply(conversations, errata), left_out(errata)
    by_released, by_corrected = released_and_corrected(
        conversations, corrected, answers, scores, out, protocol=protocol
    )
    return contents | {
        "errata": errata.label,
        "corrections": {
            field: sum(entry.field == field for entry in errata.of("accepted")) for field in ("answer", "evidence")
        },
        "questions": {
            "released": len(counted),
            "corrected": len(counted.difference(out)),
        },
        "left_out": out,
        "ceiling": _rounded(ceilings(conversations, corrected, unanswerable(errata), protocol)),
        "released_f1": {configuration: _rounded(means) for configuration, means in by_released.items()},
        "corrected_f1": {configuration: _rounded(means) for configuration, means in by_corrected.items()},
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, DECIMALS) for name, value in values.items()}
