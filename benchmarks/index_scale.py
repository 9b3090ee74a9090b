"""Building and querying indexes of up to 1,000 conversations as long as LoCoMo's: cost against size, and peak memory.

python benchmarks/index_scale.py [--most 10]     (conversations; only without it is docs/index_scale.svg drawn anew)

Vectors are made up, not encoded: turns lie around a direction of their session. `per conversation` is what the pipeline
does: each conversation has a flat index of its own, saved and loaded. The others hold all turns in one index.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import faiss
import numpy as np

from locomo.retrieval import search_structures
from locomo.retrieval.encoder import Encoder
from locomo.retrieval.index import Index
from locomo.retrieval.units import Unit

SESSIONS, TURNS, DIMENSIONS = 27, 588.2, 384
"""Sessions and turns of a conversation of LoCoMo in the mean; numbers of a vector of MiniLM."""
QUERIES, K = 100, 10
CONVERSATIONS = {
    "per conversation": (10, 100, 1_000),
    "flat": (10, 100, 1_000),
    "ivf": (10, 100, 1_000),
    "hnsw": (10, 30),
}
"""A graph is built by one thread, so that it is the same each time: the larger ones take too long here."""


class Named:
    """All that an index wants to know of its encoder."""

    name = "made-up"
    revision = "seed 0"


def conversation(number: int) -> np.ndarray:
    """Return unit vectors of shape (turns, dimensions)."""
    random = np.random.default_rng(number)
    count = int((number + 1) * TURNS) - int(number * TURNS)
    topics = random.standard_normal((SESSIONS, DIMENSIONS), dtype=np.float32)
    vectors: np.ndarray = topics[np.sort(random.integers(SESSIONS, size=count))]
    vectors += random.standard_normal((count, DIMENSIONS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def queries(conversations: int) -> np.ndarray:
    """Return vectors near turns of different conversations."""
    random = np.random.default_rng(1)
    rows = [conversation(int(number))[7] for number in random.integers(conversations, size=QUERIES)]
    return np.stack(rows) + random.standard_normal((QUERIES, DIMENSIONS), dtype=np.float32) / 40


def separate(conversations: int) -> tuple[int, float, float]:
    """Build, save, load and query an index a conversation; return turns, and seconds to build and for a query."""
    with tempfile.TemporaryDirectory() as folder:
        turns, started = 0, time.perf_counter()
        for number in range(conversations):
            vectors = conversation(number)
            units = [Unit((f"D1:{turn + 1}",), 1, None, "text", "text") for turn in range(len(vectors))]
            Index.build(units, vectors, cast(Encoder, Named())).save(Path(folder) / str(number), "dialog")
            turns += len(units)
        built = time.perf_counter() - started
        asked = queries(conversations)
        started = time.perf_counter()
        for number, query in enumerate(asked):
            Index.load(Path(folder) / str(number % conversations), "dialog").search(query[None], K)
        return turns, built, (time.perf_counter() - started) / QUERIES


def together(kind: str, conversations: int) -> Iterator[object]:
    """Yield turns, seconds to build and for a query, and the share of the exact neighbours that is found."""
    turns = int(conversations * TURNS)
    vectors = np.empty((turns, DIMENSIONS), dtype=np.float32)
    for number in range(conversations):
        vectors[int(number * TURNS) : int((number + 1) * TURNS)] = conversation(number)
    started = time.perf_counter()
    index = search_structures.build(kind, vectors)  # type: ignore[arg-type]
    yield turns
    yield time.perf_counter() - started
    asked = queries(conversations)
    started = time.perf_counter()
    found = [index.search(query[None], K)[1][0] for query in asked]
    yield (time.perf_counter() - started) / QUERIES
    _, exact = faiss.knn(asked, vectors, K, metric=faiss.METRIC_INNER_PRODUCT)
    yield float(np.mean([len(set(a) & set(b)) / K for a, b in zip(found, exact, strict=True)]))


def measure(kind: str, conversations: int) -> str:
    """Return one row of the table."""
    if kind == "per conversation":
        turns, built, query = separate(conversations)
        share = 1.0
    else:
        turns, built, query, share = together(kind, conversations)  # type: ignore[assignment]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = f"{built:.1f} | {1000 * query:.2f} | {100 * share:.0f} | {peak:,.0f}"
    return f"| {kind} | {conversations:,} | {turns:,} | {cost} |"


def chart(rows: list[str]) -> str:
    """Return an SVG of the rows of the table: seconds to build and milliseconds a query against turns."""
    import vl_convert

    values = []
    for row in rows:
        kind, _, turns, build, query, *_ = (cell.strip().replace(",", "") for cell in row.strip("|").split("|"))
        measured = (("seconds to build", build), ("ms a query", query))
        values += [{"index": kind, "turns": int(turns), "what": w, "cost": max(float(v), 0.01)} for w, v in measured]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "facet": {"column": {"field": "what", "type": "nominal", "title": None, "sort": "descending"}},
        "resolve": {"scale": {"y": "independent"}},
        "spec": {
            "width": 300,
            "height": 220,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "turns", "type": "quantitative", "scale": {"type": "log"}},
                "y": {"field": "cost", "type": "quantitative", "title": None, "scale": {"type": "log"}},
                "color": {"field": "index", "type": "nominal", "title": None},
            },
        },
    }
    return vl_convert.vegalite_to_svg(spec)


def main() -> None:
    """Print a Markdown table, each row from a process of its own, so that the peak of memory is its own; draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, help="conversations; a size above it is measured with so many")
    parser.add_argument(
        "--row", nargs=2, metavar=("INDEX", "CONVERSATIONS"), help="measure this alone, in this process"
    )
    options = parser.parse_args()
    if options.row:
        print(measure(options.row[0], int(options.row[1])))
        return
    print("| index | conversations | turns | seconds to build | ms a query | % of the exact top 10 | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for kind, sizes in CONVERSATIONS.items():
        for size in dict.fromkeys(min(size, options.most or size) for size in sizes):
            command = [sys.executable, __file__, "--row", kind, str(size)]
            row = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(row.stdout.splitlines()[-1])
            print(rows[-1], flush=True)
    drawn = chart(rows)
    if options.most is None:
        (Path(__file__).parents[1] / "docs/index_scale.svg").write_text(drawn)


if __name__ == "__main__":
    main()
