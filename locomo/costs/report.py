"""All that is said of one plan: by the study's models and by today's, with and without what can be saved."""

from __future__ import annotations

from dataclasses import dataclass

from locomo.costs.estimate import Basis, Estimate, estimate, one_time
from locomo.costs.inputs import Inputs, Range
from locomo.llm.prices import Prices


@dataclass(frozen=True, slots=True)
class Report:
    """US dollars, as [low, high] of a month."""

    plan: str
    scenario: str
    runs: Range
    study_monthly: Range
    """What the study said of this plan, in the scenario that it was made for; so `study_optimised`."""
    study_optimised: Range
    study: Estimate
    study_saved: Estimate
    """With the savings that the study had."""
    today: Estimate
    today_saved: Estimate
    """With all savings."""
    effects: dict[str, tuple[Range, Range]]
    """What each saving takes off if it is the only one: by the study's models, by today's."""
    once: Estimate

    @property
    def ratio(self) -> Range:
        """The sum by the study's models over what the study says, of the low and of the high ends."""
        return (self.study.usd[0] / self.study_monthly[0], self.study.usd[1] / self.study_monthly[1])


def report(inputs: Inputs, prices: Prices, plan: str, scenario: str | None = None) -> Report:
    """Return what is said of a plan, in the scenario that it was made for unless one is named (see `estimate`)."""
    chosen = inputs.plan(plan)
    scenario = scenario or chosen.scenario

    def total(basis: Basis, *savings: str) -> Estimate:
        return estimate(inputs, prices, plan, scenario=scenario, basis=basis, savings=savings)

    def effect(basis: Basis, saving: str) -> Range:
        (low, high), (less, lesser) = total(basis).usd, total(basis, saving).usd
        return (low - less, high - lesser)

    return Report(
        plan=plan,
        scenario=scenario,
        runs=inputs.scenario(scenario).runs,
        study_monthly=chosen.study.monthly,
        study_optimised=chosen.study.optimised,
        study=total("study"),
        study_saved=total("study", *(name for name, saving in inputs.savings.items() if saving.study)),
        today=total("today"),
        today_saved=total("today", *inputs.savings),
        effects={name: (effect("study", name), effect("today", name)) for name in inputs.savings},
        once=one_time(inputs),
    )
