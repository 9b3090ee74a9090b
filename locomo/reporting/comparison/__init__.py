"""Two runs side by side: what they are, what changed, how sure that is, and the answers behind it."""

from locomo.reporting.comparison.comparison import Comparison, compare
from locomo.reporting.comparison.line import ComparedLine
from locomo.reporting.comparison.run import Run, open_run

__all__ = ["ComparedLine", "Comparison", "Run", "compare", "open_run"]
