"""`locomo compare`: two runs, what changed between them and whether that is more than noise."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from locomo.errors import InputError
from locomo.files import pretty_json, write_text

if TYPE_CHECKING:
    from locomo.reporting.comparison import Comparison

_WIDTH_OF_ALL = 110
"""Columns that the widest row takes."""
_COLOURS = {"better": "green", "worse": "red", "noise": "dim", "unknown": "yellow"}
_RUN = "a folder, a file, a git revision, the name of an experiment, or 'workspace'"


def compare(  # noqa: PLR0917  (Typer makes options of them)
    before: Annotated[str, typer.Argument(metavar="A", help=f"The run before: {_RUN}.")] = "HEAD",
    after: Annotated[str, typer.Argument(metavar="B", help="The run after, likewise.")] = "workspace",
    out: Annotated[Path | None, typer.Argument(metavar="[OUT]", help="Write there instead of printing.")] = None,
    metric: Annotated[str | None, typer.Option(help="What is compared; the declared primary metric is f1.")] = None,
    configuration: Annotated[
        list[str] | None, typer.Option(help="Only this one, or one with another: qa=rag_dialog_k5. May be repeated.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The dataset that predictions without scores are about.")] = None,
    fetch: Annotated[bool, typer.Option(help="Read from the DVC remote what is not in its cache here.")] = False,
    flips: Annotated[int, typer.Option(help="How many flipped questions the terminal shows.", min=0)] = 5,
    as_markdown: Annotated[bool, typer.Option("--md", help="Markdown, as for a pull request.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with every flipped question.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="One HTML page.")] = False,
) -> None:
    """Compare run A with run B: what differs between them, verdicts by category, the answers that flipped, costs."""
    from locomo.reporting.comparison import compare as compare_runs
    from locomo.reporting.comparison import open_run
    from locomo.reporting.comparison.markdown import to_markdown
    from locomo.reporting.comparison.page import to_html
    from locomo.scoring.comparison import PRIMARY

    if as_markdown + as_json + as_html > 1:
        raise InputError("--md, --json, --html: expected one of them")
    runs = (open_run(name, data=data, fetch=fetch) for name in (before, after))
    found = compare_runs(*runs, metric=metric or PRIMARY, configurations=configuration)
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
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"written to {out}", err=True)


def to_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON values; `verdicts` are those of all questions together, by configuration."""
    values = asdict(found)
    verdicts = {line.configuration: line.verdict for line in found.overall}
    return {"before": values.pop("before"), "after": values.pop("after"), "verdicts": verdicts, **values}


def _print(found: Comparison, flips: int) -> None:
    from locomo.reporting.comparison import words

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_ALL, highlight=False)
    console.print(f"[bold]{escape(found.before)} → {escape(found.after)}[/bold]")
    if found.card_differences:
        console.print("The runs differ in:")
        for difference in found.card_differences:
            console.print(escape(f"  {difference.key}: {difference.before or '–'} → {difference.after or '–'}"))
    else:
        console.print("The runs' cards are the same.")
    for note in found.notes:
        console.print(f"[yellow]Note:[/yellow] {escape(note)}")
    _print_lines(console, found)
    console.print(words.rule(found))
    for what, names in (("before", found.only_before), ("after", found.only_after)):
        if names:
            console.print(escape(f"Only {what}: {', '.join(names)}."))
    _print_costs(console, found)
    _print_flips(console, found, flips)


def _print_lines(console: Console, found: Comparison) -> None:
    from locomo.reporting.comparison import words

    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(f"{found.metric_name}, %", no_wrap=True)
    for name in ("n", "before", "after", "change", "95% interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for line in found.lines:
        overall = line.category == "overall"
        name = escape(line.configuration) if overall else f"  {words.category(line)}"
        style = _COLOURS[line.verdict]
        table.add_row(
            name, *words.cells(line), f"[{style}]{words.MARKS[line.verdict]}[/{style}]", style="bold" * overall
        )
    console.print(table)


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
            ("before", f"{words.reply(flip.before)} ({words.percent(flip.before.score)})"),
            ("after", f"{words.reply(flip.after)} ({words.percent(flip.after.score)})"),
            *((turn.id, f"{turn.text or ''} ({words.seen(turn)})") for turn in flip.evidence),
        ):
            console.print(f"  [dim]{escape(name)}[/dim] {escape(text)}")
    if len(found.flips) > most:
        console.print(f"\n{len(found.flips) - most:,} more: --flips N, --html or --json.")
