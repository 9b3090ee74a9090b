"""What is known of a run: its card, means, sums by conversation, and the questions themselves where they are here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from locomo.dataset import read_folder, read_predictions
from locomo.dataset.rows import row_of
from locomo.errors import InputError
from locomo.files import read_json, read_jsonl
from locomo.reporting.card import PARAMETERS, parameters_of
from locomo.reporting.comparison.places import opened
from locomo.reporting.comparison.tasks import TaskRun, task_runs
from locomo.reporting.intervals import sums_from
from locomo.reporting.metrics import usage_file
from locomo.reporting.task_tables import TITLES as TASKS
from locomo.schema import Conversation, Prediction, Score
from locomo.schema.prediction import ALWAYS_REFUSE, base_configuration
from locomo.scoring import FAMILIES, METRICS, Answer, field_of, read_answers, score_answers, scoring_protocol
from locomo.scoring.repeats import averaged
from locomo.scoring.summary import by_configuration
from locomo.scoring.sums import Sums, sums_of

SCORES: Final = ("data/scores/scores.jsonl", "scores/scores.jsonl", "scores.jsonl")
PREDICTIONS: Final = ("data/predictions", "predictions", "")
CONVERSATIONS: Final = ("data/captioned", "captioned")
SUMS: Final = "conversations.json"
DEFAULT: Final = "paper"
"""The protocol by which answers are scored that name none."""
OTHERS: Final = ("scores.jsonl", "rankings.jsonl", *(f"{task}.jsonl" for task in TASKS))
"""JSON lines that are no answers to questions."""
BARE: Final = {"configuration": "qa", "recall": 1.0, "has_evidence": False, "has_context": False}
"""What a row of scores has where it says nothing of it."""
_ID: Final = re.compile(r".+:\d+")
Means = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Metric → configuration → 'overall' or category → mean."""


