"""BM25 over a few hundred texts, in memory: building it takes less time than reading it from disk would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

K1: Final = 0.9
B: Final = 0.4
"""Turns are short and of like length: both are lower than in the usual setting for documents (1.5 and 0.75)."""


class Bm25:
    """An index of texts: words in lower case, English stop words left out, stems by Snowball's English stemmer."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s
        import Stemmer

        self._stemmer: Any = Stemmer.Stemmer("english")
        self._size = len(texts)
        words = self._words(texts)
        self._index: Any = None
        if any(words):
            self._index = bm25s.BM25(k1=K1, b=B)
            self._index.index(words, show_progress=False)

    def scores(self, queries: Sequence[str]) -> NDArray[np.float64]:
        """Return the score of every text for every query, of shape (queries, texts); 0 where no word is shared."""
        rows = np.zeros((len(queries), self._size))
        if self._index is not None:
            for number, words in enumerate(self._words(queries)):
                known = self._index.get_tokens_ids(words)
                if known:
                    rows[number] = self._index.get_scores_from_ids(known)
        return rows

    def _words(self, texts: Sequence[str]) -> list[list[str]]:
        import bm25s

        tokens: list[list[str]] = bm25s.tokenize(
            list(texts), stopwords="en", stemmer=self._stemmer, return_ids=False, show_progress=False
        )
        return tokens
