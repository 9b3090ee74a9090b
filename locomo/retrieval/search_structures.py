"""What faiss searches in: all vectors, a graph of them, or lists of near ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import faiss

from locomo.retrieval.declaration import IndexKind
from locomo.retrieval.transformer import Vectors

SEED: Final = 0
_NEIGHBOURS, _BUILD_DEPTH, _SEARCH_DEPTH = 32, 80, 128
_PER_LIST: Final = 39
"""Vectors that k-means wants for each list, to be of use."""
_TRAINING: Final = 64
"""Vectors for each list that k-means looks at, at most."""
_ROUNDS: Final = 10
"""Of k-means."""
_PROBED, _PROBED_AT_LEAST = 0.05, 8
"""Share and number of the lists that are searched."""


def build(kind: IndexKind, vectors: Vectors) -> Any:
    """Return a faiss index over vectors of shape (n, dimensions) by inner product; the same bytes each time.

    `flat` compares with all, and is exact. `hnsw` and `ivf` look at some: faster from some ten thousand vectors on, and
    not always right.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if kind == "hnsw" else threads)  # a graph's edges depend on who comes first
    try:
        index = _BUILDERS[kind](vectors)
        index.add(vectors)
    finally:
        faiss.omp_set_num_threads(threads)
    if kind == "ivf":
        index.make_direct_map()  # vectors can then be read back
    return index


def _flat(vectors: Vectors) -> Any:
    return faiss.IndexFlatIP(vectors.shape[1])


def _hnsw(vectors: Vectors) -> Any:
    index = faiss.IndexHNSWFlat(vectors.shape[1], _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = _BUILD_DEPTH, _SEARCH_DEPTH
    return index


def _ivf(vectors: Vectors) -> Any:
    count, dimensions = vectors.shape
    lists = max(1, min(int(2 * math.sqrt(count)), count // _PER_LIST))
    coarse = faiss.IndexFlatIP(dimensions)
    index = faiss.IndexIVFFlat(coarse, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.max_points_per_centroid = SEED, _TRAINING
    index.cp.niter = _ROUNDS
    index.nprobe = max(_PROBED_AT_LEAST, math.ceil(_PROBED * lists))  # all, if there are fewer
    index.train(vectors)
    return index


_BUILDERS: Final[dict[str, Callable[[Vectors], Any]]] = {"flat": _flat, "hnsw": _hnsw, "ivf": _ivf}
