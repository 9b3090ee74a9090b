"""Where an encoder's files are, and what pins them: the embedded one, a folder, or the hub."""

from __future__ import annotations

from locomo.models import embedded
from locomo.models.files import ModelFiles, find_files
from locomo.retrieval.declaration import MINILM


def find_model(model: str) -> ModelFiles:
    """Find the embedded model, a folder, or `<hub id>[@<revision>]`; InputError if it is not to be had."""
    if model == MINILM:
        return ModelFiles(embedded.minilm(), f"sha256:{embedded.MINILM_SHA256}")
    return find_files(model, "embed.encoder")
