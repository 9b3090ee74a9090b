"""`locomo cache`: what is kept of paid answers, why something is asked anew, and how to pass answers on."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from locomo.cli.console import open_console
from locomo.errors import InputError
from locomo.files import pretty_json, read_text
from locomo.llm.cache import open_backend
from locomo.llm.cache.browse import find_entry, read_entries, usage_by_model
from locomo.llm.cache.misses import nearest, read_request
from locomo.llm.cache.transfer import export_entries, import_entries
from locomo.llm.cache.upkeep import broken_entries, delete_entries

cache = typer.Typer(help="Inspect, share and clean the cached answers.", no_args_is_help=True)

Location = Annotated[
    str | None,
    typer.Option(
        "--cache",
        metavar="LOCATION",
        help="Folder or Redis URL. Default: LOCOMO_CACHE_DIR, else the user's cache folder.",
    ),
]
Model = Annotated[str | None, typer.Option(metavar="PROVIDER/MODEL", help="Only answers of this model.")]

_WIDTH = 130
"""Columns of a table that is not on a terminal."""
_KEY_SHOWN = 14
"""Characters of a key in a list: enough to be the only one."""
_TEXT_SHOWN = 60
_NUMBERS = ("entries", "refusals", "input tokens", "output tokens", "in", "out")


@cache.command()
def stats(location: Location = None) -> None:
    """Show the cache's location, its size, and tokens by model."""
    backend = open_backend(location, must_exist=True)
    usages = usage_by_model(read_entries(backend))
    table = _table("model", "entries", "refusals", "input tokens", "output tokens")
    for model, usage in usages.items():
        counts = (usage.entries, usage.refusals, usage.input_tokens, usage.output_tokens)
        table.add_row(Text(model), *(f"{count:,}" for count in counts))
    total = sum(usage.entries for usage in usages.values())
    typer.echo(f"{backend.location}: {_entries(total)}, {backend.size() / 1e6:,.1f} MB")
    open_console(_WIDTH).print(table)


@cache.command(name="list")
def list_entries(
    location: Location = None,
    model: Model = None,
    limit: Annotated[int, typer.Option(min=1, help="Number of entries to show.")] = 20,
) -> None:
    """List entries by key, with the start of each question and answer."""
    table = _table("key", "model", "in", "out", "last message", "answer")
    for entry in islice(read_entries(open_backend(location, must_exist=True), model), limit):
        messages, told = entry.request["messages"], entry.told
        table.add_row(
            entry.key[:_KEY_SHOWN],
            Text(entry.model),
            f"{told['input_tokens']:,}",
            f"{told['output_tokens']:,}",
            _beginning(messages[-1]["content"] if messages else ""),
            _beginning(entry.answer),
        )
    open_console(_WIDTH).print(table)


@cache.command()
def show(
    key: Annotated[str, typer.Argument(help="A key, or a unique prefix of one.")], location: Location = None
) -> None:
    """Print one entry as JSON."""
    typer.echo(pretty_json(find_entry(open_backend(location, must_exist=True), key).fields), nl=False)


@cache.command()
def why(
    request: Annotated[
        Path, typer.Argument(help="File with a request in the form that `show` prints; '-' reads stdin.")
    ],
    location: Location = None,
) -> None:
    """Explain why a request misses the cache: show the most similar entry and the differences."""
    stdin = str(request) == "-"
    asked = read_request(sys.stdin.read() if stdin else read_text(request), "stdin" if stdin else str(request))
    backend = open_backend(location, must_exist=True)
    if backend.get(asked.key) is not None:
        typer.echo(f"stored: {asked.key}")
        return
    typer.echo(f"not stored: {asked.key}")
    near = nearest(asked, read_entries(backend))
    if near is None:
        typer.echo(f"{backend.location}: no entries at all")
        return
    typer.echo(f"most like:  {near.entry.key}\nwhat differs, stored → asked:")
    for difference in near.differences:
        typer.echo(f"  {difference}")


@cache.command(name="export")
def export_file(file: Path, location: Location = None, model: Model = None) -> None:
    """Export entries to FILE as JSON lines. The same entries give the same bytes."""
    count = export_entries(read_entries(open_backend(location, must_exist=True), model), file)
    typer.echo(f"{file}: {_entries(count)}")


@cache.command(name="import")
def import_file(file: Path, location: Location = None) -> None:
    """Import an exported FILE. Every line is checked first, and existing answers are kept."""
    backend = open_backend(location)
    done = import_entries(file, backend)
    typer.echo(f"{backend.location}: {done.new:,} new, {done.same:,} were here already")
    if done.different:
        typer.echo(f"{done.different:,} with another answer here, which stays")


@cache.command()
def verify(
    location: Location = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete broken entries, so that they are asked again.")
    ] = False,
) -> None:
    """Check that every entry is readable and stored under its request's key. Exits with 2 if one is not."""
    backend = open_backend(location, must_exist=True)
    total, broken = len(backend), []
    for key, trouble in broken_entries(backend):
        broken.append(key)
        typer.echo(f"{key}: {trouble}")
    if not broken:
        typer.echo(f"{backend.location}: all good, {_entries(total)}")
        return
    if delete:
        delete_entries(backend, broken)
    cure = "deleted" if delete else "`locomo cache verify --delete` deletes them, to be asked anew"
    raise InputError(f"{backend.location}: {len(broken):,} of {_entries(total)} broken; {cure}")


@cache.command()
def prune(
    location: Location = None,
    model: Model = None,
    refusals: Annotated[
        bool, typer.Option("--refusals", help="Only permanent failures: filtered, refused and empty answers.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without confirmation.")] = False,
) -> None:
    """Delete the answers of a model, or permanent failures."""
    if model is None and not refusals:
        raise typer.BadParameter("say what goes: --model PROVIDER/MODEL, --refusals, or both")
    backend = open_backend(location, must_exist=True)
    keys = [entry.key for entry in read_entries(backend, model) if entry.refusal is not None or not refusals]
    what = f"{len(keys):,} refusals" if refusals else _entries(len(keys))
    typer.echo(f"{backend.location}: {what} of {model or 'all models'}")
    if not keys:
        return
    if not yes:
        typer.confirm("Delete them? They are paid anew if they are needed again", abort=True)
    delete_entries(backend, keys)
    typer.echo("deleted")


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _table(*headers: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for header in headers:
        table.add_column(
            header,
            justify="right" if header in _NUMBERS else "left",
            no_wrap=True,
            overflow="fold" if header in ("key", "model") else "ellipsis",
        )
    return table


def _beginning(text: str) -> Text:
    return Text(" ".join(text.split())[:_TEXT_SHOWN])
