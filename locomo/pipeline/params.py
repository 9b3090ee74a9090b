"""The parameters of params.yaml as typed values, checked whole before a stage spends anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from locomo.captioning.names import check_captioner, check_pictures
from locomo.captioning.result import Prefer
from locomo.captioning.sources import Source
from locomo.dataset.subset import Subset, numbers_of
from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text
from locomo.generation.settings import GenerationSettings
from locomo.llm.catalog import Effort, Quantization
from locomo.llm.settings import LlmSettings
from locomo.memory.system import FILE_AGENT, System, systems
from locomo.models.smollm2 import NAME as EMBEDDED
from locomo.retrieval.declaration import MINILM, IndexKind
from locomo.retrieval.registry import check_retriever
from locomo.retrieval.units import check_unit
from locomo.schema import LOCAL
from locomo.tasks.baselines import Baseline
from locomo.tasks.dialogue.memory import Condition
from locomo.tasks.dialogue.writings import Settings as DialogueSettings
from locomo.tasks.events.ask import Settings as EventSettings
from locomo.tasks.events.ask import Way
from locomo.tasks.judge_prompt import check_prompt
from locomo.tasks.judging import MAX_TOKENS as JUDGE_TOKENS
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import PAPER_GRID, RagSetting, Room

PARAMS: Final = Path("params.yaml")
NEEDS_JUDGE: Final = "judge"
"""The protocol whose score is a judge's."""
NOT_ON_CARD: Final = {
    "generate": "what it makes are the conversations, whose hash is in the card's line of the dataset",
    "memory.workers": "how many conversations are ingested at once",
    "llm": "how models are called; what an answer depends on is in its request",
}
"""Parameters, or sections of them, that no number depends on beyond what the card says of it, and the reason."""

