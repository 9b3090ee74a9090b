"""Ingesting conversations into memory systems, side by side, and handing out the stores as the stage's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo.files import read_jsonl, write_jsonl
from locomo.memory.ingestions import INGESTIONS
from locomo.memory.services import Taken
from locomo.memory.side_by_side import side_by_side
from locomo.memory.start import Starter
from locomo.memory.store import Ingestion, KeptStore, copy_folder, fingerprint, size
from locomo.memory.system import System
from locomo.schema import Conversation


@dataclass(frozen=True, slots=True)
class Ingested:
    """A store, and how it came to be."""

    system: str
    conversation: Conversation
    kept: KeptStore
    ingestion: Ingestion

    @property
    def row(self) -> dict[str, Any]:
        """What stands in `INGESTIONS`. No seconds: those vary from run to run."""
        taken = self.ingestion.taken
        return {
            "sample_id": self.conversation.sample_id,
            "fingerprint": self.kept.fingerprint,
            "sessions": self.ingestion.sessions,
            "calls": taken.calls,
            "input_tokens": taken.input_tokens,
            "output_tokens": taken.output_tokens,
            "embedded_texts": taken.embedded_texts,
            "cost_usd": taken.cost_usd,
            "bytes": size(self.kept.store),
        }


def ingest_all(
    systems: Sequence[System],
    conversations: Sequence[Conversation],
    identities: Mapping[str, Any],
    starter: Starter,
    *,
    workers: int,
    earlier: Path,
    on_session: Callable[[], None] = lambda: None,
) -> list[Ingested]:
    """Ingest every conversation into every system that has a store; `earlier` is the output of an earlier run.

    MemorySystemError if a system fails, after those that run beside it have stopped; what they ingested stays.
    """

    def one(pair: tuple[System, Conversation], step: Callable[[], None]) -> Ingested:
        system, conversation = pair
        kept = KeptStore(fingerprint(identities[system.name], conversation))
        _adopt(kept, earlier / system.name, conversation.sample_id)
        for _ in range(kept.state.sessions):
            step()
        return Ingested(system.name, conversation, kept, kept.ingest(system, conversation, starter, step))

    pairs = [(each, conversation) for each in systems if each.has_store for conversation in conversations]
    return side_by_side(one, pairs, workers=workers, on_step=on_session)


def write_stores(ingested: Sequence[Ingested], out: Path) -> None:
    """Write `<system>/<sample_id>/`, each store as its system has written it, and the rows of ingestion beside them."""
    out.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(each.system for each in ingested):
        mine = [each for each in ingested if each.system == name]
        for each in mine:
            copy_folder(each.kept.store, out / name / each.conversation.sample_id)
        write_jsonl(out / name / INGESTIONS, (each.row for each in mine))


def _adopt(kept: KeptStore, folder: Path, sample_id: str) -> None:
    """Take over the store of an earlier run, where it is the one that is wanted."""
    rows = folder / INGESTIONS
    if kept.state.whole or not rows.is_file() or not (folder / sample_id).is_dir():
        return
    for _, row in read_jsonl(rows):
        if row.get("fingerprint") == kept.fingerprint:
            taken = Taken(
                row["calls"], row["input_tokens"], row["output_tokens"], row["embedded_texts"], row["cost_usd"]
            )
            kept.adopt(folder / sample_id, Ingestion(row["sessions"], taken, whole=True))
