"""A comparison as Markdown, for a pull request: what differs first, then verdicts, then what is behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison
from locomo.reporting.comparison.flips import Flip
from locomo.reporting.comparison.line import ComparedLine
from locomo.reporting.comparison.tasks import TaskComparison

FLIPS: Final = 20
"""Questions that are shown, at most: a comment holds 65,536 characters."""
LENGTH: Final = 200
"""Characters of an answer that are shown."""
_PLAIN: Final = re.compile(r"[][\w. →#/:-]+")
_STRUCTURE: Final = str.maketrans({c: f"&#{ord(c)};" for c in "&<>|`*_[]~\\@#!"} | {"\n": " ", "\r": " "})


def to_markdown(comparison: Comparison) -> str:
    """Return GitHub's Markdown. No answer's words act as Markdown, HTML or a mention."""
    parts = [f"### {_code(comparison.metric_name)}: {_code(comparison.before)} → {_code(comparison.after)}"]
    if comparison.card_differences:
        rows = [[d.key, _text(d.before), _text(d.after)] for d in comparison.card_differences]
        parts.append("**The runs differ in**\n\n" + _table(["", "before", "after"], rows))
    elif comparison.same_cards:
        parts.append("The runs' cards are the same.")
    parts += [f"> {_text(note, length=None)}" for note in comparison.notes]
    if comparison.lines:
        parts.append(_lines(comparison.overall, with_category=False))
        parts.append(words.rule(comparison))
    parts += [_text(sentence, length=None) for line in comparison.overall if (sentence := words.findable(line))]
    categories = [line for line in comparison.lines if line not in comparison.overall]
    if categories:
        parts.append(_details("By category", _lines(categories, with_category=True)))
    for task in comparison.tasks:
        parts += _task(task)
    parts.append(_flips(comparison.flips))
    parts.append(_details("Tokens and cost, as if nothing had been cached", _costs(comparison)))
    for what, names in (("before", comparison.only_before), ("after", comparison.only_after)):
        if names:
            parts.append(f"Only {what}: {', '.join(map(_code, names))}.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _task(task: TaskComparison) -> list[str]:
    """Return the metric that decides, and all others folded away."""
    notes = [f"> {_text(note, length=None)}" for note in task.notes]
    table = _lines([line for line in task.lines if line.category == task.primary], with_category=True, what="metric")
    rest = [line for line in task.lines if line.category != task.primary]
    others = [_details("Other metrics", _lines(rest, with_category=True, what="metric"))] if rest else []
    return [f"**{words.task_title(task)}**", *notes, table, words.task_rule(task), *others]


def _lines(lines: Sequence[ComparedLine], *, with_category: bool, what: str = "category") -> str:
    header = ["configuration", *([what] if with_category else []), "n", *words.sides(lines)]
    header += ["Δ", "95%", "p", ""]
    rows = [
        [
            _code(line.configuration),
            *([] if not with_category else [words.category(line)] if what == "category" else [_code(line.category)]),
            *words.cells(line),
            words.MARKS[line.verdict] if line.verdict == "noise" else f"**{words.MARKS[line.verdict]}**",
        ]
        for line in lines
    ]
    return _table(header, rows, right=range(2 if with_category else 1, len(header) - 1))


def _flips(flips: Sequence[Flip]) -> str:
    if not flips:
        return ""
    lost = sum(not flip.gained for flip in flips)
    rows = [
        [
            _code(flip.id),
            _code(flip.configuration),
            _text(flip.question),
            _text(flip.reference),
            f"{_text(words.reply(flip.before))} ({words.scored(flip.before)})",
            f"{_text(words.reply(flip.after))} ({words.scored(flip.after)})",
            "<br>".join(f"{_text(turn.id)} {words.seen(turn)}" for turn in flip.evidence),
        ]
        for flip in _some(flips)
    ]
    shown = f" (the {len(rows)} with the largest change of each kind)" if len(rows) < len(flips) else ""
    table = _table(["question", "configuration", "", "gold", "before", "after", "evidence"], rows)
    return _details(f"{len(flips):,} answers flipped: {lost:,} lost, {len(flips) - lost:,} won{shown}", table)


def _some(flips: Sequence[Flip]) -> list[Flip]:
    lost = [flip for flip in flips if not flip.gained]
    won = [flip for flip in flips if flip.gained]
    half = FLIPS // 2
    return lost[: max(half, FLIPS - len(won))] + won[: max(half, FLIPS - len(lost))]


def _costs(comparison: Comparison) -> str:
    names = ("questions", "errors", "input_tokens", "output_tokens", "cost_usd")
    rows = [
        [
            _code(cost.configuration),
            *(f"{words.amount(cost.before, name)} → {words.amount(cost.after, name)}" for name in names),
        ]
        for cost in comparison.costs
        if cost.before or cost.after
    ]
    header = ["configuration", "questions", "failed", "input tokens", "output tokens", "US dollars"]
    return _table(header, rows, right=range(1, 6)) if rows else ""


def _details(summary: str, inside: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{inside}\n\n</details>" if inside else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    numbers = set(right)
    lines = [header, ["---:" if i in numbers else "---" for i in range(len(header))], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _text(value: str | None, length: int | None = LENGTH) -> str:
    if value is None:
        return words.NOTHING
    short = value if length is None or len(value) <= length else value[:length] + "…"
    return short.translate(_STRUCTURE)


def _code(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f"`{value}`"
    return f"<code>{_text(value)}</code>"
