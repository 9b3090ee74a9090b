"""The typed models that pass between the rooms of this library."""

from locomo.schema.category import (
    CATEGORIES,
    DECLARATIONS,
    LOCOMO,
    Category,
    Declaration,
    category_name,
    category_of,
    declared,
)
from locomo.schema.conversation import Conversation, Observation, Session, Turn
from locomo.schema.prediction import Choice, Letter, Prediction, Usage
from locomo.schema.question import Question
from locomo.schema.score import Score
from locomo.schema.verdict import LOCAL, Claim, Verdict

__all__ = [
    "CATEGORIES",
    "DECLARATIONS",
    "LOCAL",
    "LOCOMO",
    "Category",
    "Choice",
    "Claim",
    "Conversation",
    "Declaration",
    "Letter",
    "Observation",
    "Prediction",
    "Question",
    "Score",
    "Session",
    "Turn",
    "Usage",
    "Verdict",
    "category_name",
    "category_of",
    "declared",
]
