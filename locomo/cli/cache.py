"""`locomo cache`: what is kept of paid answers, why something is asked anew, and how to pass answers on."""

from __future__ import annotations

import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from locomo.errors import InputError
from locomo.files import pretty_json, read_text
from locomo.llm.cache import open_backend
from locomo.llm.cache.browse import find_entry, read_entries, usage_by_model
from locomo.llm.cache.misses import nearest, read_request
from locomo.llm.cache.transfer import export_entries, import_entries
from locomo.llm.cache.upkeep import broken_entries, delete_entries

cache = typer.Typer(help="Look at the answers that are kept, pass them on, clean up.", no_args_is_help=True)

Location = Annotated[
    str | None,
    typer.Option(
        "--cache", metavar="LOCATION", help="A folder or a Redis URL; else LOCOMO_CACHE_DIR, else the default."
    ),
]
Model = Annotated[str | None, typer.Option(metavar="PROVIDER/MODEL", help="Only the answers of this model.")]

_WIDTH = 130
"""Columns of a table that is not on a terminal."""
_KEY_SHOWN = 14
"""Characters of a key in a list: enough to be the only one."""
_TEXT_SHOWN = 60
_NUMBERS = ("entries", "input tokens", "output tokens", "in", "out")


@cache.command()
def stats(location: Location = None) -> None:
    """Where the answers are, how many, and what they took."""
    backend = open_backend(location, must_exist=True)
    usages = usage_by_model(read_entries(backend))
    table = _table("model", "entries", "input tokens", "output tokens")
    for model, usage in usages.items():
        table.add_row(Text(model), f"{usage.entries:,}", f"{usage.input_tokens:,}", f"{usage.output_tokens:,}")
    total = sum(usage.entries for usage in usages.values())
    typer.echo(f"{backend.location}: {_entries(total)}, {backend.size() / 1e6:,.1f} MB")
    _console().print(table)


@cache.command(name="list")
def list_entries(
    location: Location = None,
    model: Model = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
) -> None:
    """Entries by key, with the beginnings of the last message and of the answer."""
    table = _table("key", "model", "in", "out", "last message", "answer")
    for entry in islice(read_entries(open_backend(location, must_exist=True), model), limit):
        messages, response = entry.request["messages"], entry.response
        table.add_row(
            entry.key[:_KEY_SHOWN],
            Text(entry.model),
            f"{response['input_tokens']:,}",
            f"{response['output_tokens']:,}",
            _beginning(messages[-1]["content"] if messages else ""),
            _beginning(entry.answer),
        )
    _console().print(table)


@cache.command()
def show(
    key: Annotated[str, typer.Argument(help="A key, or a beginning that no other key has.")], location: Location = None
) -> None:
    """One entry as JSON."""
    typer.echo(pretty_json(asdict(find_entry(open_backend(location, must_exist=True), key))), nl=False)


@cache.command()
def why(
    request: Annotated[Path, typer.Argument(help="A file with a request as `show` prints it; '-' for stdin.")],
    location: Location = None,
) -> None:
    """Why a request is asked anew: the stored one most like it, and what differs."""
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
    """Write entries to FILE as JSON lines, the same bytes for the same entries."""
    count = export_entries(read_entries(open_backend(location, must_exist=True), model), file)
    typer.echo(f"{file}: {_entries(count)}")


@cache.command(name="import")
def import_file(file: Path, location: Location = None) -> None:
    """Add the entries of an exported FILE, if all its lines are good. Answers that are here stay."""
    backend = open_backend(location)
    done = import_entries(file, backend)
    typer.echo(f"{backend.location}: {done.new:,} new, {done.same:,} were here already")
    if done.different:
        typer.echo(f"{done.different:,} with another answer here, which stays")


@cache.command()
def verify(
    location: Location = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete broken entries, to be asked anew.")] = False,
) -> None:
    """Check that every entry can be read and lies under the key of its request; exit code 2 if not."""
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
    model: Annotated[str, typer.Option(metavar="PROVIDER/MODEL", help="The model whose answers go.")],
    location: Location = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the answers of one model."""
    backend = open_backend(location, must_exist=True)
    keys = [entry.key for entry in read_entries(backend, model)]
    typer.echo(f"{backend.location}: {_entries(len(keys))} of {model}")
    if not yes:
        typer.confirm("Delete them? They are paid anew if they are needed again", abort=True)
    delete_entries(backend, keys)
    typer.echo("deleted")


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


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
