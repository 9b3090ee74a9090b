"""Reading the answers that are to be scored: rows of this project, or the original code's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_json, read_jsonl, read_text
from locomo.schema import Choice, Conversation, Letter, Prediction
from locomo.schema.prediction import configuration_name

_PREDICTION: Final = "_prediction"
_CONTEXT: Final = "_prediction_context"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to question `id` (`<sample_id>:<index in qa>`), given in one configuration."""

    id: str
    configuration: str
    text: str | None
    """None where the call failed (see `error`)."""
    context_ids: list[str] | None
    """What the model was shown; None where that is not known."""
    error: str | None = None
    choice: Choice | None = None
    """Where options were offered in both orders."""

    @property
    def order(self) -> Letter | None:
        """What tells the answers to one question in one configuration apart."""
        return self.choice.refusal if self.choice else None

    @classmethod
    def of(cls, row: Prediction) -> Answer:
        """Take what is scored from a full row."""
        shown = _shown(row.task, row.context_ids)
        return cls(row.id, row.configuration, row.prediction, shown, row.error, row.choice)


def read_answers(path: Path, conversations: Sequence[Conversation]) -> list[Answer]:
    """Read JSON lines with at least `id` and `prediction`, or the original's list of samples.

    InputError for a file that is neither, naming the row or the JSON path.
    """
    text = read_text(path)
    if not text.strip():
        raise InputError(f"{path}: empty, expected predictions")
    if text.lstrip().startswith("["):
        return _original(parse_json(text, str(path)), path, {c.sample_id: c for c in conversations})
    return [_row(value, f"{path}, row {number}") for number, value in read_jsonl(path)]


def choose(answers: Sequence[Answer], configuration: str | None, path: Path) -> list[Answer]:
    """Return the answers of one configuration; InputError if the file holds several and none is named."""
    names = list(dict.fromkeys(answer.configuration for answer in answers))
    if configuration is None and len(names) > 1:
        raise InputError(f"{path}: holds the answers of {', '.join(names)}; say which with --key")
    if configuration is not None and configuration not in names:
        raise InputError(
            f"{path}: no answers of '{configuration}', expected --key {' or '.join(names)}"
            + did_you_mean(configuration, names)
        )
    return [answer for answer in answers if configuration in (None, answer.configuration)]


def _row(value: Any, where: str) -> Answer:
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected an object with 'id' and 'prediction'")
    error = value.get("error")
    if not isinstance(value.get("id"), str):
        raise InputError(f"{where}: id: found {value.get('id')!r}, expected one such as 'conv-26:0'")
    if "prediction" not in value or (value["prediction"] is None and not error):
        raise InputError(f"{where}: prediction: missing, and there is no 'error' that says why")
    task, unit, k, repeat = value.get("task") or "qa", value.get("unit"), value.get("k"), value.get("repeat") or 0
    if not isinstance(repeat, int):
        raise InputError(f"{where}: repeat: found {repeat!r}, expected a whole number, 0 for the first")
    ids = _ids(value.get("context_ids"), f"{where}: context_ids")
    return Answer(
        id=value["id"],
        configuration=configuration_name(str(task), unit, k, repeat),
        text=None if value["prediction"] is None else str(value["prediction"]),
        context_ids=_shown(task, ids),
        error=None if error is None else str(error),
        choice=_choice(value.get("choice"), f"{where}: choice"),
    )


def _choice(value: Any, where: str) -> Choice | None:
    try:
        return None if value is None else Choice.model_validate(value)
    except ValidationError:
        raise InputError(f"{where}: found {value!r}, expected such as {{'refusal': 'a', 'taken': 'b'}}") from None


def _shown(task: str, ids: list[str] | None) -> list[str] | None:
    """A rag row without ids found nothing; any other without ids says nothing about what was shown."""
    return ids if ids or task == "rag" else None


def _ids(value: Any, where: str) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(dia_id, str) for dia_id in value):
        raise InputError(f"{where}: expected a list of ids such as ['D3:7'] or ['S3']")
    return value


def _original(samples: list[Any], path: Path, conversations: dict[str, Conversation]) -> list[Answer]:
    answers = []
    for i, sample in enumerate(samples):
        where = f"{path}: [{i}]"
        if not isinstance(sample, dict) or not isinstance(sample.get("qa"), list):
            raise InputError(f"{where}: expected an object with 'sample_id' and a list 'qa'")
        sample_id = sample.get("sample_id")
        if not isinstance(sample_id, str) or sample_id not in conversations:
            raise InputError(
                f"{where}.sample_id: {sample_id!r} is not in the dataset" + did_you_mean(str(sample_id), conversations)
            )
        conversation = conversations[sample_id]
        for index, entry in enumerate(sample["qa"]):
            place = f"{where}.qa[{index}]"
            if not isinstance(entry, dict):
                raise InputError(f"{place}: expected an object")
            _check_question(entry, conversation, index, place)
            names = [key.removesuffix(_PREDICTION) for key in entry if key.endswith(_PREDICTION)]
            for name in names:
                text = entry[name + _PREDICTION]
                answers.append(
                    Answer(
                        id=conversation.question_id(index),
                        configuration=name,
                        text=None if text is None else str(text),
                        context_ids=_ids(entry.get(name + _CONTEXT), f"{place}.{name}{_CONTEXT}"),
                        error="the file has null for the answer" if text is None else None,
                    )
                )
    if not answers:
        raise InputError(f"{path}: no '<name>{_PREDICTION}' in any entry of 'qa'")
    return answers


def _check_question(entry: dict[str, Any], conversation: Conversation, index: int, place: str) -> None:
    """The original's rows carry no id: they must stand where the dataset has the same question."""
    if index >= len(conversation.questions):
        raise InputError(f"{place}: {conversation.sample_id} has only {len(conversation.questions)} questions")
    expected = conversation.questions[index].question
    if entry.get("question", expected) != expected:
        raise InputError(f"{place}.question: found {entry['question']!r}, the dataset has {expected!r} there")
