"""Comparing two runs: results at hand, saved ones, or those of git's history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo.evaluation.dataset import Dataset, load_dataset
from locomo.evaluation.results import Results
from locomo.reporting.comparison import Comparison, Run, open_run
from locomo.reporting.comparison import compare as compare_runs
from locomo.schema import Conversation
from locomo.scoring.comparison import PRIMARY


def compare(
    before: Results | str | Path,
    after: Results | str | Path,
    *,
    metric: str | None = None,
    configurations: Sequence[str] | None = None,
    dataset: str | Path | Dataset | None = None,
    fetch: bool = False,
) -> Comparison:
    """Compare two runs on the questions that both have.

    Args:
        before: What `evaluate` or `score` returned, a folder that `Results.save` or the pipeline wrote, a file of
            predictions or scores, a git revision, the name of an experiment, or `workspace`.
        after: Likewise.
        metric: What is compared, such as `recall`. The default is the primary metric, `f1`.
        configurations: Names such as `rag_dialog_k5`, or pairs of them: `qa=rag_dialog_k5`. The default is all that
            both have; where both have one alone, those are compared.
        dataset: What predictions without scores are about.
        fetch: Read from the DVC remote what is not in its cache here.

    Returns:
        Values in [0, 1] with their differences, intervals, p-values and verdicts: `better`, `worse`, `noise`, or
        `unknown` where there is nothing to tell them by. See docs/statistics.md.

    Raises:
        InputError: a run is not there, or both have nothing in common.

    Example:
        >>> before = evaluate("bm25", model="mock/words")
        >>> after = evaluate("hybrid", model="mock/words")
        >>> compare(before, after).verdicts
        {'rag_dialog_k5': 'noise'}
    """
    about = () if dataset is None else load_dataset(dataset).conversations
    runs = [_run(each, about, fetch=fetch) for each in (before, after)]
    return compare_runs(*runs, metric=metric or PRIMARY, configurations=configurations)


def _run(source: Results | str | Path, about: Sequence[Conversation], *, fetch: bool) -> Run:
    return source.run() if isinstance(source, Results) else open_run(str(source), about=about, fetch=fetch)
