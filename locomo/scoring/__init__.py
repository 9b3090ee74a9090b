"""Metrics and protocols: what an answer earned. Knows nothing of how answers were made."""

from locomo.scoring.answers import Answer, choose, read_answers
from locomo.scoring.score import check_protocol, score_answers
from locomo.scoring.summary import METRICS, OVERALL, OVERLAP, by_configuration

__all__ = [
    "METRICS",
    "OVERALL",
    "OVERLAP",
    "Answer",
    "by_configuration",
    "check_protocol",
    "choose",
    "read_answers",
    "score_answers",
]
