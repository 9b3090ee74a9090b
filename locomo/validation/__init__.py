"""What must hold of each stage's output, checked by Great Expectations; knows nothing of how it was made.

A stage's output is laid out in tables (`locomo.validation.tables` and its neighbours), one row for each thing that can
be wrong by itself, and each table is held against the rules that a suite (`suites/<name>.yaml`) has for it.
"""

from locomo.validation.finding import Finding, SuiteResult
from locomo.validation.record import validate
from locomo.validation.subject import Subject, recognise
from locomo.validation.suite import SUITES, Suite, load_suite

__all__ = ["SUITES", "Finding", "Subject", "Suite", "SuiteResult", "load_suite", "recognise", "validate"]
