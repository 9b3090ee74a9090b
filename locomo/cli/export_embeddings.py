"""`locomo export-embeddings`: hands the vectors of data/index on to other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.vector_store import STORES

_CONVERSATIONS: Final = Path("data/captioned")
_INDEXES: Final = Path("data/index")
_PICKLE: Final = "pickle"


def export_embeddings(
    place: Annotated[
        str,
        typer.Argument(
            help="Folder to write; for milvus, a file that ends in .db; for pgvector and pinecone, an address."
        ),
    ],
    form: Annotated[
        str, typer.Option("--as", help=f"{_PICKLE}: files for LoCoMo's original code; or {', '.join(STORES)}.")
    ] = _PICKLE,
    unit: Annotated[
        str | None, typer.Option(help="Unit to export: dialog, observation or summary. Default: all.")
    ] = None,
) -> None:
    """Export the last run's embeddings: to pickles for the original code, or to a vector database."""
    from locomo.dataset import read_folder
    from locomo.pipeline import read_params
    from locomo.retrieval.export import fill_store, write_pickles
    from locomo.retrieval.index import Index
    from locomo.retrieval.units import UNITS, check_unit
    from locomo.retrieval.vector_store import open_store, without_password

    if form != _PICKLE and form not in STORES:
        known = [_PICKLE, *STORES]
        raise InputError(f"--as {form}: expected one of {', '.join(known)}{did_you_mean(form, known)}")
    if not _INDEXES.is_dir():
        raise InputError(f"{_INDEXES}: no embeddings there; run `dvc repro embed` in the project's folder first")
    units = [check_unit(unit)] if unit else list(UNITS)
    conversations = read_folder(_CONVERSATIONS)
    sample_ids = [conversation.sample_id for conversation in conversations]
    dimensions = Index.load(_INDEXES / sample_ids[0], units[0]).vectors.d
    if not dimensions:
        raise InputError(f"{_INDEXES}: made with embed.encoder bm25, which makes no vectors")
    if form == _PICKLE:
        files = write_pickles(Path(place), read_params().dataset, conversations, _INDEXES, units)
        typer.echo(f"{files} files in {place}")
        return
    store = open_store(form, place, dimensions)
    try:
        typer.echo(f"{fill_store(store, sample_ids, _INDEXES, units)} vectors in {without_password(place)}")
    finally:
        store.close()
