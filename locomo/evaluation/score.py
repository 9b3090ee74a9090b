"""Scoring predictions that somebody has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from locomo.dataset.subset import EVERYTHING, Subset, select
from locomo.errors import InputError
from locomo.evaluation.dataset import SAMPLE, Dataset, load_dataset
from locomo.evaluation.given import UNKNOWN, read_given
from locomo.evaluation.outside import here, open_outside, params_here
from locomo.evaluation.results import Results
from locomo.evaluation.scored import score_run
from locomo.evaluation.scripts import warn_of_scripts
from locomo.pipeline.models import open_judge
from locomo.pipeline.resolution import Resolver, digest
from locomo.pipeline.runs import run_of_its_own
from locomo.schema import Conversation
from locomo.scoring import Answer, scoring_protocol

DEFAULT: Final = "strict"
WHERE: Final = "score()"


def score(
    predictions: Any,
    dataset: str | Path | Dataset = SAMPLE,
    protocol: str | None = None,
    *,
    judge: str | None = None,
    judge_prompt: str = "balanced",
    votes: int = 1,
    bertscore: str | None = None,
    key: str | None = None,
    one: bool = False,
    subset: Subset = EVERYTHING,
    questions: Collection[str] | None = None,
    params: Mapping[str, Any] | None = None,
) -> Results:
    """Score predictions against a dataset's gold answers.

    Args:
        predictions: A path (JSON lines, or the original code's output), a list of rows, a pandas DataFrame, or
            `Results` to be scored again. A row has `id` (`<sample_id>:<index>`) and `prediction`, and may have
            `context_ids` (turns that the model was shown, for recall), `task`, `unit` and `k` (which name its
            configuration), `choice`, `repeat` and `error`.
        dataset: A name, a path, or what `load_dataset` returns.
        protocol: `paper`, `head`, `strict` or `judge`. The default is what all rows say of themselves, else `strict`.
        judge: A model that judges the answers too.
        judge_prompt: How it judges: `strict`, `balanced`, `lenient`, or the path of a file (docs/judge.md).
        votes: Verdicts an answer, an odd number; most of them count.
        bertscore: An encoder for BERTScore, such as `minilm`.
        key: Which answers to score, where there are those of several configurations; None for all.
        one: Refuse several configurations, unless `key` names one.
        subset: Which conversations and categories count; answers to other questions are not read.
        questions: Ids of the only questions that count.
        params: Any other parameter of params.yaml by its dotted name, such as `{"llm.budget_usd": 1.0}`.

    Returns:
        The answers with their scores.

    Raises:
        InputError: a row is wrong, an answer is missing or occurs twice, or a name cannot be meant.
        ProviderError: the judge cannot be used here, or refused for good.

    Examples:
        >>> rows = [{"id": row["id"], "prediction": "3 March 2023"} for row in load_dataset().questions]
        >>> score(rows, "sample", "paper").metrics["qa"]["temporal"]["n"]
        33
    """
    data = load_dataset(dataset)
    counted = select(data.conversations, subset, where="subset", questions=questions)
    source = predictions.predictions if isinstance(predictions, Results) else predictions
    answers, rows = read_given(source, data.conversations, key, one=one)
    said = {row.protocol for row in rows}
    name = protocol or (said.pop() if len(said) == 1 else "") or DEFAULT
    if scoring_protocol(name).needs_judge and judge is None:
        raise InputError(f"protocol '{name}': say who judges, such as judge='openai/gpt-4o-mini'")
    models = sorted({row.model for row in rows})
    settings = params_here(
        WHERE,
        {
            "dataset": data.name,
            "model": ", ".join(models) or UNKNOWN,
            "protocol": name,
            "seed": here("seed") or 0,
            "baselines": [],
            "subset": subset.model_dump(),
            "judge": {"model": judge, "prompt": judge_prompt, "votes": votes},
            "score": {"bertscore": bertscore},
        },
        dict(params or {}),
    )
    where = str(predictions) if isinstance(predictions, str | Path) else "predictions"
    with run_of_its_own():
        scored = score_run(
            settings,
            counted,
            [row for row in rows if row.sample_id in {each.sample_id for each in counted}],
            partial(open_outside, settings, opener=open_judge),
            answers=_of(answers, data.conversations, counted),
            where=where,
        )
    warn_of_scripts(counted, scored.protocol)
    return Results(
        where,
        Dataset(data.name, tuple(counted), len(data.questions)),
        scored,
        [],
        digest(Resolver({}).resolve(settings)),
    )


def _of(answers: Sequence[Answer], every: Sequence[Conversation], counted: Sequence[Conversation]) -> list[Answer]:
    """Return the answers about conversations that count; those about unknown ones are left to scoring to refuse."""
    out = {each.sample_id for each in every} - {each.sample_id for each in counted}
    return [answer for answer in answers if answer.id.rpartition(":")[0] not in out]
