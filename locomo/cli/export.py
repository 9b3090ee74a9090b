"""`locomo export`: the answers of a run for other programs, and its conversations for training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from locomo.errors import InputError, did_you_mean

TRAINING = "dialogue-training"


def export(  # noqa: PLR0917  (Typer makes options of them)
    out: Annotated[Path, typer.Argument(help="File to write; a folder for `datasets`.")],
    form: Annotated[str, typer.Option("--to", help="Format: original, csv, parquet, datasets or dialogue-training.")],
    run: Annotated[
        str, typer.Option(help="Run to export: a folder, a git revision, an experiment or 'workspace'.")
    ] = "workspace",
    configuration: Annotated[
        list[str] | None, typer.Option(help="Only this configuration, such as rag_dialog_k5. May be repeated.")
    ] = None,
    fetch: Annotated[bool, typer.Option(help="Fetch missing results from the DVC remote.")] = False,
    condition: Annotated[
        str, typer.Option(help="Shown of earlier sessions in dialogue-training: base, summary or observation.")
    ] = "base",
) -> None:
    """Export a run's answers and scores, in the original code's format or as a table; or turns to train on."""
    if form == TRAINING:
        _training(out, run, condition)
        return
    from locomo.reporting.comparison.run import read_rows
    from locomo.reporting.export import write_export

    conversations, predictions, scores = read_rows(run, fetch=fetch)
    names = list(dict.fromkeys(row.configuration for row in predictions))
    for name in configuration or ():
        if name not in names:
            raise InputError(f"--configuration {name}: expected one of {', '.join(names)}{did_you_mean(name, names)}")
    wanted = [row for row in predictions if not configuration or row.configuration in configuration]
    write_export(out, form, conversations, wanted, scores)
    typer.echo(f"{len(wanted):,} answers written to {out}", err=True)


def _training(out: Path, run: str, name: str) -> None:
    from locomo.evaluation.dialogue_training import CONDITIONS, training_examples
    from locomo.files import read_text, write_jsonl
    from locomo.pipeline.params import PARAMS, parse_params
    from locomo.reporting.comparison.places import WORKSPACE

    condition = next((each for each in CONDITIONS if each == name), None)
    if condition is None:
        raise InputError(f"--condition {name}: expected {', '.join(CONDITIONS)}{did_you_mean(name, CONDITIONS)}")
    folder = Path() if run == WORKSPACE else Path(run)
    if not folder.is_dir():
        raise InputError(f"--run {run}: {TRAINING} reads a folder or '{WORKSPACE}'; `git worktree add` makes one")
    examples = list(training_examples(folder, parse_params(read_text(folder / PARAMS)), condition))
    write_jsonl(out, examples)
    typer.echo(f"{len(examples):,} turns written to {out}", err=True)
