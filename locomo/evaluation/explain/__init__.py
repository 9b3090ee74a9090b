"""The number doctor: what a published number is made of."""

from locomo.evaluation.explain.explain import Explanation, explain

__all__ = ["Explanation", "explain"]
