"""The inputs of the model, all of them data: prices, work, GPUs, and the plans with what can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from locomo.errors import InputError, did_you_mean
from locomo.files import read_json, read_text
from locomo.llm.tables import parse_table

Amount = Annotated[float, Field(ge=0)]
Range = tuple[Amount, Amount]
"""The low and the high end."""
Part = Annotated[float, Field(ge=0, le=1)]
SavingName = Literal["caching", "spot", "auto-stop", "lifecycle", "batch", "prompt-caching", "model-choice"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CloudPrice(_Entry):
    """What one unit of something costs, in US dollars."""

    usd: Amount
    per: str
    as_of: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]
    source: str
    spot: Part | None = None
    """What is left of the price where it may be taken away."""
    note: str = ""


class CloudPrices(_Entry):
    """All of them, by name."""

    prices: dict[str, CloudPrice]


class Work(_Entry):
    """One pass over all questions of locomo10; tokens are those of all its prompts and answers."""

    task: Literal["qa", "rag"]
    requests: int
    input_tokens: int
    output_tokens: int
    shared: Part
    """Of the prompt tokens, those that an earlier prompt has begun with."""
    basis: Literal["measured", "counted", "yours"]
    what: str


class Works(_Entry):
    """All of them, by name."""

    works: dict[str, Work]


class Gpu(_Entry):
    """A GPU with a model of 7 billion parameters in 4 bits: tokens a second."""

    memory_gb: Amount
    reads: Annotated[float, Field(gt=0)]
    writes: Annotated[float, Field(gt=0)]


class Gpus(_Entry):
    """All of them, and what models of other sizes take."""

    gpus: dict[str, Gpu]
    sizes: list[int]
    gb_per_billion: Amount
    gb_beside: Amount


class Answers(_Entry):
    """Work of each run that a service's model does."""

    work: str
    model: str


class Local(_Entry):
    """Work of each run that a model of so many billion parameters in 4 bits does on a rented GPU."""

    work: str
    gpu: str
    billions: int


class Monthly(_Entry):
    """Something that is paid for by the month, however many runs there are."""

    name: str
    price: str
    quantity: Range
    with_auto_stop: Amount | None = None
    """The quantity that is left where it is stopped when it is not used."""


class StudyFigures(_Entry):
    """What the study says of a plan: US dollars a month."""

    monthly: Range
    optimised: Range


class Plan(_Entry):
    """What is set up and run."""

    scenario: str
    study: StudyFigures
    answers: list[Answers]
    local: list[Local] = []
    embeddings: str
    monthly: list[Monthly]


class Scenario(_Entry):
    """How often it is run: runs a month."""

    runs: Range
    what: str


class Embedding(_Entry):
    """Texts embedded once."""

    tokens: Range
    model: str


class Captions(_Entry):
    """Pictures described once."""

    images: int
    seconds_an_image: Range
    gpu: str


class Notes(_Entry):
    """Observations and summaries written once."""

    input_tokens: Range
    output_tokens: Range
    model: str


class OneTime(_Entry):
    """What is paid once a dataset."""

    study: Range
    embeddings: Embedding
    captions: Captions
    notes: Notes


class Saving(_Entry):
    """One way to pay less."""

    study: bool
    """Whether the study's optimised figures have it (our reconstruction)."""
    what: str
    share: Part | None = None
    shares: list[Part] | None = None


class Today(_Entry):
    """What has come after a model of the study."""

    successor: str
    smallest: str


class Plans(_Entry):
    """plans.yaml."""

    scenarios: dict[str, Scenario]
    plans: dict[str, Plan]
    one_time: OneTime
    embedded_tokens: int
    savings: dict[SavingName, Saving]
    today: dict[str, Today]


class Inputs(Plans, Gpus, Works, CloudPrices):
    """Everything that the model computes with."""

    def plan(self, name: str) -> Plan:
        """Return a plan; InputError if there is none of that name."""
        return _found(self.plans, "plan", name)

    def scenario(self, name: str) -> Scenario:
        """Return a scenario; InputError if there is none of that name."""
        return _found(self.scenarios, "scenario", name)

    def price(self, name: str) -> CloudPrice:
        """Return a price; InputError if there is none of that name."""
        return _found(self.prices, "price", name)

    def work(self, name: str) -> Work:
        """Return a pass over the questions; InputError if there is none of that name."""
        return _found(self.works, "work", name)

    def gpu(self, name: str) -> Gpu:
        """Return a GPU; InputError if there is none of that name."""
        return _found(self.gpus, "gpu", name)


T = TypeVar("T")
Kind = TypeVar("Kind", bound=BaseModel)


def read_inputs(prices: Path | None = None, usage: Path | None = None) -> Inputs:
    """Return the inputs that come with this package, with prices and token counts of one's own over them.

    `prices` is a file in the shape of prices.yaml, `usage` the `metrics/usage.json` of a run: its tokens are then those
    of each pass of qa, and of rag. InputError names what is wrong with either.
    """
    cloud = _ours(CloudPrices, "prices.yaml").prices
    if prices is not None:
        cloud = cloud | parse_table(CloudPrices, read_text(prices), str(prices)).prices
    works = _ours(Works, "workload.yaml").works
    if usage is not None:
        works = _of_run(works, usage)
    gpus, plans = _ours(Gpus, "gpus.yaml"), _ours(Plans, "plans.yaml")
    return Inputs(prices=cloud, works=works, **dict(gpus), **dict(plans))


def _ours(kind: type[Kind], name: str) -> Kind:
    return parse_table(kind, files("locomo.costs").joinpath(name).read_text(encoding="utf-8"), f"locomo/costs/{name}")


def _of_run(works: Mapping[str, Work], usage: Path) -> dict[str, Work]:
    """Return each pass with the tokens that a run has really taken: `qa` for qa, the sum of its settings for rag."""
    rows = read_json(usage)
    found: dict[str, dict[str, Any]] = rows.get("usage", {}) if isinstance(rows, dict) else {}
    qa = [row for name, row in found.items() if name == "qa"]
    rag = [row for name, row in found.items() if name.startswith("rag")]
    if not qa or not rag:
        raise InputError(f"{usage}: usage: expected the numbers of qa and rag, as metrics/usage.json has them")

    def total(rows: list[dict[str, Any]], field: str) -> int:
        return sum(int(row[field]) for row in rows)

    def mine(work: Work) -> Work:
        rows = qa if work.task == "qa" else rag
        try:
            counts = {field: total(rows, field) for field in ("input_tokens", "output_tokens")}
            return work.model_copy(update=counts | {"requests": total(rows, "questions"), "basis": "yours"})
        except (KeyError, TypeError, ValueError):
            raise InputError(f"{usage}: usage: expected questions, input_tokens and output_tokens of each") from None

    return {name: mine(work) for name, work in works.items()}


def _found(known: Mapping[str, T], kind: str, name: str) -> T:
    if name not in known:
        raise InputError(f"{kind} '{name}': expected one of {', '.join(known)}{did_you_mean(name, known)}")
    return known[name]
