"""The baseline that always says it does not know: no model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from locomo.schema import Conversation, Prediction, Usage
from locomo.schema.prediction import ALWAYS_REFUSE
from locomo.scoring.protocol import ScoringProtocol

REFUSAL: Final = "Not mentioned"


def refusals(conversations: Sequence[Conversation], protocol: ScoringProtocol) -> list[Prediction]:
    """Return one row a question that the protocol scores.

    Under `paper` they earn 22.5% of LoCoMo: all of category 5, nothing else.
    """
    return [
        Prediction(
            id=conversation.question_id(index),
            sample_id=conversation.sample_id,
            index=index,
            category=question.category,
            question=question.question,
            reference=question.reference,
            prediction=REFUSAL,
            raw=REFUSAL,
            context_ids=[],
            task="baseline",
            unit=ALWAYS_REFUSE,
            k=None,
            model="none",
            protocol=protocol.name,
            usage=Usage(cost_usd=0.0),
            request="",
        )
        for conversation in conversations
        for index, question in conversation.chosen(protocol.categories)
    ]
