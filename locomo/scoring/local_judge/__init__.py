"""A judge without a language model: a logistic regression over what an answer and its gold answer have in common."""

from locomo.scoring.local_judge.judging import judge_here, judge_name, local_version

__all__ = ["judge_here", "judge_name", "local_version"]
