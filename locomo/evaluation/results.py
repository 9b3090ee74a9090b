"""What an evaluation came to, as a notebook sees it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from locomo.dataset import write_conversation, write_predictions
from locomo.dataset.dialogue_rows import write_dialogue_rows
from locomo.dataset.event_rows import write_event_rows
from locomo.errors import InputError
from locomo.evaluation.dataset import Dataset
from locomo.evaluation.dialogue_scores import ScoredDialogue
from locomo.evaluation.event_scores import ScoredEvents
from locomo.evaluation.files import metrics_of, run_card, short_card, whole_card, write_run
from locomo.evaluation.scored import Scored
from locomo.evaluation.task_files import task_files, write_tasks
from locomo.files import write_jsonl
from locomo.reporting.comparison.run import Run, run_of
from locomo.reporting.comparison.tasks import task_run
from locomo.reporting.means_table import means_table
from locomo.reporting.shown import Shown
from locomo.retrieval.rankings import Rankings
from locomo.schema import Prediction, Score, category_name
from locomo.schema.prediction import ALWAYS_REFUSE
from locomo.schema.task_score import TaskScore
from locomo.scoring import METRICS, by_configuration

PARTS: Final = ("data/captioned", "data/predictions", "data/rankings.jsonl", "data/scores", "metrics", "reports")
"""What is saved, as paths in a folder."""
FILES: Final = {"qa": "qa", "rag": "rag", "baseline": "baselines"}
"""Task of a row to the name of its file."""


@dataclass(frozen=True, repr=False)
class Results:
    """The answers to a dataset's questions, with what they earned.

    A configuration is what was asked of a system: `qa`, `rag_dialog_k5`, `rag_memory_k10`, `no_memory`. `always_refuse`
    is there for comparison: it answers everything with "Not mentioned".
    """

    name: str
    """What was evaluated."""
    dataset: Dataset
    scored: Scored
    rankings: Sequence[Mapping[str, object]]
    """What a retriever ranked: rows as in data/rankings.jsonl."""
    resolved: str
    """The hash of what the names of models and files stand for, for the protocol card."""
    events: ScoredEvents = field(default_factory=ScoredEvents)
    """Lists of events, with their scores; empty where nobody was asked for them."""
    dialogue: ScoredDialogue = field(default_factory=ScoredDialogue)
    """Turns that were written, likewise."""

    @property
    def predictions(self) -> list[Prediction]:
        """The rows of answers, as in data/predictions/*.jsonl."""
        return list(self.scored.asked)

    @property
    def scores(self) -> list[Score]:
        """One a question and configuration, as in data/scores/scores.jsonl."""
        return self.scored.scores

    @cached_property
    def card(self) -> dict[str, str]:
        """Dataset, model and protocol."""
        return run_card(self.scored)

    @cached_property
    def metrics(self) -> dict[str, dict[str, dict[str, Any]]]:
        """{configuration: {'overall' or category: {'n', 'errors', metric: mean in [0, 1]}}}.

        Metrics have their public names, such as `f1_normalised`; those that do not apply are left out.
        """
        names = self.scored.names
        return {
            configuration: {
                group: {names.get(name, name): value for name, value in values.items() if value is not None}
                for group, values in groups.items()
            }
            for configuration, groups in by_configuration(self.scored.means).items()
        }

    @cached_property
    def tasks(self) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
        """{'events' or 'dialogue': {configuration: {part: {metric: mean}}}} of what was asked for.

        Parts are 'conversation' and 'session' of events, 'turns' of dialogue.
        """
        return {task: contents[task] for task, contents in self._task_files.items() if task in contents}

    @cached_property
    def _whole_card(self) -> dict[str, str]:
        return whole_card(self.scored, self.resolved)

    @cached_property
    def _task_files(self) -> dict[str, dict[str, Any]]:
        return task_files(short_card(self.scored, self._whole_card), self.events, self.dialogue)

    @property
    def _task_scores(self) -> dict[str, Sequence[TaskScore]]:
        return {"events": self.events.scores, "dialogue": self.dialogue.scores}

    @cached_property
    def questions(self) -> list[dict[str, Any]]:
        """A row for each question and configuration, those of `always_refuse` left out.

        `id`, `configuration`, `category` (a name), `question`, `gold`, `answer`, `contexts` (ids of the turns that were
        shown), `error`, and under their public names the scores in [0, 1], None where a metric does not apply. A
        question that was put in both orders of its options has both answers, with ' / ' between them.
        """
        names = self.scored.names
        rows: dict[tuple[str, str], list[Prediction]] = {}
        for row in self.scored.asked:
            rows.setdefault((row.id, row.configuration), []).append(row)
        found = []
        for score in self.scored.scores:
            if score.configuration == ALWAYS_REFUSE:
                continue
            given = rows[score.id, score.configuration]
            texts = list(dict.fromkeys("–" if row.prediction is None else row.prediction for row in given))
            found.append(
                {
                    "id": score.id,
                    "configuration": score.configuration,
                    "category": category_name(score.category),
                    "question": given[0].question,
                    "gold": given[0].reference,
                    "answer": None if all(row.prediction is None for row in given) else " / ".join(texts),
                    "contexts": list(given[0].context_ids),
                    "error": score.error,
                    **{names[metric]: getattr(score, metric) for metric in METRICS},
                }
            )
        return found

    def table(self) -> Shown:
        """Return the means by configuration and category, in percent, with 95% intervals of the overall F1.

        It prints as text, and shows itself as HTML in a notebook.
        """
        means = by_configuration(self.scored.means)
        card = ", ".join(f"{name} {value}" for name, value in self.card.items())
        table = means_table(means, self.scored.names, self.scored.halves)
        return Shown(table, card)

    def to_pandas(self) -> Any:
        """Return `questions` as a pandas DataFrame; metrics that apply to no question are left out."""
        import pandas

        frame = pandas.DataFrame(self.questions)
        metrics = [name for name in self.scored.names.values() if name in frame]
        return frame.drop(columns=[name for name in metrics if frame[name].isna().all()])

    def save(self, folder: str | Path) -> Path:
        """Write the files that the pipeline writes (answers, scores, metrics, report) to a folder, and return it.

        `locomo compare FOLDER ...`, `locomo score FOLDER/data/predictions/rag.jsonl`, and `locomo results` in the
        folder read them. Results that were saved there before are replaced.

        Raises:
            InputError: the folder holds other things than saved results.
        """
        root = Path(folder).expanduser()
        _clear(root)

        def out(name: str) -> Path:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            return path

        for conversation in self.dataset.conversations:
            write_conversation(conversation, out("data/captioned"))
        for task, name in FILES.items():
            rows = (row for row in self.scored.asked if row.task == task)
            write_predictions(out(f"data/predictions/{name}.jsonl"), rows)
        write_jsonl(out("data/rankings.jsonl"), self.rankings)
        rankings, scores = Rankings(root / "data/rankings.jsonl"), self._task_scores
        write_run(self.scored, out, self._whole_card, rankings, tasks=self._task_files, task_scores=scores)
        if any(scores.values()):
            write_event_rows(out("data/predictions/events.jsonl"), self.events.rows)
            write_dialogue_rows(out("data/predictions/dialogue.jsonl"), self.dialogue.rows)
            write_tasks(self._task_files, self.events, self.dialogue, out)
        return root

    def run(self) -> Run:
        """Return what `compare` needs to know."""
        return run_of(
            self.name,
            self.scored.scores,
            list(self.scored.predictions),
            list(self.scored.answers),
            conversations=self.dataset.conversations,
            files=metrics_of(self.scored, self._whole_card),
            tasks={task: task_run(scores) for task, scores in self._task_scores.items() if scores},
        )

    def __repr__(self) -> str:
        return f"Results of {self.name!r}\n{self.table()}"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _clear(root: Path) -> None:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return
    if not (root / "metrics/usage.json").is_file() or (root / "dvc.yaml").exists():
        raise InputError(f"{root}: holds other things than saved results; save to a new folder")
    for part in PARTS:
        path = root / part
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
