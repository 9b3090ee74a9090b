"""Where a retriever takes vectors from: the indexes on disk, or an encoder at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from locomo.errors import InputError
from locomo.retrieval.embedding_store import with_store
from locomo.retrieval.encoder import Encoder, OpenEncoder, Vectors, open_encoder
from locomo.retrieval.index import Index
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation
from locomo.threads import QUESTION_THREADS


class Indexes(Protocol):
    """Vectors of units, and of questions in the same space."""

    def vectors(self, conversation: Conversation, unit: str) -> Vectors:
        """Return the vectors of a conversation's units, of shape (units, dimensions), in the order of `UNITS`."""
        ...

    def encode(self, questions: Sequence[str]) -> Vectors:
        """Return vectors of shape (questions, dimensions), with the encoder of the units asked for last."""
        ...


class StoredIndexes:
    """The indexes that `embed` wrote to a folder (see `locomo.retrieval.index`), and the encoder that made them."""

    def __init__(self, folder: Path, opener: OpenEncoder | None = None) -> None:
        """`opener` opens the encoder of questions; without one, those that compute here."""
        self.folder = folder
        self._open = opener or _open_local
        self._encoders: dict[str, Encoder] = {}
        self._encoder: Encoder | None = None

    def vectors(self, conversation: Conversation, unit: str) -> Vectors:
        """See `Indexes`; InputError if they are missing, of another text or of another encoder's revision."""
        index = Index.load(self.folder / conversation.sample_id, unit)
        if index.units != UNITS[unit](conversation):
            raise InputError(
                f"{self.folder / conversation.sample_id}: not of the {unit} units of {conversation.sample_id} as they "
                "are now; run `dvc repro embed`"
            )
        if index.encoder not in self._encoders:
            self._encoders[index.encoder] = self._open(index.encoder)
        self._encoder = self._encoders[index.encoder]
        if self._encoder.revision != index.revision:
            raise InputError(
                f"{self.folder}: made by {index.encoder} {index.revision}, here it is {self._encoder.revision}; "
                "run `dvc repro --force embed`"
            )
        return index.matrix

    def encode(self, questions: Sequence[str]) -> Vectors:
        """See `Indexes`; ValueError if no units have been asked for."""
        if self._encoder is None:
            raise ValueError("the units' vectors say which encoder is meant: ask for them first")
        return self._encoder.encode(questions, side="query")


def _open_local(name: str) -> Encoder:
    return with_store(open_encoder(name, threads=QUESTION_THREADS))


class FreshIndexes:
    """Vectors computed when they are asked for, and kept nowhere."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def vectors(self, conversation: Conversation, unit: str) -> Vectors:
        """See `Indexes`."""
        return self._encoder.encode([unit.key for unit in UNITS[unit](conversation)], side="passage")

    def encode(self, questions: Sequence[str]) -> Vectors:
        """See `Indexes`."""
        return self._encoder.encode(questions, side="query")


def is_index_of(folder: Path, conversations: Sequence[Conversation], kinds: Iterable[str]) -> bool:
    """Return whether the indexes in a folder are of these conversations, word for word."""
    try:
        return all(
            Index.load(folder / conversation.sample_id, kind).units == UNITS[kind](conversation)
            for kind in kinds
            for conversation in conversations
        )
    except InputError:
        return False
