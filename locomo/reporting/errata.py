"""metrics/errata.json: scores by the golds as released and as corrected, and the ceiling of the released golds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locomo.dataset.errata import apply, left_out, read_errata, unanswerable
from locomo.errors import InputError
from locomo.reporting.metrics import DECIMALS
from locomo.schema import Conversation
from locomo.scoring import Answer
from locomo.scoring.ceiling import ceilings
from locomo.scoring.corrected import released_and_corrected


def errata_file(
    card: Mapping[str, Any], conversations: Sequence[Conversation], answers: Sequence[Answer]
) -> dict[str, Any]:
    """Return the contents: the run, the errata, ceilings, and {configuration: {category: F1}} by either golds.

    Where the dataset has no errata, `errata` is null and there is only the ceiling of its golds; `why` says so where it
    is an edited copy of one that has. Means are over all questions as released, and without those in `left_out` as
    corrected (`questions` counts them).
    """
    contents: dict[str, Any] = dict(card)
    try:
        errata = read_errata(conversations)
    except InputError as error:
        errata, contents["why"] = None, str(error)
    if errata is None:
        return contents | {"errata": None, "ceiling": _rounded(ceilings(conversations, conversations))}
    corrected, out = apply(conversations, errata), left_out(errata)
    by_released, by_corrected = released_and_corrected(conversations, corrected, answers, out)
    return contents | {
        "errata": errata.label,
        "corrections": {
            field: sum(entry.field == field for entry in errata.of("accepted")) for field in ("answer", "evidence")
        },
        "questions": {
            "released": sum(len(conversation.questions) for conversation in conversations),
            "corrected": sum(len(conversation.questions) for conversation in conversations) - len(out),
        },
        "left_out": out,
        "ceiling": _rounded(ceilings(conversations, corrected, unanswerable(errata))),
        "released_f1": {configuration: _rounded(means) for configuration, means in by_released.items()},
        "corrected_f1": {configuration: _rounded(means) for configuration, means in by_corrected.items()},
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, DECIMALS) for name, value in values.items()}
