"""Memory systems in the report: what their rows earned, beside what it took to ingest, to search and to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from locomo.memory.conformance import Conformance
from locomo.reporting.conformance import conformance_lines
from locomo.reporting.cost import CostChart, scatter
from locomo.reporting.join import Configuration, JoinedAnswer
from locomo.reporting.means import ConfigurationResult
from locomo.reporting.memory import PREFIXES, Usage
from locomo.reporting.tables import NOTHING, percent
from locomo.retrieval.units import UNITS

DOLLARS = "US dollars to ingest, to search and to answer, all questions together"
TOKENS = "tokens to ingest, to search and to answer, all questions together"
CONTEXT = "tokens of a prompt"


@dataclass(frozen=True, slots=True)
class MemorySection:
    """A table with a line a configuration, and two charts; None where there is nothing to compare."""

    lines: list[list[str]]
    checks: list[list[str]]
    """A heading and a line a system (see `conformance_lines`); nothing where none was checked."""
    cost: CostChart | None
    context: CostChart | None


def memory_section(
    results: Sequence[ConfigurationResult],
    answers: Sequence[JoinedAnswer],
    usage: Mapping[str, Usage],
    halves: Mapping[str, float | None],
    checks: Conformance = MappingProxyType({}),
) -> MemorySection | None:
    """Return the section; None for a run without memory systems. `usage` is by system, as `memory_usage` has it."""
    mine = [result for result in results if result.configuration.task == "rag" and _unit(result) not in UNITS]
    if not mine:
        return None
    prompts = {r.configuration: r.overall.input_tokens for r in results if r.overall.input_tokens is not None}
    asked = [
        (result.configuration, prompts[result.configuration], f1)
        for result in results
        if result.configuration in prompts and (f1 := result.overall.f1) is not None
    ]
    return MemorySection(
        [_line(result, usage.get(_unit(result), {}), halves) for result in mine],
        conformance_lines(checks),
        _costs(results, answers, usage),
        scatter(CONTEXT, asked) if len(asked) > 1 else None,
    )


def _unit(result: ConfigurationResult) -> str:
    return result.configuration.unit or ""


def _line(result: ConfigurationResult, sums: Usage, halves: Mapping[str, float | None]) -> list[str]:
    means, name = result.overall, result.configuration.name
    half = halves.get(name)
    f1 = percent(means.f1) + ("" if half is None else f" ±{100 * half:.1f}")
    line = [name, f1, NOTHING if means.recall is None else percent(means.recall)]
    line.append(NOTHING if means.input_tokens is None else f"{means.input_tokens:,.0f}")
    for before in PREFIXES:
        if not sums:
            line += [NOTHING] * 3
            continue
        tokens = sums[f"{before}input_tokens"] + sums[f"{before}output_tokens"]
        dollars = sums.get(f"{before}cost_usd")
        line += [f"{sums[f'{before}calls']:,}", f"{tokens:,}", NOTHING if dollars is None else f"{dollars:.4f}"]
    return [*line, f"{sums['bytes'] / 1e6:.1f}" if sums else NOTHING]


def _costs(
    results: Sequence[ConfigurationResult], answers: Sequence[JoinedAnswer], usage: Mapping[str, Usage]
) -> CostChart | None:
    """Return F1 against what a row took in all: in dollars if all prices are known and something is paid."""
    groups: dict[Configuration, list[JoinedAnswer]] = {}
    for answer in answers:
        groups.setdefault(answer.configuration, []).append(answer)

    def total(configuration: Configuration, dollars: bool) -> float | None:
        used = groups[configuration]
        own = [each.cost_usd if dollars else float(each.input_tokens + each.output_tokens) for each in used]
        sums = usage.get(configuration.unit or "", {}) if configuration.task == "rag" else {}
        for before in PREFIXES if sums else ():
            ends = ("cost_usd",) if dollars else ("input_tokens", "output_tokens")
            own += [sums.get(f"{before}{end}") for end in ends]
        known = [value for value in own if value is not None]
        return sum(known) if len(known) == len(own) else None

    for dollars, axis in ((True, DOLLARS), (False, TOKENS)):
        totals = [total(result.configuration, dollars) for result in results]
        known = [value for value in totals if value is not None]
        if len(known) == len(results) > 1 and any(known):
            pairs = zip(results, known, strict=True)
            rows = [
                (result.configuration, value, f1) for result, value in pairs if (f1 := result.overall.f1) is not None
            ]
            return scatter(axis, rows) if rows else None
    return None
