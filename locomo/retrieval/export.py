"""Handing an index on: pickles in the shape of LoCoMo's original code, or vectors for a database."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.index import Index
from locomo.retrieval.vector_store import VectorStore
from locomo.schema import Conversation

_ORIGINAL_NAMES: Final = {"summary": "session_summary"}


def original_shape(conversation: Conversation, index: Index) -> dict[str, Any]:
    """Return what the original code keeps of one conversation and kind of unit.

    `embeddings` of shape (units, dimensions), and in the same order `date_time` of the session, `dia_id` (a list where
    an observation cites several turns) and `context`, the text that was embedded.
    """
    dates = {session.number: session.date_time for session in conversation.sessions}
    return {
        "embeddings": index.matrix,
        "date_time": [dates[unit.session] for unit in index.units],
        "dia_id": [unit.ids[0] if len(unit.ids) == 1 else list(unit.ids) for unit in index.units],
        "context": [unit.key for unit in index.units],
    }


def write_pickles(
    folder: Path, dataset: str, conversations: Sequence[Conversation], indexes: Path, units: Sequence[str]
) -> int:
    """Write `<dataset>_<unit>_<sample_id>.pkl`, the names that the original looks for; return how many files.

    Units that a conversation lacks are left out. Nothing of ours reads a pickle. InputError where it cannot be written.
    """
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for conversation in conversations:
            for unit in units:
                index = Index.load(indexes / conversation.sample_id, unit)
                if index.units:
                    name = f"{dataset}_{_ORIGINAL_NAMES.get(unit, unit)}_{conversation.sample_id}.pkl"
                    partial = folder / f"{name}.partial-{os.getpid()}"
                    partial.write_bytes(pickle.dumps(original_shape(conversation, index), protocol=4))
                    os.replace(partial, folder / name)
                    count += 1
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from None
    return count


def fill_store(store: VectorStore, sample_ids: Sequence[str], indexes: Path, units: Sequence[str]) -> int:
    """Add all vectors as `<sample_id>/<unit>/<number of the unit>`; return how many."""
    count = 0
    for sample_id in sample_ids:
        for unit in units:
            index = Index.load(indexes / sample_id, unit)
            if index.units:
                store.add([f"{sample_id}/{unit}/{number}" for number in range(len(index.units))], index.matrix)
                count += len(index.units)
    return count
