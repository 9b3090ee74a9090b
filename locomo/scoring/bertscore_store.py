"""BERTScores that were computed once, kept on disk for every run after."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from locomo.cache_folder import kept_folder
from locomo.errors import InputError
from locomo.files import canonical_json
from locomo.number_store import NumberStore

LIMIT: Final = 256 * 2**20
"""Bytes: some three million pairs."""
_VERSION: Final = 1
"""Of how scores are computed."""

Pair = tuple[str, str]
"""Prediction and gold."""

log = logging.getLogger("locomo")


class ScoreStore:
    """F1 by pair, of one model at one revision. Where nothing can be stored, a warning says so and nothing is found."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._store: NumberStore | None = None
        try:
            self._store = NumberStore(kept_folder("bertscore") / "scores.sqlite", "<f8", limit=LIMIT)
        except InputError as error:
            self._give_up(error)

    def get(self, pairs: Sequence[Pair]) -> dict[Pair, float]:
        """Return the scores of those pairs that are there."""
        keys = {self._key(pair): pair for pair in pairs}
        try:
            found = self._store.get(list(keys)) if self._store else {}
        except InputError as error:
            self._give_up(error)
            return {}
        return {keys[key]: float(value[0]) for key, value in found.items()}

    def add(self, scores: Mapping[Pair, float]) -> None:
        """Store scores, all or none."""
        if self._store is None or not scores:
            return
        try:
            self._store.add([self._key(pair) for pair in scores], np.array(list(scores.values())).reshape(-1, 1))
        except InputError as error:
            self._give_up(error)

    def _key(self, pair: Pair) -> bytes:
        return hashlib.sha256(canonical_json([_VERSION, self._model, *pair]).encode()).digest()

    def _give_up(self, error: InputError) -> None:
        self._store = None
        log.warning("BERTScores are not kept: %s", error)