@dataclass(frozen=True)
class Run:
    """A run as far as it is known here."""

    name: str
    card: dict[str, str]
    """What identifies it, in the order of its metrics files; keys of objects inside with dots."""
    means: Means
    sums: Sums = field(default_factory=dict)
    """Empty where only means are known."""
    scores: list[Score] = field(default_factory=list)
    """One a question and configuration; empty where the questions are not here."""
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    """By (id, configuration)."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Field of `Score` → the name that says what it is, as far as the run's files give it."""
    questions: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Question and gold answer by id, as the answers' rows have them."""
    conversations: list[Conversation] = field(default_factory=list)
    repeats: Mapping[str, int] = field(default_factory=dict)
    """Configuration → how often each question was asked, as far as the scores are here."""
    usage: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Configuration → questions, errors, input_tokens, output_tokens, cost_usd (where prices are known)."""
    tasks: Mapping[str, TaskRun] = field(default_factory=dict)
    """Those of the tasks `events` and `dialogue` that were run."""

    @property
    def configurations(self) -> list[str]:
        """The names of what was asked."""
        return list(dict.fromkeys(name for configurations in self.means.values() for name in configurations))


def open_run(name: str, *, about: Sequence[Conversation] = (), fetch: bool = False) -> Run:
    """Read the run of a folder, a file, a git revision, an experiment or 'workspace'.

    A folder is a project, or holds `scores.jsonl`, `metrics/` or predictions; predictions without scores are scored
    with the conversations that they are `about`, or with the project's own here. InputError where nothing is found.
    """
    with opened(name, fetch=fetch) as place:
        conversations = list(about) or _conversations(place)
        if place.is_file():
            return run_of(name, *_from_file(place, conversations), conversations=conversations, files={})
        scores, predictions, answers = _from_folder(place, conversations)
        files = _metrics(place)
        if not scores and not files:
            raise InputError(
                f"'{name}': no results there; expected metrics/f1.json or data/scores/scores.jsonl of a run, "
                "scores.jsonl, or predictions (*.jsonl)"
            )
        tasks = task_runs(place, files, files.get(SUMS), f"{name}: {SUMS}")
        return run_of(name, scores, predictions, answers, conversations=conversations, files=files, tasks=tasks)


def read_rows(name: str, *, fetch: bool = False) -> tuple[list[Conversation], list[Prediction], list[Score]]:
    """Read the conversations, the answers and their scores of a project here or in history, as they stand.

    InputError where the answers are not here.
    """
    with opened(name, fetch=fetch) as place:
        predictions, _ = _read_answers(place, [])
        scores = next((_scores(place / path) for path in SCORES if (place / path).is_file()), [])
        if not predictions or not scores:
            raise InputError(f"'{name}': its answers are not here; `dvc repro`, `dvc pull` or --fetch brings them")
        return _conversations(place), predictions, scores


def run_of(
    name: str,
    scores: Sequence[Score],
    predictions: Sequence[Prediction],
    answers: Sequence[Answer],
    *,
    conversations: Sequence[Conversation],
    files: Mapping[str, Any],
    tasks: Mapping[str, TaskRun] = MappingProxyType({}),
) -> Run:
    """Return what is known of a run from its scores, rows and answers, and the contents of files in its metrics/."""
    repeats: dict[str, set[str]] = {}
    for score in scores:
        repeats.setdefault(base_configuration(score.configuration), set()).add(score.configuration)
    scores = averaged(scores)
    sums = sums_of(scores) if scores else sums_from(files[SUMS], f"{name}: {SUMS}") if SUMS in files else {}
    usage = files.get("usage.json", {}).get("usage") or usage_file({}, predictions)["usage"]
    return Run(
        name=name,
        card=_card(files) or _card_of(predictions),
        means=_means_of(scores) if scores else _means(files),
        sums=sums,
        scores=scores,
        answers={(answer.id, answer.configuration): answer for answer in answers},
        names={field: name for field, (_, name) in _named(files).items()},
        questions={row.id: (row.question, row.reference) for row in predictions},
        conversations=list(conversations),
        repeats={name: len(asked) for name, asked in repeats.items()},
        usage=usage,
        tasks=tasks,
    )


def _from_folder(root: Path, conversations: list[Conversation]) -> tuple[list[Score], list[Prediction], list[Answer]]:
    scores = next((_scores(root / path) for path in SCORES if (root / path).is_file()), [])
    predictions, answers = _read_answers(root, conversations)
    if not scores and answers:
        scores = _scored(answers, predictions, conversations, root)
    return scores, predictions, answers


def _read_answers(root: Path, conversations: list[Conversation]) -> tuple[list[Prediction], list[Answer]]:
    files: list[Path] = []
    for folder in PREDICTIONS:
        files = [file for file in sorted((root / folder).glob("*.jsonl")) if file.name not in OTHERS]
        if files:
            break
    predictions, answers = [], []
    for file in files:
        found, read = _answers(file, conversations)
        predictions += found
        answers += read
    return predictions, answers


def _from_file(path: Path, conversations: list[Conversation]) -> tuple[list[Score], list[Prediction], list[Answer]]:
    if path.suffix == ".json":
        contents = read_json(path)
        if isinstance(contents, dict) and isinstance(contents.get("questions"), list):  # of `locomo score --json`
            return _checked(list(enumerate(contents["questions"], start=1)), path), [], []
    elif (rows := read_jsonl(path)) and isinstance(rows[0][1], dict) and "prediction" not in rows[0][1]:
        return _checked(rows, path), [], []
    predictions, answers = _answers(path, conversations)
    return _scored(answers, predictions, conversations, path), predictions, answers


def _answers(path: Path, conversations: list[Conversation]) -> tuple[list[Prediction], list[Answer]]:
    """Return full rows, where the file has such, and what is compared of any."""
    try:
        rows = read_predictions(path)
    except InputError:
        return [], read_answers(path, conversations)
    return rows, [Answer.of(row) for row in rows]


def _scored(
    answers: list[Answer], predictions: list[Prediction], conversations: list[Conversation], where: Path
) -> list[Score]:
    if not conversations:
        raise InputError(f"{where}: predictions without scores; say with --data which dataset they are about")
    names = {row.protocol for row in predictions}
    protocol = scoring_protocol(names.pop() if len(names) == 1 else DEFAULT)
    return score_answers(conversations, answers, where=str(where), protocol=protocol)


def _conversations(place: Path) -> list[Conversation]:
    for root in (place, Path()):
        for folder in CONVERSATIONS:
            if (root / folder).is_dir():
                return read_folder(root / folder)
    return []


def _scores(path: Path) -> list[Score]:
    return _checked(read_jsonl(path), path)


def _checked(rows: Sequence[tuple[int, Any]], path: Path) -> list[Score]:
    """Return rows as scores. Of others' rows, id, category and f1 are enough."""
    scores: dict[tuple[str, str], Score] = {}
    for number, value in rows:
        score = row_of(Score, BARE | value if isinstance(value, dict) else value, f"{path}, row {number}")
        for metric in METRICS:
            if (found := getattr(score, metric)) is not None and not 0 <= found <= 1:
                raise InputError(f"{path}, row {number}: {metric}: found {found}, expected a number from 0 to 1")
        if not _ID.fullmatch(score.id):
            raise InputError(f"{path}, row {number}: id: found {score.id!r}, expected one such as 'conv-26:0'")
        if scores.setdefault((score.id, score.configuration), score) is not score:
            raise InputError(f"{path}, row {number}: question '{score.id}' is scored twice in '{score.configuration}'")
    return list(scores.values())


