"""A part of a dataset: some of its conversations, and of their questions those that are asked and counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from locomo.errors import InputError, did_you_mean
from locomo.schema import CATEGORIES, Conversation, category_name, declared


def _as_list(value: object) -> object:
    return value if value is None or isinstance(value, list) else [value]


class Subset(BaseModel):
    """`subset`: what is asked and counted; all of it where nothing is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conversations: Annotated[list[str] | None, BeforeValidator(_as_list)] = None
    """Ids of samples."""
    categories: Annotated[list[int | str] | None, BeforeValidator(_as_list)] = None
    """Numbers or names."""
    first: Annotated[int, Field(ge=1, strict=True)] | None = None
    """So many questions of each category in each conversation, the first ones."""

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.conversations is None and self.categories is None and self.first is None


EVERYTHING: Final = Subset()


def numbers_of(categories: Iterable[int | str], where: str, known: Collection[int] = tuple(CATEGORIES)) -> list[int]:
    """Return the numbers of categories that are given by number or name; InputError, starting with `where`.

    `known` are the numbers of the categories that there are: those of all datasets, or of one. Two datasets may have a
    category of the same name, which then means both.
    """
    names: dict[str, list[int]] = {str(number): [number] for number in known}
    for number in known:
        names.setdefault(category_name(number), []).append(number)
    found = []
    for category in categories:
        if str(category) not in names:
            listed = ", ".join(f"{number} {category_name(number)}" for number in known)
            raise InputError(
                f"{where}: found {category!r}, expected some of {listed}{did_you_mean(str(category), names)}"
            )
        found += names[str(category)]
    return found


def select(
    conversations: Sequence[Conversation],
    subset: Subset,
    *,
    where: str = "params.yaml: subset",
    questions: Collection[str] | None = None,
) -> list[Conversation]:
    """Return the conversations of a subset, with their questions marked that are asked and counted.

    `questions` are the ids of the only ones that count. All questions stay, so that their ids do. InputError, starting
    with `where`, for ids and categories that the dataset lacks, and where nothing is left.
    """
    if subset.everything and questions is None:
        return list(conversations)
    by_id = {conversation.sample_id: conversation for conversation in conversations}
    for name in subset.conversations or ():
        if name not in by_id:
            raise InputError(
                f"{where}: conversation '{name}' is not in the dataset, expected some of {', '.join(by_id)}"
                + did_you_mean(name, by_id)
            )
    known = {each.question_id(index) for each in conversations for index, _ in enumerate(each.questions)}
    if questions is not None and (unknown := sorted(set(questions) - known)):
        raise InputError(f"{where}: question '{unknown[0]}' is not in the dataset{did_you_mean(unknown[0], known)}")
    categories = (
        None
        if subset.categories is None
        else numbers_of(subset.categories, f"{where}: categories", declared(each.dataset for each in conversations))
    )
    chosen = [each for each in conversations if subset.conversations is None or each.sample_id in subset.conversations]
    marked = [_marked(each, categories, subset.first, questions) for each in chosen]
    if not any(each.chosen() for each in marked):
        raise InputError(f"{where}: no question is left, expected at least one")
    return marked


def _marked(
    conversation: Conversation, categories: list[int] | None, first: int | None, questions: Collection[str] | None
) -> Conversation:
    kept: list[int] = []
    counts = dict.fromkeys(CATEGORIES, 0)
    for index, question in conversation.chosen():
        if categories is not None and question.category not in categories:
            continue
        if questions is not None and conversation.question_id(index) not in questions:
            continue
        counts[question.category] += 1
        if first is None or counts[question.category] <= first:
            kept.append(index)
    return conversation.model_copy(update={"subset": tuple(kept)})
