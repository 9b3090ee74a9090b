"""What is to be held against which suites: any stage's output, or a file of one's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.files import canonical_json, read_jsonl, sha256
from locomo.memory.ingestions import INGESTIONS
from locomo.validation.expected import NOTHING, Expected
from locomo.validation.recompute import NOTHING_AGAIN, Recompute
from locomo.validation.suite import Suite, join_suites, load_suite
from locomo.validation.tables import PARTIAL, Tables, shown

LOCOMO10: Final = "locomo10"
"""The dataset, and the suite that says how much there is of it."""
_LAID_OUT_BY: Final = sorted(Path(__file__).parent.glob("*.py"))


@dataclass(frozen=True, slots=True)
class Subject:
    """An output and what it is held against."""

    path: Path
    suites: tuple[str, ...]
    data: Path | None = None
    """The conversations that it is about, where it is not conversations itself."""
    predictions: tuple[Path, ...] = ()
    """Those that scores are of, where that is known."""
    expected: Expected = NOTHING
    """What the parameters of the run say about it."""
    rankings: Path | None = None
    """Those that predictions were made from, where that is known."""
    memories: Path | None = None
    """Likewise, what memory systems found."""
    metrics: tuple[Path, ...] = ()
    """Files of means of scores."""
    again: Recompute = field(default=NOTHING_AGAIN, compare=False)
    """What can be computed again, to compare it with what is there."""

    @property
    def label(self) -> str:
        """A short name, under which its page lies: 'captioned', 'qa', 'scores'."""
        name = self.path.name.removesuffix(PARTIAL).split(".")[0]
        return "indexes" if name == "index" else name  # index.html leads to all of them

    def suite(self) -> Suite:
        """Return all rules that it is held against."""
        return join_suites([load_suite(name) for name in self.suites])

    def tables(self) -> Tables:
        """Lay it out; InputError if it, or what it is about, cannot be read."""
        from locomo.validation.conversation_tables import conversation_tables
        from locomo.validation.dialogue_tables import dialogue_tables
        from locomo.validation.event_tables import event_tables
        from locomo.validation.index_tables import index_tables
        from locomo.validation.memory_tables import memory_tables, store_tables
        from locomo.validation.prediction_tables import prediction_tables
        from locomo.validation.ranking_tables import ranking_tables
        from locomo.validation.score_tables import score_tables

        kind = self.suites[0]
        if kind in ("conversations", "captioned"):
            return conversation_tables(self.path)
        if self.data is None:
            raise InputError(f"{self.path}: say with --data which conversations it is about")
        if kind == "scores":
            return score_tables(scores_file(self.path), self.data, self.predictions, self.metrics, self.again)
        alone = {"stores": store_tables, "memories": memory_tables, "events": event_tables, "dialogue": dialogue_tables}
        if kind in alone:
            return alone[kind](self.path, self.data, self.expected)
        if kind in ("index", "rankings"):
            tables = index_tables if kind == "index" else ranking_tables
            return tables(self.path, self.data, self.expected, self.again)
        return prediction_tables(self.path, self.data, self.expected, (self.rankings, self.memories), self.again)

    def digest(self) -> str:
        """Return what stands for all that a result depends on: bytes, suites and how things are laid out."""
        parts: list[Any] = [self.suite().text, [sha256(path) for path in _LAID_OUT_BY], self.expected.to_json()]
        for path in (self.path, self.data, *self.predictions, self.rankings, self.memories, *self.metrics):
            if path is not None and path.exists():
                files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
                names = [str(each.relative_to(path)) for each in files]
                # Of stores, which may be large, no rule asks more than how large they are.
                large = path == self.path and self.suites[0] == "stores"
                what = [each.stat().st_size if large and each.name != INGESTIONS else sha256(each) for each in files]
                parts.append(list(zip(names, what, strict=True)))
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


KINDS_OF_ROWS: Final = "predictions, events, turns, rankings, memories or scores"


def scores_file(path: Path) -> Path:
    """Return the file of scores in a folder of them."""
    return path / "scores.jsonl" if path.is_dir() else path


def recognise(path: Path, data: Path | None) -> Subject:
    """Say what is at a path, by what it looks like; InputError if that is nothing that there is a suite for."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir():
        if (path / "scores.jsonl").is_file():
            return Subject(path, ("scores",), data)
        if any(path.glob(f"*/{INGESTIONS}")):
            return Subject(path, ("stores",), data)
        if any(path.glob("*/*.faiss")) or any(path.glob("*/*.npy")):
            return Subject(path, ("index",), data)
        if any(path.glob("*.json")):
            return Subject(path, ("captioned" if shown(path).endswith("captioned") else "conversations",))
    elif path.suffix == ".json":
        return Subject(path, ("conversations", *([LOCOMO10] if path.stem == LOCOMO10 else [])))
    elif path.suffix == ".jsonl":
        return Subject(path, (_suite_of_rows(path),), data)
    raise InputError(
        f"{path}: expected a folder of conversations, indexes, stores or scores, a dataset (.json), or rows of "
        f"{KINDS_OF_ROWS} (.jsonl)"
    )


_ROWS: Final = (  # keys that the first row has, and the suite of such rows
    ({"sample_id", "events"}, "events"),
    ({"sample_id", "turn", "prediction"}, "dialogue"),
    ({"ranking"}, "rankings"),
    ({"system", "memories"}, "memories"),
    ({"configuration", "f1"}, "scores"),
    ({"task", "request"}, "predictions"),
    ({"id", "prediction"}, "answers"),
    ({"id", "error"}, "answers"),
)


def _suite_of_rows(path: Path) -> str:
    _, first = next(iter(read_jsonl(path)), (0, None))
    keys = set(first) if isinstance(first, dict) else set()
    if suite := next((suite for needed, suite in _ROWS if needed <= keys), None):
        return suite
    found = f"found {', '.join(sorted(keys))}" if keys else "found no object"
    raise InputError(f"{path}, row 1: {found}, expected a row of {KINDS_OF_ROWS}")
