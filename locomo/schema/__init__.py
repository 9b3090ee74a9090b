"""The typed models that pass between the rooms of this library."""

from locomo.schema.conversation import Conversation, Observation, Session, Turn
from locomo.schema.prediction import Prediction, Usage
from locomo.schema.question import CATEGORIES, Question, category_name
from locomo.schema.score import Score

__all__ = [
    "CATEGORIES",
    "Conversation",
    "Observation",
    "Prediction",
    "Question",
    "Score",
    "Session",
    "Turn",
    "Usage",
    "category_name",
]
