"""`locomo retrieval`: how much of the evidence a retriever finds, without asking a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from locomo.errors import InputError

if TYPE_CHECKING:
    from locomo.reporting.retrieval import Evaluation

_HEADERS: Final = {
    "multi_hop": "multi-\nhop",
    "temporal": "tem-\nporal",
    "open_domain": "open-\ndomain",
    "single_hop": "single-\nhop",
    "adversarial": "adver-\nsarial",
    "overall": "overall",
}
_WIDTH_OF_ALL = 110
"""Columns that the widest row takes."""


def retrieval(
    dataset: Annotated[
        str | None, typer.Option(help="A dataset in data/raw, such as locomo10; else that of params.yaml.")
    ] = None,
    unit: Annotated[str, typer.Option(help="What is retrieved: dialog, observation or summary.")] = "dialog",
    retriever: Annotated[str, typer.Option(help="dense, bm25, fusion, hybrid or learned.")] = "hybrid",
    k: Annotated[str | None, typer.Option(help="How many units, such as 5,10,25,50; else as in the paper.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print recall as JSON.")] = False,
) -> None:
    """Measure a retriever: recall by category and overall, beside the paper's. No model is asked."""
    from locomo.generation.released import read_released
    from locomo.pipeline.params import read_params
    from locomo.reporting.retrieval import PAPER_KS, evaluate
    from locomo.retrieval.indexes import FreshIndexes, StoredIndexes, is_index_of
    from locomo.retrieval.registry import check_retriever, needs_vectors, retriever_with
    from locomo.retrieval.units import check_unit

    ks = PAPER_KS[check_unit(unit)] if k is None else parse_ks(k)
    check_retriever(retriever)
    params = None if dataset else read_params()
    name = dataset or (params.dataset if params else "")
    conversations = read_released(Path("data/raw"), name)
