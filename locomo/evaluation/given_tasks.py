"""Scoring rows of the other tasks that somebody has in a file: `locomo score FILE --task events|dialogue`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from locomo.dataset.dialogue_rows import read_dialogue_rows
from locomo.dataset.event_rows import read_event_rows
from locomo.evaluation.dataset import load_dataset
from locomo.evaluation.dialogue_scores import score_dialogue_rows
from locomo.evaluation.event_scores import score_event_rows
from locomo.evaluation.outside import here, open_outside, params_here
from locomo.evaluation.task_files import dialogue_file, events_file
from locomo.pipeline.models import open_judge
from locomo.pipeline.runs import run_of_its_own
from locomo.schema.task_score import TaskScore

Task = Literal["events", "dialogue"]
WHERE: Final = "locomo score --task"


def score_task(
    path: Path,
    data: str | Path,
    task: Task,
    *,
    judge: str | None = None,
    bertscore: str | None = None,
    clip: str | None = None,
) -> dict[str, Any]:
    """Return the contents of metrics/<task>.json, with `scores`: a row for each piece that was scored.

    A judge holds facts of events, or turns of dialogue against what is known of their speakers.
    InputError if the file is not of the task, or about other conversations; ProviderError if the judge cannot be used.
    """
    dataset = load_dataset(data)
    settings = params_here(
        WHERE,
        {
            "dataset": dataset.name,
            "model": "unknown",
            "protocol": "paper",
            "seed": here("seed") or 0,
            "judge": {"model": judge, "persona": task == "dialogue" and judge is not None},
            "score": {"bertscore": bertscore, "clip": clip},
        },
        {},
    )
    card = {"dataset": dataset.name, "task": task}
    judged_by = partial(open_outside, settings, opener=open_judge)
    with run_of_its_own():
        if task == "dialogue":
            rows = read_dialogue_rows(path)
            turns = score_dialogue_rows(settings, dataset.conversations, rows, judged_by, where=str(path))
            return dialogue_file(card, turns) | _scores(turns.scores)
        events = score_event_rows(settings, dataset.conversations, read_event_rows(path), judged_by, where=str(path))
    return events_file(card, events) | _scores(events.scores)


def _scores(scores: Sequence[TaskScore]) -> dict[str, Any]:
    return {"scores": [score.model_dump() for score in scores]}
