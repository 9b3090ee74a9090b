"""The model: quantities times unit prices, added up, and what each saving takes off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from locomo.costs.gpu import hours
from locomo.costs.inputs import Inputs, Local, Monthly, Plan, Range
from locomo.errors import InputError
from locomo.llm.prices import Price, Prices

Basis = Literal["study", "today"]
"""`study`: the study's models. `today`: what has come after each of them."""
STORED = {"object_storage": "object_storage_{}", "snapshots": "snapshots_archive"}
"""What has cheaper places to lie in, and how their prices are called."""
SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Line:
    """One component: US dollars a month (or once), and how they come about."""

    component: str
    usd: Range
    what: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """All components of one plan and scenario."""

    lines: tuple[Line, ...]

    @property
    def usd(self) -> Range:
        """Their sum."""
        return (sum(line.usd[0] for line in self.lines), sum(line.usd[1] for line in self.lines))


def estimate(
    inputs: Inputs, prices: Prices, plan_name: str, *, scenario: str, basis: Basis, savings: Collection[str] = ()
) -> Estimate:
    """Return a month of a plan; InputError for names that are unknown and models without a price."""
    plan, how_often = inputs.plan(plan_name), inputs.scenario(scenario)
    month = _Month(inputs, prices, how_often.runs, basis, frozenset(savings))
    return Estimate(tuple(month.lines(plan)))


def one_time(inputs: Inputs, prices: Prices, basis: Basis) -> Estimate:
    """Return what is paid once for a dataset of one's own."""
    month = _Month(inputs, prices, (1, 1), basis, frozenset())
    once = inputs.one_time
    embedding = _price(prices, month.model(once.embeddings.model))
    notes = _price(prices, month.model(once.notes.model))
    gpu = inputs.price(f"gpu_{once.captions.gpu}")
    seconds = [once.captions.images * each for each in once.captions.seconds_an_image]
    low, high = (embedding.cost(round(tokens), 0) for tokens in once.embeddings.tokens)
    written = [
        notes.cost(round(sent), round(back))
        for sent, back in zip(once.notes.input_tokens, once.notes.output_tokens, strict=True)
    ]
    return Estimate(
        (
            Line("embeddings", (low, high), f"{month.model(once.embeddings.model)}, all units and questions"),
            Line(
                "captions",
                (seconds[0] / SECONDS * gpu.usd, seconds[1] / SECONDS * gpu.usd),
                f"{once.captions.images} pictures on a {once.captions.gpu.upper()}",
            ),
            Line("notes", (written[0], written[1]), f"{month.model(once.notes.model)}, observations and summaries"),
        )
    )


@dataclass(frozen=True, slots=True)
class _Month:
    inputs: Inputs
    prices: Prices
    runs: Range
    basis: Basis
    savings: frozenset[str]

    def lines(self, plan: Plan) -> list[Line]:
        """Return a line a component, in the order of the study."""
        found = [
            self._times_runs("LLM APIs", sum(self._answers(each.work, each.model) for each in plan.answers), "a run"),
        ]
        if plan.local:
            cost = sum(map(self._local, plan.local))
            found.append(self._times_runs("GPUs of local models", cost, self._of_gpus(plan.local)))
        model = self.model(plan.embeddings)
        embedded = _price(self.prices, model).cost(self.inputs.embedded_tokens, 0) * self._asked()
        found.append(self._times_runs("embeddings", embedded, f"a run, {model}"))
        return found + [self._monthly(each) for each in plan.monthly]

    def model(self, name: str) -> str:
        """Return what is asked in the place of a model of the study."""
        later = self.inputs.today.get(name)
        if later is None:
            return name
        if "model-choice" in self.savings:
            return later.smallest
        return later.successor if self.basis == "today" else name

    def _asked(self) -> float:
        """Return the part of a run that is not in the request cache."""
        saving = self.inputs.savings["caching"]
        return 1 - (saving.share or 0.0) if "caching" in self.savings else 1.0

    def _times_runs(self, component: str, usd: float, what: str) -> Line:
        low, high = self.runs
        runs = f"{low:g}" if low == high else f"{low:g}–{high:g}"
        return Line(component, (usd * low, usd * high), f"{runs} × ${usd:,.2f} {what}")

    def _answers(self, work_name: str, model: str) -> float:
        """Return US dollars of one pass. Batches and the provider's cache do not add up: the cheaper one counts."""
        work, price = self.inputs.work(work_name), _price(self.prices, self.model(model))
        ways = [price.cost(work.input_tokens, work.output_tokens)]
        if "batch" in self.savings:
            ways.append(price.cost(work.input_tokens, work.output_tokens, batch=True))
        if "prompt-caching" in self.savings and work.shared:
            cached = round(work.input_tokens * work.shared)
            written = work.input_tokens - cached
            ways.append(price.cost(work.input_tokens, work.output_tokens, cached=cached, written=written))
        return min(ways) * self._asked()

    def _local(self, local: Local) -> float:
        price = self.inputs.price(f"gpu_{local.gpu}")
        left = price.spot if "spot" in self.savings and price.spot is not None else 1.0
        work = self.inputs.work(local.work)
        return hours(self.inputs, work, local.gpu, local.billions) * price.usd * left * self._asked()

    def _of_gpus(self, local: list[Local]) -> str:
        sums: dict[str, float] = {}
        for each in local:
            took = hours(self.inputs, self.inputs.work(each.work), each.gpu, each.billions) * self._asked()
            sums[each.gpu] = sums.get(each.gpu, 0.0) + took
        return "a run, " + ", ".join(f"{took:.1f} h of {gpu.upper()}" for gpu, took in sums.items())

    def _monthly(self, item: Monthly) -> Line:
        price = self.inputs.price(item.price)
        usd, (low, high) = price.usd, item.quantity
        if "auto-stop" in self.savings and item.with_auto_stop is not None:
            low, high = (min(each, item.with_auto_stop) for each in (low, high))
        if "lifecycle" in self.savings and item.price in STORED:
            usd = self._blended(item.price)
        quantity = f"{low:,g}" if low == high else f"{low:,g}–{high:,g}"
        return Line(item.name, (low * usd, high * usd), f"{quantity} × ${usd:.4g} per {price.per}")

    def _blended(self, price: str) -> float:
        """Return what a GB costs on average where parts of it have grown older: new, infrequent, archived."""
        shares = self.inputs.savings["lifecycle"].shares or [1.0, 0.0, 0.0]
        new, older, oldest = shares
        names = [STORED[price].format(place) for place in ("infrequent", "archive")]
        middle, last = (self.inputs.price(name).usd for name in names)
        return new * self.inputs.price(price).usd + older * middle + oldest * last


def _price(prices: Prices, model: str) -> Price:
    price = prices.find(*model.split("/", 1))
    if price is None:
        raise InputError(f"no price is known for {model}: add it to prices.yaml here (see locomo/llm/prices.yaml)")
    return price
