"""`locomo validate`: holds a stage's output, or a file of one's own, against the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console
from locomo.errors import InputError, InvalidDataError

if TYPE_CHECKING:
    from locomo.validation import SuiteResult

_WIDTH_OF_ALL = 110
"""Columns that the widest row takes."""


def validate(
    path: Annotated[
        Path | None, typer.Argument(help="Stage output, dataset or file of answers. Default: all outputs.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Dataset of the answers. Default: data/captioned.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON with the first offending rows.")] = False,
) -> None:
    """Validate PATH, or all outputs of the pipeline. Exits with 7 if a rule is broken."""
    results = _outputs() if path is None else [_one(each, data) for each in _files(path)]
    if as_json:
        typer.echo(json.dumps([result.to_json() for result in results], indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print(results)
    if any(result.errors for result in results):
        raise typer.Exit(InvalidDataError.exit_code)


def _files(path: Path) -> list[Path]:
    """Return the files of a folder of predictions, anything else as it is."""
    rows = sorted(path.glob("*.jsonl")) if path.is_dir() and not (path / "scores.jsonl").is_file() else []
    return rows or [path]


def _one(path: Path, data: Path | None) -> SuiteResult:
    from locomo.pipeline.contracts import CAPTIONED, CONTRACTS, subject_of
    from locomo.pipeline.params import PARAMS, read_params
    from locomo.validation.check import check
    from locomo.validation.subject import recognise

    subject = None
    if data is None and path in CONTRACTS and path.exists() and PARAMS.is_file():
        subject = subject_of(path, read_params())
    if subject is None:
        subject = recognise(path, data or (CAPTIONED if CAPTIONED.is_dir() else None))
    return check(subject.suite(), subject.tables(), str(path)).result


def _outputs() -> list[SuiteResult]:
    """Check all outputs anew, and write their Data Docs."""
    from locomo.pipeline.contracts import CONTRACTS, subject_of
    from locomo.pipeline.params import read_params
    from locomo.validation.record import validate as validate_output

    present = [out for out in CONTRACTS if out.exists()]
    if not present:
        raise InputError("no outputs here to validate; run `dvc repro`, or name a file or folder")
    params = read_params()
    subjects = [subject for out in present if (subject := subject_of(out, params))]
    return [validate_output(subject, again=True)[0] for subject in subjects]


def _print(results: list[SuiteResult]) -> None:
    console = open_console(_WIDTH_OF_ALL)
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("output", overflow="fold")
    table.add_column("suite")
    for header in ("rows", "rules", "hold", "warnings", "errors"):
        table.add_column(header, justify="right", no_wrap=True)
    for result in results:
        errors, warnings = len(result.errors), len(result.warnings)
        table.add_row(
            result.path,
            result.suite,
            f"{result.rows:,}",
            str(result.rules),
            str(result.rules - len(result.findings)),
            f"[yellow]{warnings}[/yellow]" if warnings else "0",
            f"[red]{errors}[/red]" if errors else "0",
        )
    console.print(table)
    for result in results:
        for finding in result.errors + result.warnings:
            for line in finding.lines:
                console.print(line, markup=False, highlight=False, soft_wrap=True)
