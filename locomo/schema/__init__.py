"""The typed models that pass between the rooms of this library."""

from locomo.schema.conversation import Conversation, Observation, Session, Turn
from locomo.schema.prediction import Choice, Letter, Prediction, Usage
from locomo.schema.question import CATEGORIES, Question, category_name
from locomo.schema.score import Score
from locomo.schema.verdict import LOCAL, Claim, Verdict

__all__ = [
    "CATEGORIES",
    "LOCAL",
    "Choice",
    "Claim",
    "Conversation",
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
]
