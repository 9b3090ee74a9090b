"""`locomo retrieval`: how much of the evidence a retriever finds, without asking a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console
from locomo.errors import InputError
from locomo.retrieval.names import RETRIEVERS

if TYPE_CHECKING:
    from locomo.scoring.ranking import Evaluation

INDEX: Final = Path("data/index")
RAW: Final = Path("data/raw")
_HEADERS: Final = {
    "multi_hop": "multi-\nhop",
    "temporal": "tem-\nporal",
    "open_domain": "open-\ndomain",
    "single_hop": "single-\nhop",
    "adversarial": "adver-\nsarial",
    "overall": "over-\nall",
}
_WIDTH_OF_ALL = 110
"""Columns that the widest row takes."""


def retrieval(
    dataset: Annotated[
        str | None, typer.Option(help="Dataset in data/raw, such as locomo10. Default: the one in params.yaml.")
    ] = None,
    unit: Annotated[str, typer.Option(help="Unit to retrieve: dialog, observation or summary.")] = "dialog",
    retriever: Annotated[
        str, typer.Option(help=f"Retriever: {', '.join(RETRIEVERS)}, or store/<kind>:<place>.")
    ] = "hybrid",
    k: Annotated[
        str | None, typer.Option(help="Numbers of units, such as 5,10,25,50. Default: those of the paper.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print recall as JSON.")] = False,
) -> None:
    """Measure a retriever beside the paper's: recall, nDCG and MRR. Makes no model calls."""
    from locomo.dataset.released import read_released
    from locomo.pipeline.encoders import open_stored_encoder, question_encoders
    from locomo.pipeline.params import read_params
    from locomo.retrieval.indexes import FreshIndexes, Indexes, StoredIndexes, is_index_of
    from locomo.retrieval.registry import check_retriever, retriever_over
    from locomo.retrieval.units import UNITS, check_unit
    from locomo.scoring.ranking import PAPER_KS, evaluate

    check_retriever(retriever)
    ks = PAPER_KS[check_unit(unit)] if k is None else parse_ks(k)
    params = read_params()
    name = dataset or params.dataset
    conversations = read_released(RAW, name)
    indexes: Indexes = StoredIndexes(INDEX, question_encoders(params.llm))
    if retriever != "bm25" and not is_index_of(INDEX, conversations, UNITS):
        note = f"{INDEX} is not of {name}: embedding it now, for this time only (`dvc repro embed` keeps it)"
        typer.echo(note, err=True)
        indexes = FreshIndexes(open_stored_encoder(params.embed.encoder, params.llm))
    found = evaluate(conversations, retriever_over(retriever, indexes), unit, ks)
    if as_json:
        by_k = {
            str(k): {group: round(means[column], 4) for group, means in found.means("recall").items()}
            for column, k in enumerate(found.ks)
        }
        typer.echo(json.dumps({"unit": unit, "retriever": retriever, "recall": by_k}, indent=2))
    else:
        _print(found, name, unit, retriever)


def parse_ks(text: str) -> tuple[int, ...]:
    """Return the numbers in '5,10'; InputError for anything else."""
    try:
        ks = tuple(int(part) for part in text.split(","))
    except ValueError:
        ks = ()
    if not ks or min(ks) < 1:
        raise InputError(f"--k {text}: expected whole numbers from 1 up with commas between, such as 5,10,25,50")
    return ks


def _print(found: Evaluation, dataset: str, unit: str, retriever: str) -> None:
    from locomo.reporting.paper import paper

    console = open_console(_WIDTH_OF_ALL)
    means = {measure: found.means(measure) for measure in found.values}
    intervals = found.intervals("recall")
    published = {k: paper().recall(unit, k) for k in found.ks} if dataset == paper().dataset else {}
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    shown = {group: header for group, header in _HEADERS.items() if group in means["recall"]}
    table.add_column("recall\nat k")
    beside = ["95%\ninterval", *(["paper:\nDRAGON"] if published else []), "all\nfound", "nDCG", "MRR"]
    for header in (*shown.values(), *beside):
        table.add_column(header, justify="right", no_wrap=True)
    for column, k in enumerate(found.ks):
        table.add_row(
            str(k),
            *(_percent(means["recall"][group][column]) for group in shown),
            "–" if intervals is None else f"{_percent(intervals[column][0])}–{_percent(intervals[column][1])}",
            *([_percent(published[k])] if published else []),
            *(_percent(means[measure]["overall"][column]) for measure in ("all_evidence", "ndcg", "mrr")),
        )
    console.print(f"{dataset}, {unit} by {retriever}: {len(found.categories):,} questions, in percent", highlight=False)
    console.print(table)
    if others := [group for group in means["recall"] if group not in _HEADERS]:
        console.print(_by_category(found, means["recall"], others))
    for line in _notes(found, retriever):
        console.print(line, highlight=False)


def _by_category(found: Evaluation, recall: Mapping[str, Sequence[float]], groups: Sequence[str]) -> Table:
    """Return recall by k of the categories that LoCoMo does not have, a row each: there may be ten of them."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("recall at k")
    for k in found.ks:
        table.add_column(str(k), justify="right", no_wrap=True)
    for group in groups:
        table.add_row(group.replace("_", "-"), *map(_percent, recall[group]))
    return table


def _notes(found: Evaluation, retriever: str) -> list[str]:
    conversations = len(set(found.conversations.tolist()))
    notes = ["A question without evidence counts as 0, as in the paper. Right of the interval: all questions together."]
    if conversations > 1:
        notes.append(f"Intervals are of the overall recall, by resampling the {conversations} conversations.")
    if retriever == "learned":
        notes.append("Conversations of LoCoMo are ranked by weights fitted without them (docs/retrieval.md).")
    return notes


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