_A_NAME: Final = "a name of letters, digits, '.', '_' and '-'"
_FORMS: Final = {
    "rag.reranker": "llm or hf/<cross-encoder>",
    "score.clip": "hf/<folder or hub id> of a CLIP, such as hf/openai/clip-vit-base-patch32",
}
"""What a parameter whose values have a form is expected to be, in words."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Size = Annotated[int, Field(ge=1, strict=True)]


def _as_list(value: Any) -> Any:
    """`-S rag.k=10` gives a number where the file has a list."""
    return value if isinstance(value, list) else [value]


def _none_is_no_names(value: Any) -> Any:
    return {} if value is None else value


def _none_is_empty(value: Any) -> Any:
    return [] if value is None else _as_list(value)


def _nothing_is_all(value: Any) -> Any:
    """`subset: null` is all."""
    return {} if value is None else value


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Caption(_Section):
    """`caption`."""

    captioner: str = "released"
    images: Source = "none"
    folder: str = "data/raw/sample_images"
    prefer: Prefer = "released"


class Embed(_Section):
    """`embed`."""

    encoder: str = "minilm"
    index: IndexKind = "flat"


class Answer(_Section):
    """`answer`: sizes in tokens."""

    context_window: Size | None = 2048
    max_tokens: Size = 32
    quantization: Quantization | None = None
    effort: Effort | None = None
    prompt: str | None = None
    thinking_tokens: Annotated[int, Field(ge=0, strict=True)] | None = None


class Rag(_Section):
    """`rag`."""

    retriever: str = "hybrid"
    reranker: Annotated[str, StringConstraints(pattern=r"^(llm|hf/.+)$")] | None = None
    rerank_depth: Size = 20
    grid: Literal["units-by-k", "paper"] = "units-by-k"
    units: Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)] = ["dialog", "observation"]
    k: Annotated[list[Size], BeforeValidator(_as_list), Field(min_length=1)] = [5]
    order: Literal["rank", "time"] = "rank"
    context_tokens: Size | None = None

    @property
    def settings(self) -> tuple[RagSetting, ...]:
        """The cells of the grid, each once."""
        if self.grid == "paper":
            return PAPER_GRID
        return tuple(dict.fromkeys(RagSetting(unit, k) for unit in self.units for k in self.k))


class Memory(_Section):
    """`memory`."""

    systems: Annotated[list[str], BeforeValidator(_none_is_empty)] = []
    model: str = f"gguf/{EMBEDDED}"
    embedder: str = MINILM
    settings: Annotated[dict[str, str], BeforeValidator(_none_is_no_names)] = {}
    k: Annotated[list[Size], BeforeValidator(_as_list), Field(min_length=1)] = [10]
    context_tokens: Size | None = None
    steps: Size = 8
    workers: Size = 2

    @property
    def named(self) -> list[System]:
        """The systems; InputError for an unknown one."""
        return systems(self.systems)

    @property
    def searchable(self) -> list[System]:
        """The systems that other tasks ask too: `file-agent` searches for the answers to questions alone."""
        return [system for system in self.named if system.spec != FILE_AGENT]


class Events(_Section):
    """`events`."""

    ways: Annotated[list[Way], BeforeValidator(_none_is_empty)] = []
    units: Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)] = ["observation"]
    k: Annotated[list[Size], BeforeValidator(_as_list), Field(min_length=1)] = [10]
    max_tokens: Size = 700

    def settings(self, seed: int) -> EventSettings:
        """Return what is asked."""
        return EventSettings(self.ways, self.units, self.k, self.max_tokens, seed)


class Dialogue(_Section):
    """`dialogue`."""

    conditions: Annotated[list[Condition], BeforeValidator(_none_is_empty)] = []
    turns: Size = 2
    summaries: Size = 1
    observations: Size = 5
    max_tokens: Size = 160


class Judge(_Section):
    """`judge`."""

    model: str | None = None
    prompt: str = "balanced"
    votes: Size = 1
    max_tokens: Size = JUDGE_TOKENS
    persona: Annotated[bool, Field(strict=True)] = False


class Score(_Section):
    """`score`."""

    bertscore: str | None = "minilm"
    clip: Annotated[str, StringConstraints(pattern=r"^hf/.+$")] | None = None


class Params(_Section):
    """All of params.yaml.

    What a params.yaml does not say, since it is older than the parameter, has the value of the one that comes with the
    project. Which dataset, which model and by which protocol must be said.
    """

    dataset: Name
    model: str
    protocol: str
    seed: Annotated[int, Field(strict=True)] = 0
    repeats: Size = 1
    subset: Annotated[Subset, BeforeValidator(_nothing_is_all)] = Subset()
    baselines: Annotated[list[Baseline], BeforeValidator(_none_is_empty)] = ["no_memory", "gold_evidence"]
    generate: GenerationSettings = GenerationSettings()
    caption: Caption = Caption()
    embed: Embed = Embed()
    answer: Answer = Answer()
    memory: Memory = Memory()
    rag: Rag = Rag()
    events: Events = Events()
    dialogue: Dialogue = Dialogue()
    llm: LlmSettings = LlmSettings()
    judge: Judge = Judge()
    score: Score = Score()

    @property
    def on_card(self) -> dict[str, Any]:
        """All parameters that can change a number, by dotted name: every one that `NOT_ON_CARD` does not name."""
        return {
            name: value
            for name, value in flat(self.model_dump(mode="json")).items()
            if not any(name == other or name.startswith(f"{other}.") for other in NOT_ON_CARD)
        }

    @property
    def retrieved(self) -> tuple[RagSetting, ...]:
        """What the stage `rag` answers from: the cells of the grid, and each memory system with each k."""
        remembered = [RagSetting(system.name, k) for system in self.memory.named for k in self.memory.k]
        return tuple(dict.fromkeys((*self.rag.settings, *remembered)))

    @property
    def dialogue_settings(self) -> DialogueSettings:
        """Which turns are written, and what is shown with them."""
        of = self.dialogue
        return DialogueSettings(of.conditions, of.turns, of.summaries, of.observations, max(self.memory.k), self.seed)

    def rag_room(self, window: int, count_tokens: Callable[[str], int]) -> Room:
        """Return the room that a prompt of rag has, for a model with so large a window (tokens)."""
        return Room(window, self.answer.max_tokens, count_tokens, self.rag.context_tokens, self.rag.order)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of sections, and of those inside them, under dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found


def parse_params(text: str, overrides: Sequence[str] = ()) -> Params:
    """Check the text of params.yaml; InputError names the parameter, what was found and what was expected.

    Overrides are `name=value`, as in `dvc exp run -S`, with dots in the names of nested parameters.
    """
    data = parse_yaml(text, str(PARAMS))
    if not isinstance(data, dict):
        raise InputError(f"{PARAMS}: expected names with values, one a line")
    for override in overrides:
        name, value = _parse(override)
        set_value(data, name, value, f"-S {override}")
    return check_params(data)


def check_params(data: Mapping[str, Any], where: str = str(PARAMS)) -> Params:
    """Check values by name; InputError, starting with `where`, names the knob, what was found and what was expected."""
    try:
        params = Params.model_validate(data)
    except ValidationError as error:
        # A misspelt name is also a missing one: the misspelling says more.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise InputError(f"{where}: {_complaint(first)}") from None
    caption = params.caption
    for knob, check, values in (
        ("caption.captioner", check_captioner, [caption.captioner]),
        ("caption.images", lambda images: check_pictures(caption.captioner, images), [caption.images]),
        ("memory.systems", lambda _: systems(params.memory.systems), [""]),
        ("rag.retriever", check_retriever, [params.rag.retriever]),
        ("rag.units", check_unit, params.rag.units),
        ("events.units", check_unit, params.events.units),
        ("judge.prompt", check_prompt, [params.judge.prompt]),
    ):
        try:
            for value in values:
                check(value)
        except InputError as error:
            raise InputError(f"{where}: {knob}: {error}") from None
    if params.answer.prompt is not None:
        try:
            asking_protocol(params.protocol, prompt=params.answer.prompt)
        except InputError as error:
            raise InputError(f"{where}: answer.prompt: {error}") from None
    numbers_of(params.subset.categories or (), f"{where}: subset.categories")
    try:
        params.generate.check()
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if params.judge.votes % 2 == 0:
        found = params.judge.votes
        raise InputError(f"{where}: judge.votes: found {found}, expected an odd number: what most votes say counts")
    if params.judge.persona and params.judge.model in {None, LOCAL}:
        raise InputError(f"{where}: judge.persona: found true; turns are judged by a language model: set judge.model")
    if params.protocol == NEEDS_JUDGE and params.judge.model is None:
        raise InputError(f"{where}: judge.model: found nothing; protocol '{NEEDS_JUDGE}' needs a model that judges")
    return params


def read_params(overrides: Sequence[str] = ()) -> Params:
    """Read params.yaml of the project in the current folder (see `parse_params`)."""
    return parse_params(read_text(PARAMS), overrides)


def _parse(override: str) -> tuple[str, Any]:
    name, equals, value = override.partition("=")
    if not equals:
        raise InputError(f"-S {override}: expected name=value, such as model=mock/words")
    return name, parse_yaml(value, f"-S {override}")


def set_value(data: dict[str, Any], name: str, value: Any, where: str) -> None:
    """Set the value of a knob by its dotted name; InputError, starting with `where`, if a part of it is no section."""
    *sections, knob = name.split(".")
    for section in sections:
        data = data.setdefault(section, {})
        if not isinstance(data, dict):
            raise InputError(f"{where}: {section} has no parameters inside")
    data[knob] = value


def _complaint(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    found = "nothing" if error["input"] is None else repr(error["input"])
    if error["type"] == "extra_forbidden":
        section: type[BaseModel] = Params
        for part in error["loc"][:-1]:
            section = section.model_fields[str(part)].annotation  # type: ignore[assignment]
        hint = did_you_mean(str(error["loc"][-1]), section.model_fields)
        return f"{place}: no such parameter{hint}"
    if error["type"] == "missing":
        return f"{place}: missing"
    if error["type"] == "string_pattern_mismatch":
        return f"{place}: found {found}, expected {_FORMS.get(place, _A_NAME)}"
    if error["type"] == "greater_than_equal":
        return f"{place}: found {found}, expected a whole number of at least {error['ctx']['ge']}"
    if error["type"] == "too_short":
        return f"{place}: found an empty list, expected at least one value"
    return f"{place}: found {found}, {error['msg'].replace('Input should be', 'expected')}"
