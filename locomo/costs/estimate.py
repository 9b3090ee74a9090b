"""The model: quantities times unit prices, added up, and what each saving takes off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from locomo.costs.inputs import Answers, Apis, CloudPrice, Component, From, Inputs, Plan, Quantity, Range
from locomo.errors import InputError
from locomo.llm.prices import Price, Prices

Basis = Literal["study", "today"]
"""`study`: the study's models. `today`: what has come after each of them."""
STORED = "object_storage"
"""What has cheaper places to lie in: prices `<it>_infrequent` and `<it>_archive`."""
APIS = "LLM APIs"
ONE_RUN: Range = (1, 1)


@dataclass(frozen=True, slots=True)
class CostLine:
    """One component: US dollars a month (or once), how they come about, and what the study says."""

    component: str
    usd: Range
    what: str
    study: Range | None
    source: From

    @property
    def ratio(self) -> tuple[float | None, float | None]:
        """Ours over the study's, of the low and of the high ends; None where the study says nothing, or 0."""
        low, high = (ours / said if said else None for ours, said in zip(self.usd, self.study or (0, 0), strict=True))
        return low, high


@dataclass(frozen=True, slots=True)
class Estimate:
    """All components of one plan and scenario."""

    lines: tuple[CostLine, ...]

    @property
    def usd(self) -> Range:
        """Their sum."""
        return (sum(line.usd[0] for line in self.lines), sum(line.usd[1] for line in self.lines))

    @property
    def apis(self) -> Range:
        """The part of the sum that language models take."""
        asked = next(line.usd for line in self.lines if line.component == APIS)
        return (asked[0] / self.usd[0], asked[1] / self.usd[1])


def estimate(
    inputs: Inputs, prices: Prices, plan_name: str, *, scenario: str, basis: Basis, savings: Collection[str] = ()
) -> Estimate:
    """Return a month of a plan; InputError for names that are unknown and models without a price."""
    plan, how_often = inputs.plan(plan_name), inputs.scenario(scenario)
    month = _Month(inputs, prices, how_often.runs, inputs.scenario(plan.scenario).runs, basis, frozenset(savings))
    return Estimate(tuple(month.lines(plan)))


def one_time(inputs: Inputs) -> Estimate:
    """Return what is paid once for a dataset of one's own."""
    return _standing(inputs, inputs.one_time.components)


def services(inputs: Inputs) -> Estimate:
    """Return a month of each service that the study names and no plan has."""
    return _standing(inputs, inputs.services)


def by_service(inputs: Inputs, prices: Prices) -> Estimate:
    """Return what the runs of the first scenario ask each service for, by the study's models."""
    name, scenario = next(iter(inputs.scenarios.items()))
    month = _Month(inputs, prices, scenario.runs, scenario.runs, "study", frozenset())
    return Estimate(
        tuple(
            month.asked(
                service,
                Apis.model_validate(
                    {**said.model_dump(exclude={"why"}), "share": 1, "from": scenario.source, "what": name}
                ),
                [service],
            )
            for service, said in inputs.services_said.items()
        )
    )


def _standing(inputs: Inputs, components: Collection[Component]) -> Estimate:
    month = _Month(inputs, Prices(models={}), ONE_RUN, ONE_RUN, "study", frozenset())
    return Estimate(tuple(map(month.component, components)))