def _metrics(root: Path) -> dict[str, Any]:
    folder = root / "metrics" if (root / "metrics").is_dir() else root
    names = [f"{name}.json" for name in (*FAMILIES, *TASKS)] + ["usage.json", SUMS]
    return {name: read_json(folder / name) for name in names if (folder / name).is_file()}


def _card(files: Mapping[str, Any]) -> dict[str, str]:
    """What stands in a metrics file beside its metrics: plain values, and the object `card`, which says more.

    Its line of parameters, which is long, stands beside the sums alone: `dvc metrics diff` would repeat it by file.
    """
    contents: dict[str, Any] = next((files[name] for family in FAMILIES if (name := f"{family}.json") in files), {})
    plain = flat({key: value for key, value in contents.items() if not isinstance(value, dict)})
    card = flat(contents.get("card", {}))
    card.pop(PARAMETERS, None)
    parameters = parameters_of(files.get(SUMS, contents).get("card", {}).get(PARAMETERS, ""))
    return plain | {name: value for name, value in parameters.items() if name not in plain} | card


def _card_of(predictions: Sequence[Prediction]) -> dict[str, str]:
    models = sorted({row.model for row in predictions if row.unit != ALWAYS_REFUSE})
    protocols = sorted({row.protocol for row in predictions})
    return {"model": ", ".join(models), "protocol": ", ".join(protocols)} if predictions else {}


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return an object's values as text, those of objects inside under dotted names."""
    found: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            found |= flat(inner, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = str(inner)
    return found


def _means(files: Mapping[str, Any]) -> Means:
    return {field: files[file][name] for field, (file, name) in _named(files).items()}


def _named(files: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return {field of `Score`: (file, public name)} of the metrics in a run's files."""
    return {
        field: (file, name)
        for family in FAMILIES
        if (file := f"{family}.json") in files
        for name, value in files[file].items()
        if isinstance(value, dict) and (field := field_of(name)) is not None
    }


def _means_of(scores: Sequence[Score]) -> Means:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for configuration, by_group in by_configuration(scores).items():
        for group, values in by_group.items():
            for metric in METRICS:
                if values[metric] is not None:
                    found.setdefault(metric, {}).setdefault(configuration, {})[group] = values[metric]
    return found
