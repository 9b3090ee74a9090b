"""The knobs of params.yaml as typed values, checked whole before a stage spends anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from locomo.captioning.images import Source
from locomo.captioning.names import check_captioner, check_pictures
from locomo.captioning.result import Prefer
from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text
from locomo.generation.settings import GenerationSettings
from locomo.llm.catalog import Quantization
from locomo.llm.settings import LlmSettings
from locomo.retrieval.declaration import IndexKind
from locomo.retrieval.memory import UNIT
from locomo.retrieval.registry import MEMORY, check_retriever
from locomo.retrieval.units import check_unit
from locomo.tasks.baselines import Baseline
from locomo.tasks.judging import check_prompt
from locomo.tasks.rag import PAPER_GRID, Room, Setting

PARAMS: Final = Path("params.yaml")
NEEDS_JUDGE: Final = "judge"
"""The protocol whose score is a judge's."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Size = Annotated[int, Field(ge=1, strict=True)]


def _as_list(value: Any) -> Any:
    """`-S rag.k=10` gives a number where the file has a list."""
    return value if isinstance(value, list) else [value]


def _none_is_empty(value: Any) -> Any:
    return [] if value is None else _as_list(value)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Caption(_Section):
    """`caption`."""

    captioner: str
    images: Source
    folder: str
    prefer: Prefer


class Embed(_Section):
    """`embed`."""

    encoder: str
    index: IndexKind


class Answer(_Section):
    """`answer`: sizes in tokens."""

    context_window: Size | None
    max_tokens: Size
    quantization: Quantization | None


class Rag(_Section):
    """`rag`."""

    retriever: str
    reranker: Annotated[str, StringConstraints(pattern=r"^(llm|hf/.+)$")] | None
    rerank_depth: Size
    grid: Literal["units-by-k", "paper"]
    units: Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]
    k: Annotated[list[Size], BeforeValidator(_as_list), Field(min_length=1)]
    order: Literal["rank", "time"]
    context_tokens: Size | None

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The cells of the grid, each once."""
        if self.retriever.startswith(MEMORY):
            return tuple(dict.fromkeys(Setting(UNIT, k) for k in self.k))
        if self.grid == "paper":
            return PAPER_GRID
        return tuple(dict.fromkeys(Setting(unit, k) for unit in self.units for k in self.k))


class Judge(_Section):
    """`judge`."""

    model: str | None
    prompt: str
    votes: Size


class Score(_Section):
    """`score`."""

    bertscore: str | None


class Params(_Section):
    """All of params.yaml."""

    dataset: Name
    model: str
    protocol: str
    seed: Annotated[int, Field(strict=True)]
    repeats: Size
    baselines: Annotated[list[Baseline], BeforeValidator(_none_is_empty)]
    generate: GenerationSettings
    caption: Caption
    embed: Embed
    answer: Answer
    rag: Rag
    llm: LlmSettings
    judge: Judge
    score: Score

    def rag_room(self, window: int, count_tokens: Callable[[str], int]) -> Room:
        """Return the room that a prompt of rag has, for a model with so large a window (tokens)."""
        return Room(window, self.answer.max_tokens, count_tokens, self.rag.context_tokens, self.rag.order)


def parse_params(text: str, overrides: Sequence[str] = ()) -> Params:
    """Check the text of params.yaml; InputError names the knob, what was found and what was expected.

    Overrides are `name=value`, as in `dvc exp run -S`, with dots in the names of knobs inside others.
    """
    data = parse_yaml(text, str(PARAMS))
    if not isinstance(data, dict):
        raise InputError(f"{PARAMS}: expected names with values, one a line")
    for override in overrides:
        _set(data, override)
    try:
        params = Params.model_validate(data)
    except ValidationError as error:
        # A misspelt name is also a missing one: the misspelling says more.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise InputError(f"{PARAMS}: {_complaint(first)}") from None
    caption = params.caption
    for knob, check, values in (
        ("caption.captioner", check_captioner, [caption.captioner]),
        ("caption.images", lambda images: check_pictures(caption.captioner, images), [caption.images]),
        ("rag.retriever", check_retriever, [params.rag.retriever]),
        ("rag.units", check_unit, params.rag.units),
        ("judge.prompt", check_prompt, [params.judge.prompt]),
    ):
        try:
            for value in values:
                check(value)
        except InputError as error:
            raise InputError(f"{PARAMS}: {knob}: {error}") from None
    try:
        params.generate.check()
    except InputError as error:
        raise InputError(f"{PARAMS}: {error}") from None
    if params.judge.votes % 2 == 0:
        found = params.judge.votes
        raise InputError(f"{PARAMS}: judge.votes: found {found}, expected an odd number: what most votes say counts")
    if params.protocol == NEEDS_JUDGE and params.judge.model is None:
        raise InputError(f"{PARAMS}: judge.model: found nothing; protocol '{NEEDS_JUDGE}' needs a model that judges")
    return params


def read_params(overrides: Sequence[str] = ()) -> Params:
    """Read params.yaml of the project in the current folder (see `parse_params`)."""
    return parse_params(read_text(PARAMS), overrides)


def _set(data: dict[str, Any], override: str) -> None:
    name, equals, value = override.partition("=")
    if not equals:
        raise InputError(f"-S {override}: expected name=value, such as model=mock/words")
    *sections, knob = name.split(".")
    for section in sections:
        data = data.setdefault(section, {})
        if not isinstance(data, dict):
            raise InputError(f"-S {override}: {section} has no knobs inside")
    data[knob] = parse_yaml(value, f"-S {override}")


def _complaint(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    found = "nothing" if error["input"] is None else repr(error["input"])
    if error["type"] == "extra_forbidden":
        section: type[BaseModel] = Params
        for part in error["loc"][:-1]:
            section = section.model_fields[str(part)].annotation  # type: ignore[assignment]
        hint = did_you_mean(str(error["loc"][-1]), section.model_fields)
        return f"{place}: no such knob{hint}"
    if error["type"] == "missing":
        return f"{place}: missing"
    if error["type"] == "string_pattern_mismatch":
        return f"{place}: found {found}, expected a name of letters, digits, '.', '_' and '-'"
    if error["type"] == "greater_than_equal":
        return f"{place}: found {found}, expected a whole number of at least {error['ctx']['ge']}"
    if error["type"] == "too_short":
        return f"{place}: found an empty list, expected at least one value"
    return f"{place}: found {found}, {error['msg'].replace('Input should be', 'expected')}"
