"""Retrievers over the indexes of the project, with the encoders that a run may use."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from locomo.pipeline.encoders import encoder_opener
from locomo.pipeline.params import Params
from locomo.retrieval.indexes import THREADS
from locomo.retrieval.registry import open_retriever
from locomo.retrieval.retriever import Retriever

INDEX: Final = Path("data/index")


def project_retriever(params: Params, stage: str = "", *, name: str | None = None) -> Retriever:
    """Open the retriever of params.yaml, or another by name, for a stage; InputError for an unknown one."""
    opener = encoder_opener(params.llm, stage, threads=THREADS)
    return open_retriever(name or params.rag.retriever, INDEX, opener)