@dataclass(frozen=True, slots=True)
class _Month:
    inputs: Inputs
    prices: Prices
    runs: Range
    runs_of_plan: Range
    basis: Basis
    savings: frozenset[str]

    def lines(self, plan: Plan) -> list[CostLine]:
        """Return a line a component, in the order of the study."""
        return [
            self.asked(APIS, plan.apis, self.inputs.services_said),
            *map(self.component, plan.components),
        ]

    def asked(self, name: str, apis: Apis, services: Collection[str]) -> CostLine:
        """Return what runs ask of services, each for a share of the evaluation."""
        once = [self._answers(each) for each in self.inputs.evaluation if each.service in services]
        usd = (sum(low for low, _ in once), sum(high for _, high in once))
        low, high = (runs * apis.share * each for runs, each in zip(self.runs, usd, strict=True))
        share = "" if apis.share == 1 else f"{apis.share:.0%} of "
        how = f"{span(self.runs)} × {share}${usd[0]:,.0f}–{usd[1]:,.0f}, {apis.what}"
        return CostLine(name, (low, high), how, apis.study, apis.source)

    def component(self, component: Component) -> CostLine:
        """Return the sum of its quantities times their prices."""
        parts = [self._part(part) for part in component.parts]
        usd = (sum(part[0] for part, _ in parts), sum(part[1] for part, _ in parts))
        return CostLine(component.name, usd, " + ".join(what for _, what in parts), component.study, component.source)

    def model(self, name: str) -> str:
        """Return what is asked in the place of a model of the study."""
        later = self.inputs.today.get(name)
        if later is None:
            return name
        if "model-choice" in self.savings:
            return later.smallest
        return later.successor if self.basis == "today" else name

    def _saved(self, saving: Literal["caching", "auto-stop"]) -> float:
        """Return the part of a quantity that is left."""
        return 1 - (self.inputs.savings[saving].share or 0.0) if saving in self.savings else 1.0

    def _answers(self, answers: Answers) -> Range:
        """Return US dollars of what one evaluation asks a model: all that a run has asked, if it is one's own."""
        work = self.inputs.work(answers.work)
        usd = self._pass(answers) * self._saved("caching")
        if work.basis == "yours":
            return usd, usd
        low, high = (calls * answers.configurations / work.requests for calls in answers.calls)
        return usd * low, usd * high

    def _pass(self, answers: Answers) -> float:
        """Return US dollars of one pass. Batches and the provider's cache do not add up: the cheaper one counts."""
        work, price = self.inputs.work(answers.work), _price(self.prices, self.model(answers.model))
        ways = [price.cost(work.input_tokens, work.output_tokens)]
        if "batch" in self.savings:
            ways.append(price.cost(work.input_tokens, work.output_tokens, batch=True))
        if "prompt-caching" in self.savings and work.shared:
            cached = round(work.input_tokens * work.shared)
            written = work.input_tokens - cached
            ways.append(price.cost(work.input_tokens, work.output_tokens, cached=cached, written=written))
        return min(ways)

    def _part(self, part: Quantity) -> tuple[Range, str]:
        """Return US dollars of a quantity, and how they come about."""
        price = self.inputs.price(part.price)
        low, high = part.quantity
        if part.by_run:
            more = [runs / of_plan for runs, of_plan in zip(self.runs, self.runs_of_plan, strict=True)]
            low, high = (each * times * self._saved("caching") for each, times in zip((low, high), more, strict=True))
        usd, stopped = self._unit(part, price)
        low, high = low * stopped, high * stopped
        what = f", {part.what}" if part.what else ""
        return (low * usd, high * usd), f"{span((low, high))} × ${usd:.4g} per {price.per}{what}"

    def _unit(self, part: Quantity, price: CloudPrice) -> tuple[float, float]:
        """Return what a unit costs, and the part of the quantity that is left: what is reserved is always paid."""
        usd = price.usd
        if "lifecycle" in self.savings and part.price == STORED:
            usd = self._blended()
        if "spot" in self.savings and price.spot is not None:
            usd *= price.spot
        stopped = self._saved("auto-stop") if part.stops else 1.0
        if "reserved" in self.savings and price.reserved is not None and price.reserved < stopped:
            return usd * price.reserved, 1.0
        return usd, stopped

    def _blended(self) -> float:
        """Return what a GB costs on average where parts of it have grown older: new, infrequent, archived."""
        new, older, oldest = self.inputs.savings["lifecycle"].shares or [1.0, 0.0, 0.0]
        middle, last = (self.inputs.price(f"{STORED}_{place}").usd for place in ("infrequent", "archive"))
        return new * self.inputs.price(STORED).usd + older * middle + oldest * last


def span(amounts: Range) -> str:
    """Return a range as text, to three or four digits."""
    low, high = (f"{each:,.0f}" if each >= 1000 else f"{each:.3g}" for each in amounts)
    return low if low == high else f"{low}–{high}"


def _price(prices: Prices, model: str) -> Price:
    price = prices.find(*model.split("/", 1))
    if price is None:
        raise InputError(f"no price is known for {model}: add it to prices.yaml here (see locomo/llm/prices.yaml)")
    return price
