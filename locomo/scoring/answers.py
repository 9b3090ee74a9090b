"""Reading the answers that are to be scored: rows of this project, or the original code's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_json, read_jsonl, read_text
from locomo.schema import Choice, Conversation, Letter, Prediction
from locomo.schema.prediction import LONGEST_ANSWER, configuration_name
from locomo.scoring.foreign import Found, read_foreign, tell

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
    row: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """All that a file says of the answer, by name; nothing of it is scored."""

    @property
    def order(self) -> Letter | None:
        """What tells the answers to one question in one configuration apart."""
        return self.choice.refusal if self.choice else None

    @classmethod
    def of(cls, row: Prediction) -> Answer:
        """Take what is scored from a full row."""
        shown = _shown(row.task, row.context_ids)
        return cls(row.id, row.configuration, row.prediction, shown, row.error, row.choice)


def read_answers(path: Path, conversations: Sequence[Conversation], noted: list[str] | None = None) -> list[Answer]:
    """Read JSON lines with at least `id` and `prediction`, the original's samples, or a file of another harness.

    InputError for a file that is none of these, naming the rows or the JSON paths; with `noted` the troubles of single
    rows are added to it, and the rows are left out.
    """
    text = read_text(path)
    if not text.strip():
        raise InputError(f"{path}: empty, expected predictions")
    lines = None if text.lstrip().startswith("[") else _lines(text, path)
    if lines is None:
        whole = parse_json(text, str(path))
        samples = whole if isinstance(whole, list) else [whole]
        if _is_original(samples):
            return _original(samples, path, {c.sample_id: c for c in conversations})
        if all(isinstance(row, dict) and "id" in row and "prediction" in row for row in samples):
            lines = [(f"{path}: [{index}]", row) for index, row in enumerate(samples)]
        else:
            return _of_another(read_foreign([(str(path), whole)], conversations, noted), noted)
    if lines and all(isinstance(row, dict) and "question" in row and "prediction" not in row for _, row in lines):
        return _of_another(read_foreign(lines, conversations, noted), noted)
    return answers_of(lines, noted)


def answers_of(rows: Sequence[tuple[str, Any]], noted: list[str] | None = None) -> list[Answer]:
    """Return the answers in (place, row) pairs; InputError tells all rows that are wrong, or `noted` gets them."""
    return _all([partial(answer_of, value, where) for where, value in rows], noted)


def _all(readers: Sequence[Callable[[], Answer]], noted: list[str] | None) -> list[Answer]:
    answers, troubles = [], []
    for read in readers:
        try:
            answers.append(read())
        except InputError as error:
            troubles.append(str(error))
    tell(troubles, len(readers), noted)
    return answers


def _lines(text: str, path: Path) -> list[tuple[str, Any]] | None:
    """Return the rows of JSON lines with their places; None for one JSON object over several lines."""
    first = text.strip().partition("\n")[0]
    if first.strip() != text.strip():
        try:
            parse_json(first, "")
        except InputError:
            return None
    elif not _is_row(text):
        return None
    return [(f"{path}, row {number}", value) for number, value in read_jsonl(path)]


def _is_row(text: str) -> bool:
    """Whether a single line is a row of JSON lines, and no whole file in one line; broken ones are rows."""
    try:
        value = parse_json(text, "")
    except InputError:
        return True
    return (
        not isinstance(value, dict)
        or "prediction" in value
        or not any(isinstance(v, list | dict) for v in value.values())
    )


def _is_original(samples: Sequence[Any]) -> bool:
    return any(isinstance(sample, dict) and ("qa" in sample or "conversation" in sample) for sample in samples)


def _of_another(found: Sequence[Found], noted: list[str] | None) -> list[Answer]:
    return _all([partial(_answer_of_another, each) for each in found], noted)


def _answer_of_another(found: Found) -> Answer:
    text = _text(found.answer, f"{found.where}: the answer")
    error = "the file has null for the answer" if text is None else None
    return Answer(found.id, "qa", text, None, error, row={"groups": found.groups, **found.values})


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


def answer_of(value: Any, where: str) -> Answer:
    """Return the answer in a row with `id` and `prediction`; InputError, starting with `where`, for any other."""
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
        text=_text(value["prediction"], f"{where}: prediction"),
        context_ids=_shown(task, ids),
        error=None if error is None else str(error),
        choice=_choice(value.get("choice"), f"{where}: choice"),
        row=value,
    )


def _text(value: Any, where: str) -> str | None:
    """Return an answer as text, a list with commas between its parts.

    InputError for an object, and for one that is so long that comparing it would take minutes.
    """
    if isinstance(value, dict | bool):
        found = "an object" if isinstance(value, dict) else str(value).lower()
        raise InputError(f"{where}: found {found}, expected text")
    if isinstance(value, list):
        if not all(isinstance(part, str | int | float) for part in value):
            raise InputError(f"{where}: found a list of other things than text, expected text")
        value = ", ".join(map(str, value))
    text = None if value is None else str(value)
    if text is not None and len(text) > LONGEST_ANSWER:
        raise InputError(f"{where}: {len(text):,} characters, expected at most {LONGEST_ANSWER:,}; shorten the answer")
    return text


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
                        text=_text(text, f"{place}.{name}{_PREDICTION}"),
                        context_ids=_ids(entry.get(name + _CONTEXT), f"{place}.{name}{_CONTEXT}"),
                        error="the file has null for the answer" if text is None else None,
                        row={key.removeprefix(f"{name}_"): value for key, value in entry.items()},
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
