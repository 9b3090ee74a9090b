"""Texts to vectors: one protocol, encoders by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Final, Protocol

import numpy as np

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.declaration import BM25, DECLARATIONS, Side
from locomo.retrieval.encoder_files import find_model
from locomo.retrieval.model_folder import read_declaration
from locomo.retrieval.transformer import TransformerEncoder, Vectors, open_transformer

__all__ = ["BM25", "Encoder", "OpenEncoder", "Side", "Vectors", "check_encoder", "is_local", "open_encoder"]


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their similarity."""

    name: str
    revision: str

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """Return float32 vectors of shape (texts, dimensions), in the order of the texts."""
        ...


OpenEncoder = Callable[[str], Encoder]
"""Opens an encoder by name; InputError for an unknown one."""
_FOLDER: Final = "hf"


class WordsAlone:
    """`bm25`: vectors of no dimensions, which leave the comparing of texts to BM25 (`Opened.similarity`)."""

    name = BM25

    def __init__(self) -> None:
        self.revision = f"bm25s {version('bm25s')}"

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """See `Encoder`."""
        return np.empty((len(texts), 0), dtype=np.float32)


def is_local(name: str) -> bool:
    """Return whether an encoder computes here, so that `open_encoder` opens it."""
    family, _, model = name.partition("/")
    return name in (BM25, *DECLARATIONS) or bool(family == _FOLDER and model)


def check_encoder(name: str, services: Iterable[str] = ()) -> str:
    """Return the name of an encoder; InputError for one that cannot be meant.

    `services` are the providers, services and aliases that also have encoders.
    """
    services = [*services]
    family, slash, model = name.partition("/")
    of_service = slash and model and family in ("openai", *services)
    if is_local(name) or of_service or name in services:
        return name
    names = [*DECLARATIONS, BM25]
    known = [*names, "openai/<model>", "service/<model>", "hf/<folder or hub id>"]
    hint = did_you_mean(name, names) or (did_you_mean(family, services) if family not in services else "")
    raise InputError(f"encoder '{name}': expected one of {', '.join(known)}{hint}")


def open_encoder(name: str, *, threads: int | None = None) -> Encoder:
    """Open an encoder that computes here, with so many threads (None: all); InputError for any other name."""
    family, _, model = check_encoder(name).partition("/")
    if name == BM25:
        return WordsAlone()
    if name in DECLARATIONS:
        return open_transformer(name, DECLARATIONS[name], threads=threads)
    if family == _FOLDER:
        return _open_folder(name, model, threads)
    raise InputError(f"encoder '{name}': services are not set up here; run it as a stage or with `locomo`")


def _open_folder(name: str, model: str, threads: int | None) -> TransformerEncoder:
    files = find_model(model)
    declaration = replace(read_declaration(files.folder, model), query=model, passage=model)
    return TransformerEncoder(name, declaration, {"query": files, "passage": files}, threads=threads)
