"""What a judge says of written turns and their speakers, as metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from locomo.schema.persona import PersonaVerdict
from locomo.schema.task_score import TaskScore

CONSISTENT: Final = "persona_consistent"
CONTRADICTS: Final = "persona_contradicts"
NO_VERDICT: Final = "persona_no_verdict"


def with_persona(scores: Sequence[TaskScore], verdicts: Sequence[PersonaVerdict], judge: str) -> list[TaskScore]:
    """Return the scores with `persona_consistent`, `persona_contradicts` and `persona_no_verdict`, by the judge's name.

    They are 1 where that is so. Turns that were not judged have none, and those without a verdict have the last alone.
    """
    by_place = {(each.sample_id, each.configuration, each.turn): each for each in verdicts}
    found = []
    for score in scores:
        said = by_place.get((score.sample_id, score.configuration, score.place))
        if said is None:
            found.append(score)
            continue
        values = {NO_VERDICT: float(said.verdict is None)}
        if said.verdict is not None:
            values |= {
                CONSISTENT: float(said.verdict == "consistent"),
                CONTRADICTS: float(said.verdict == "contradicts"),
            }
        named = {f"{name}[{judge}]": value for name, value in values.items()}
        found.append(score.model_copy(update={"values": score.values | named}))
    return found
