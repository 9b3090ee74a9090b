"""`locomo compare`: two runs, what changed between them and whether that is more than noise."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from locomo.cli.console import open_console
from locomo.errors import InputError
from locomo.files import pretty_json, write_text

if TYPE_CHECKING:
    from locomo.reporting.comparison import Comparison

_RUN = "a folder, a file, a git revision, the name of an experiment, or 'workspace'"


def compare(  # noqa: PLR0917  (Typer makes options of them)
    before: Annotated[str, typer.Argument(metavar="A", help=f"Baseline run: {_RUN}.")] = "HEAD",
    after: Annotated[str, typer.Argument(metavar="B", help="Run to compare with it.")] = "workspace",
    out: Annotated[Path | None, typer.Argument(metavar="[OUT]", help="File to write instead of printing.")] = None,
    others: Annotated[
        list[str] | None, typer.Option("--and", metavar="RUN", help="Another run to compare with A. May be repeated.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric to compare. The declared primary metric is f1.")] = None,
    configuration: Annotated[
        list[str] | None, typer.Option(help="Compare one configuration, or two: qa=rag_dialog_k5. May be repeated.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Dataset of the answers, if A and B are files of answers.")] = None,
    fetch: Annotated[bool, typer.Option(help="Fetch missing results from the DVC remote.")] = False,
    flips: Annotated[int, typer.Option(help="Number of flipped questions to show.", min=0)] = 5,
    as_markdown: Annotated[bool, typer.Option("--md", help="Write Markdown for a pull request.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON with every flipped question.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="Write a single HTML page.")] = False,
) -> None:
    """Compare run A with run B: parameters, verdicts by category, flipped questions and cost."""
    from locomo.evaluation.compare import compare as compare_runs
    from locomo.reporting.comparison.markdown import to_markdown
    from locomo.reporting.comparison.page import to_html

    if as_markdown + as_json + as_html > 1:
        raise InputError("--md, --json, --html: expected one of them")
    compared = partial(compare_runs, metric=metric, configurations=configuration, dataset=data, fetch=fetch)
    found = compared(before, after)
    if others:
        rest = [compared(before, other) for other in others]
        _several([found, *rest], out, as_json=as_json, as_markdown=as_markdown, as_html=as_html)
        return
    if as_markdown:
        text = to_markdown(found)
    elif as_json:
        text = pretty_json(to_json(found))
    elif as_html or (out is not None and out.suffix == ".html"):
        text = to_html(found)
    elif out is not None:
        text = to_markdown(found) if out.suffix == ".md" else pretty_json(to_json(found))
    else:
        _print(found, flips)
        return
    _write(text, out)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"written to {out}", err=True)


def _several(
    comparisons: list[Comparison], out: Path | None, *, as_json: bool, as_markdown: bool, as_html: bool
) -> None:
    from locomo.reporting.comparison.lines_table import WIDTH
    from locomo.reporting.comparison.page import side_by_side_to_html
    from locomo.reporting.comparison.side_by_side import RULE, SideBySide

    found = SideBySide.of(comparisons)
    if as_markdown or (out is not None and out.suffix == ".md"):
        _write(found.to_markdown(), out)
    elif as_html or (out is not None and out.suffix == ".html"):
        _write(side_by_side_to_html(found), out)
    elif as_json or out is not None:
        _write(pretty_json(found.to_json()), out)
    else:
        console = open_console(WIDTH, highlight=False)
        for each in comparisons:
            differ = [f"{x.key}: {x.before or '–'} → {x.after or '–'}" for x in each.card_differences]
            said = "; ".join(differ) or ("the cards are the same" if each.same_cards else "")
            console.print(escape(f"{each.before} → {each.after}: {said}" if said else f"{each.before} → {each.after}"))
            for note in each.notes:
                console.print(f"[yellow]Note:[/yellow] {escape(note)}")
        console.print(found.table())
        console.print(RULE)


def to_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON values; `verdicts` are those of all questions together, by configuration."""
    values = asdict(found)
    return {"before": values.pop("before"), "after": values.pop("after"), "verdicts": found.verdicts, **values}


def _print(found: Comparison, flips: int) -> None:
    from locomo.reporting.comparison import words
    from locomo.reporting.comparison.lines_table import WIDTH, lines_table, task_table

    console = open_console(WIDTH, highlight=False)
    console.print(f"[bold]{escape(found.before)} → {escape(found.after)}[/bold]")
    if found.card_differences:
        console.print("The runs differ in:")
        for difference in found.card_differences:
            console.print(escape(f"  {difference.key}: {difference.before or '–'} → {difference.after or '–'}"))
    elif found.same_cards:
        console.print("The runs' cards are the same.")
    for note in found.notes:
        console.print(f"[yellow]Note:[/yellow] {escape(note)}")
    if found.lines:
        console.print(lines_table(found, width=console.width))
        console.print(words.rule(found))
    for line in found.overall:
        if (sentence := words.findable(line)) is not None:
            console.print(escape(sentence))
    for what, names in (("before", found.only_before), ("after", found.only_after)):
        if names:
            console.print(escape(f"Only {what}: {', '.join(names)}."))
    for task in found.tasks:
        console.print(escape(f"\n{words.task_title(task)}"))
        for note in task.notes:
            console.print(f"[yellow]Note:[/yellow] {escape(note)}")
        console.print(task_table(task, width=console.width))
        console.print(escape(words.task_rule(task)))
    _print_costs(console, found)
    _print_flips(console, found, flips)


def _print_costs(console: Console, found: Comparison) -> None:
    from locomo.reporting.comparison import words

    changed = [cost for cost in found.costs if cost.before != cost.after and cost.before and cost.after]
    for cost in changed:
        parts = [
            f"{title} {words.amount(cost.before, name)} → {words.amount(cost.after, name)}"
            for name, title in (
                ("input_tokens", "input tokens"),
                ("output_tokens", "output tokens"),
                ("cost_usd", "US$"),
            )
            if cost.before.get(name) != cost.after.get(name)
        ]
        if parts:
            console.print(escape(f"{cost.configuration}: {', '.join(parts)}"))


def _print_flips(console: Console, found: Comparison, most: int) -> None:
    from locomo.reporting.comparison import words

    if not found.flips:
        if found.basis == "questions":
            console.print("No question's score crosses 0.5.")
        return
    lost = sum(not flip.gained for flip in found.flips)
    console.print(f"\n{len(found.flips):,} answers flipped: {lost:,} lost, {len(found.flips) - lost:,} won.")
    for flip in found.flips[:most]:
        sign = "[green]won[/green]" if flip.gained else "[red]lost[/red]"
        console.print(
            f"\n{sign} {escape(flip.question or flip.id)} [dim]({escape(flip.id)}, {flip.configuration})[/dim]"
        )
        for name, text in (
            ("gold", flip.reference or words.NOTHING),
            ("before", f"{words.reply(flip.before)} ({words.scored(flip.before)})"),
            ("after", f"{words.reply(flip.after)} ({words.scored(flip.after)})"),
            *((turn.id, f"{turn.text or ''} ({words.seen(turn)})") for turn in flip.evidence),
        ):
            console.print(f"  [dim]{escape(name)}[/dim] {escape(text)}")
    if len(found.flips) > most:
        console.print(f"\n{len(found.flips) - most:,} more: --flips N, --html or --json.")
