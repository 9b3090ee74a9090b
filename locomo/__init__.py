"""LoCoMo, the benchmark of very long-term conversational memory: as functions here, and as a reproducible pipeline.

>>> from locomo import compare, evaluate
>>> before = evaluate("bm25", model="mock/words")
>>> after = evaluate("hybrid", model="mock/words")
>>> compare(before, after).verdicts
{'rag_dialog_k5': 'noise'}

What a name stands for is imported when it is asked for, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from locomo.errors import InputError, LocomoError
    from locomo.evaluation.compare import compare
    from locomo.evaluation.dataset import Dataset, load_dataset
    from locomo.evaluation.evaluate import evaluate
    from locomo.evaluation.results import Results
    from locomo.evaluation.score import score
    from locomo.reporting.comparison import Comparison
    from locomo.retrieval.memory import Memory

__all__ = [
    "Comparison",
    "Dataset",
    "InputError",
    "LocomoError",
    "Memory",
    "Results",
    "compare",
    "evaluate",
    "load_dataset",
    "score",
]

_HOMES: Final = {
    "Comparison": "locomo.reporting.comparison",
    "Dataset": "locomo.evaluation.dataset",
    "InputError": "locomo.errors",
    "LocomoError": "locomo.errors",
    "Memory": "locomo.retrieval.memory",
    "Results": "locomo.evaluation.results",
    "compare": "locomo.evaluation.compare",
    "evaluate": "locomo.evaluation.evaluate",
    "load_dataset": "locomo.evaluation.dataset",
    "score": "locomo.evaluation.score",
}
"""Public name to the module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'locomo' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
