"""Retrievers over the indexes of the project, with the encoders that a run may use.

Stages open theirs with `locomo.retrieval.registry`: dvc.yaml declares what a stage imports, and no stage declares the
package `pipeline` or what is behind it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from locomo.pipeline.encoders import question_encoders
from locomo.pipeline.params import Params
from locomo.retrieval.registry import open_retriever
from locomo.retrieval.retriever import Retriever

INDEX: Final = Path("data/index")


def project_retriever(params: Params, stage: str = "", *, name: str | None = None) -> Retriever:
    """Open the retriever of params.yaml, or another by name, for a stage; InputError for an unknown one."""
    return open_retriever(name or params.rag.retriever, INDEX, question_encoders(params.llm, stage))
