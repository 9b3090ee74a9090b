"""A baseline and several other runs, each compared with it: one table, one family of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.errors import InputError
from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison
from locomo.reporting.comparison.line import ComparedLine
from locomo.scoring.comparison import ALPHA
from locomo.scoring.statistics import Estimate, holm, holm_levels, interval_at

RULE: Final = (
    "Each run is compared with the baseline as two runs are; p and intervals of a configuration are adjusted for the "
    "number of runs by Holm's method."
)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The comparisons of a baseline with others, and the lines of all questions together, adjusted for their number."""

    comparisons: list[Comparison]
    lines: dict[str, list[ComparedLine | None]]
    """Configuration → one line a comparison; None where a run lacks it."""

    @property
    def baseline(self) -> str:
        """The name of the run that all others are compared with."""
        return self.comparisons[0].before

    @property
    def runs(self) -> list[str]:
        """The names of the others."""
        return [comparison.after for comparison in self.comparisons]

    @classmethod
    def of(cls, comparisons: Sequence[Comparison]) -> SideBySide:
        """Put comparisons with one baseline side by side; InputError without any."""
        if not comparisons:
            raise InputError("expected at least one run to compare with the baseline")
        names = list(dict.fromkeys(line.configuration for each in comparisons for line in each.overall))
        lines = {}
        for name in names:
            found = [next((x for x in each.overall if x.configuration == name), None) for each in comparisons]
            lines[name] = _adjusted(found)
        return cls(list(comparisons), lines)

    def to_json(self) -> dict[str, Any]:
        """Return the verdicts by configuration and run, and the adjusted lines, as JSON values."""
        from dataclasses import asdict

        return {
            "before": self.baseline,
            "runs": self.runs,
            "metric": self.comparisons[0].metric_name,
            "verdicts": {
                name: {run: line.verdict for run, line in zip(self.runs, lines, strict=True) if line is not None}
                for name, lines in self.lines.items()
            },
            "lines": {name: [line and asdict(line) for line in lines] for name, lines in self.lines.items()},
            "notes": {each.after: each.notes for each in self.comparisons},
        }

    def rows(self) -> list[tuple[str, str, list[str]]]:
        """Return (configuration, run, cells) rows: the baseline's value, then every other run's."""
        found = []
        for name, lines in self.lines.items():
            first = next(line for line in lines if line is not None)
            found.append((name, self.baseline, ["", words.percent(first.before), "", "", "", ""]))
            for run, line in zip(self.runs, lines, strict=True):
                if line is not None:
                    n, _, after, *rest = words.cells(line)
                    found.append(("", run, [n, after, *rest, words.MARKS[line.verdict]]))
        return found

    def table(self) -> Table:
        """Return a row for each configuration and run."""
        table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
        table.add_column("configuration", overflow="fold")
        table.add_column("run", overflow="fold")
        for name in ("n", f"{self.comparisons[0].metric}, %", "change", "95% interval", "p"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        for configuration, run, cells in self.rows():
            table.add_row(escape(configuration), escape(run), *cells)
        return table

    def to_markdown(self) -> str:
        """Return the table as GitHub's Markdown."""
        header = ("configuration", "run", "n", self.comparisons[0].metric_name, "Δ", "95%", "p", "")
        lines = [header, ("---", "---", *["---:"] * 5, "---")]
        lines += [(code(name) if name else "", code(run), *cells) for name, run, cells in self.rows()]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{RULE}\n"


def code(text: str) -> str:
    """Return a name as Markdown's code, whatever is in it."""
    return f"`{text.replace('`', '').replace('|', '/')}`"


def _adjusted(lines: Sequence[ComparedLine | None]) -> list[ComparedLine | None]:
    """Return lines with p, interval and verdict adjusted for their number."""
    tested = [line for line in lines if line is not None and line.p is not None]
    ps = [line.p for line in tested if line.p is not None]
    adjusted: list[ComparedLine] = []
    for line, p, level in zip(tested, holm(ps), holm_levels(ps, ALPHA), strict=True):
        estimate = Estimate(line.delta, line.se, line.low, line.high, line.p, line.n or 0, line.conversations or 0)
        low, high = interval_at(estimate, level)
        lost = p >= ALPHA or low is None or high is None or low <= 0 <= high
        verdict = "noise" if lost and line.verdict in {"better", "worse"} else line.verdict
        adjusted.append(replace(line, p=p, low=low, high=high, verdict=verdict))
    found = {id(line): new for line, new in zip(tested, adjusted, strict=True)}
    return [None if line is None else found.get(id(line), line) for line in lines]
