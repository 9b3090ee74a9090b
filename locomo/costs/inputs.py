"""The inputs of the model, all of them data: prices, work, GPUs, and the plans with what can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field

from locomo.errors import InputError, did_you_mean
from locomo.files import read_json, read_text
from locomo.llm.tables import parse_table

Amount = Annotated[float, Field(ge=0)]
Range = tuple[Amount, Amount]
"""The low and the high end."""
Part = Annotated[float, Field(ge=0, le=1)]
SavingName = Literal["caching", "spot", "auto-stop", "lifecycle", "reserved", "batch", "prompt-caching", "model-choice"]
From = Literal["stated", "implied", "ours"]
"""Where a quantity comes from: the study's, its dollars over its unit price, or an assumption of ours."""


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
    reserved: Part | None = None
    """What is left of the price where it is taken for a year."""
    note: str = ""


class CloudPrices(_Entry):
    """All of them, by name."""

    prices: dict[str, CloudPrice]


class Work(_Entry):
    """One pass over all questions of locomo10; tokens are those of all its prompts and answers."""

    task: Literal["qa", "rag", "generate"]
    requests: int
    input_tokens: int
    output_tokens: int
    shared: Part
    """Of the prompt tokens, those that an earlier prompt has begun with."""
    basis: Literal["measured", "counted", "stated", "yours"]
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
    """What one evaluation of everything asks a service's model: calls in each of so many configurations."""

    service: str
    work: str
    model: str
    calls: Range
    configurations: int = 1


class Quantity(_Entry):
    """So many units of something a month."""

    price: str
    quantity: Range
    source: From = Field(alias="from")
    by_run: bool = False
    """Whether more runs take more of it."""
    stops: bool = False
    """Whether it is a machine that can be stopped when nobody uses it."""
    what: str = ""


class Component(_Entry):
    """A line of the study, and the quantities that make it."""

    name: str
    study: Range | None = None
    """US dollars a month, or once."""
    parts: list[Quantity]
    why: str = ""
    """Why ours is far from the study's, where it is."""

    @property
    def source(self) -> From:
        """Where its quantities come from: the weakest of them."""
        return max((part.source for part in self.parts), key=get_args(From).index)


class Service(Component):
    """What the study names and no plan has."""

    section: str
    here: str
    """What this project has in its place, or does with it."""


class LeftOut(_Entry):
    """What the study names and we do not compute."""

    name: str
    section: str
    why: str


class Services(_Entry):
    """services.yaml."""

    services: list[Service]
    left_out: list[LeftOut]


class Said(_Entry):
    """What the study says of a service, in US dollars a month."""

    study: Range
    why: str = ""


class Apis(_Entry):
    """Which part of an evaluation each run asks, and what the study says that a month of it costs."""

    study: Range
    share: Part
    source: From = Field(alias="from")
    what: str


class StudyFigures(_Entry):
    """What the study says of a plan: US dollars a month."""

    monthly: Range
    optimised: Range


class Plan(_Entry):
    """What is set up and run."""

    scenario: str
    study: StudyFigures
    apis: Apis
    components: list[Component]


class Scenario(_Entry):
    """How often it is run: runs a month."""

    runs: Range
    source: From = Field(alias="from")
    what: str


class OneTime(_Entry):
    """What is paid once a dataset."""

    study: Range
    components: list[Component]


class Saving(_Entry):
    """One way to pay less."""

    study: bool
    """Whether the study's optimised figures have it."""
    said: str
    """What the study says that it saves, of its part and of a month."""
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
    evaluation: list[Answers]
    services_said: dict[str, Said]
    plans: dict[str, Plan]
    one_time: OneTime
    savings: dict[SavingName, Saving]
    today: dict[str, Today]


class Inputs(Plans, Services, Gpus, Works, CloudPrices):
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


def read_inputs(prices: Path | None = None, usage: Path | None = None, questions: int | None = None) -> Inputs:
    """Return the inputs that come with this package, with prices and token counts of one's own over them.

    `prices` is a file in the shape of prices.yaml, `usage` the `metrics/usage.json` of a run: its tokens are then those
    of each pass of qa, and of rag. `questions` takes the place of the study's 300 to 500. InputError says
    what is wrong.
    """
    cloud = _ours(CloudPrices, "prices.yaml").prices
    if prices is not None:
        cloud = cloud | parse_table(CloudPrices, read_text(prices), str(prices)).prices
    works = _ours(Works, "workload.yaml").works
    if usage is not None:
        works = _of_run(works, usage)
    gpus, plans, services = _ours(Gpus, "gpus.yaml"), _ours(Plans, "plans.yaml"), _ours(Services, "services.yaml")
    inputs = Inputs(prices=cloud, works=works, **dict(gpus), **dict(plans), **dict(services))
    return inputs if questions is None else inputs.model_copy(update={"evaluation": _asking(inputs, questions)})


def _asking(inputs: Inputs, questions: int) -> list[Answers]:
    """Return the evaluation with another number of questions; dialogues are generated as before."""
    return [
        each if inputs.work(each.work).task == "generate" else each.model_copy(update={"calls": (questions, questions)})
        for each in inputs.evaluation
    ]


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
        if work.task == "generate":
            return work
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
