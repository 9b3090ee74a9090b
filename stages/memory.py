"""memory: makes data/memory/, the stores of memory systems, each session ingested once."""

from pathlib import Path

from locomo.dataset import read_folder
from locomo.memory.ingest import ingest_all, write_stores
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.memory import STORES, counted, log_ingestion, starter_of
from locomo.pipeline.resolution import store_identities


def main(stage: Stage) -> None:
    """Ingest every conversation into every system."""
    out = stage.out(str(STORES))
    out.mkdir(parents=True)
    systems = [system for system in stage.params.memory.named if system.has_store]
    if not systems:
        say("memory", {"systems": 0})
        return
    conversations = read_folder(Path("data/captioned"))
    sessions = len(systems) * sum(len(conversation.sessions) for conversation in conversations)
    with starter_of(stage) as starter, counted("memory", sessions, "session") as step:
        ingested = ingest_all(
            systems,
            conversations,
            store_identities(stage.names["memory"]),
            starter,
            workers=stage.params.memory.workers,
            earlier=STORES,
            on_session=step,
        )
    write_stores(ingested, out)
    log_ingestion(ingested)
    say("memory", {"systems": len(systems), "stores": len(ingested)})


if __name__ == "__main__":
    run_stage("memory", main)
