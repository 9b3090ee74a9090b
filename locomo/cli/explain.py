"""`locomo explain`: what a published number is made of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from locomo.cli.console import open_console
from locomo.errors import InputError
from locomo.files import pretty_json

if TYPE_CHECKING:
    from locomo.evaluation.explain import Explanation

_WIDTH = 130
"""Columns that a page takes where there is no terminal."""
_TROUBLES = 3
"""That are shown; --json has all."""


def explain(  # noqa: PLR0917  (Typer makes options of them)
    file: Annotated[Path, typer.Argument(help="Answers of any harness, in any form that `locomo score` reads.")],
    data: Annotated[Path, typer.Option(help="Dataset of the questions, in the released format.")],
    claim: Annotated[float | None, typer.Option(help="The published number in percent, such as 84.03.")] = None,
    key: Annotated[str | None, typer.Option(help="Which answers to take, if the file holds several sets.")] = None,
    judge: Annotated[
        str | None, typer.Option(help="Add this model's accuracies under our three judge prompts.")
    ] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the judge for verdicts that the cache lacks.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain a published number: which questions, means, judges and golds it rests on."""
    from locomo.evaluation.explain import explain as explain_file

    if claim is not None and not 0 <= claim <= 100:
        raise InputError(f"--claim: found {claim:g}, expected percent from 0 to 100")
    found = explain_file(
        file, data, claim=None if claim is None else claim / 100, key=key, judge=judge, offline=not ask
    )
    if as_json:
        typer.echo(pretty_json(asdict(found) | {"met": found.met}), nl=False)
    else:
        _print(found, open_console(_WIDTH, highlight=False))


def _print(found: Explanation, console: Console) -> None:
    for part in (_questions, _labels, _means, _met, _judges, _golds, _length, _context):
        part(found, console)


def _questions(found: Explanation, console: Console) -> None:
    answered, missing = sum(found.answered.values()), sum(found.missing.values())
    console.print(f"[bold]{escape(found.file)}[/bold], {found.rows:,} rows, held against {escape(found.dataset)}")
    console.print(f"Questions: {answered:,} of {answered + missing:,} are answered: {_counts(found.answered)}")
    if missing:
        console.print(f"  [yellow]{missing:,} are missing[/yellow]: {_counts(found.missing)}")
    if found.twice:
        console.print(f"  [yellow]{len(found.twice)} are answered twice[/yellow]; the first answer counts here")
    if found.unread:
        console.print(f"  [yellow]{len(found.unread)} rows cannot be used[/yellow]:")
        for trouble in found.unread[:_TROUBLES]:
            console.print(f"    {escape(trouble)}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _labels(found: Explanation, console: Console) -> None:
    if not found.labels:
        return
    console.print("Categories of the file:")
    for each in found.labels:
        others = f", and {each.others:,} of others" if each.others else ""
        misnamed = "; [yellow]the dataset has another category by this name[/yellow]" if each.misnamed else ""
        console.print(f"  {escape(each.label)}: {each.questions:,} questions of {each.category}{others}{misnamed}")


def _means(found: Explanation, console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False, title_justify="left")
    table.add_column("mean, %", no_wrap=True)
    for way in found.ways:
        table.add_column(way, justify="right")
    for name, values in found.means.items():
        table.add_row(escape(name), *(f"{100 * values[way]:.2f}" if way in values else "–" for way in found.ways))
    console.print(table)
    for way, said in found.ways.items():
        console.print(f"  [dim]{way}: {said}[/dim]")


def _met(found: Explanation, console: Console) -> None:
    if found.claim is None:
        return
    said = f"{100 * found.claim:.2f}".rstrip("0").rstrip(".")
    if not found.met:
        console.print(f"[yellow]{said} is none of these means.[/yellow]")
    for name, way, mean in found.met:
        console.print(f"[green]{said} is[/green] {escape(name)}, {way}: {100 * mean:.2f}")


def _judges(found: Explanation, console: Console) -> None:
    if found.judges:
        console.print("Accuracy over the answered questions that have a gold answer, by who judges:")
    for name, accuracy in found.judges.items():
        console.print(f"  {escape(name)}: {100 * accuracy:.2f}")
    for name, share in found.agreement.items():
        console.print(f"  '{escape(name)}' and the local judge agree on {100 * share:.1f}% of the answers")


def _golds(found: Explanation, console: Console) -> None:
    golds = found.golds
    if not golds:
        return
    console.print(
        f"Wrong golds (errata {golds['errata']}): a perfect reader gets an F1 of {100 * golds['ceiling']:.2f} on the "
        "answered questions"
        + (f", {100 * golds['ceiling_1_4']:.2f} on categories 1 to 4" if "ceiling_1_4" in golds else "")
    )
    console.print(
        f"  This file gets {100 * golds['f1']:.2f} by the released golds and {100 * golds['corrected']:.2f} by the "
        "corrected ones"
    )


def _length(found: Explanation, console: Console) -> None:
    length = found.length
    if not length:
        return
    console.print(
        f"Length: an answer has {length['words']:g} words, a gold answer {length['gold_words']:g} (medians)\n"
        f"  F1 over stems: {100 * length['f1']:.2f} by the whole answer, {100 * length['best_span']:.2f} by the best "
        "run of words in it"
    )


def _context(found: Explanation, console: Console) -> None:
    said = []
    if "k" in found.context:
        said.append(f"k = {found.context['k']}")
    if "tokens" in found.context:
        said.append(f"{found.context['tokens']:,.0f} tokens a question")
    if "estimated_tokens" in found.context:
        said.append(f"about {found.context['estimated_tokens']:,.0f} tokens a question, at four characters each")
    if said:
        console.print(f"Context: {', '.join(said)}")
