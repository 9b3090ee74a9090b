"""Metrics and protocols: what an answer earned. Knows nothing of how answers were made."""

from locomo.scoring.answers import Answer, choose, read_answers
from locomo.scoring.metric import FAMILIES, METRICS, field_of, metric_names
from locomo.scoring.protocol import ScoringProtocol, scoring_protocol
from locomo.scoring.score import score_answers
from locomo.scoring.summary import OVERALL, by_configuration

__all__ = [
    "FAMILIES",
    "METRICS",
    "OVERALL",
    "Answer",
    "ScoringProtocol",
    "by_configuration",
    "choose",
    "field_of",
    "metric_names",
    "read_answers",
    "score_answers",
    "scoring_protocol",
]
