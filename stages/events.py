"""events: makes data/predictions/events.jsonl, the significant events that a model finds in the speakers' lives."""

from pathlib import Path

from locomo.dataset import read_folder
from locomo.dataset.event_rows import write_event_rows
from locomo.evaluation.events import ask_for_events, with_query
from locomo.llm import Client
from locomo.memory.search import search_all
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.encoders import question_encoders
from locomo.pipeline.memory import STORES, counted, remembered, starter_of
from locomo.pipeline.models import open_client
from locomo.retrieval.registry import open_retriever
from locomo.schema import Conversation
from locomo.tasks.rag import Remembered

OUT = "data/predictions/events.jsonl"


def main(stage: Stage) -> None:
    """Ask in each way for the events of every conversation."""
    params = stage.params
    if not params.events.ways:
        write_event_rows(stage.out(OUT), [])
        say("events", {"ways": 0})
        return
    conversations = read_folder(Path("data/captioned"))
    with open_client(stage, params.model) as client:
        retriever, found = None, list[Remembered]()
        if "retrieved" in params.events.ways:
            retriever = open_retriever(
                params.rag.retriever, Path("data/index"), question_encoders(params.llm, stage.name)
            )
            found = recall(stage, conversations, client)
        rows = ask_for_events(conversations, params, client, retriever, found)
    write_event_rows(stage.out(OUT), rows)
    say("events", {"rows": len(rows), "failed calls": sum(row.error is not None for row in rows)})


def recall(stage: Stage, conversations: list[Conversation], client: Client) -> list[Remembered]:
    """Ask every memory system for what it knows of events."""
    memory, k = stage.params.memory, max(stage.params.events.k)
    asked = with_query(conversations, client)
    systems = [system for system in memory.searchable if system.has_store]
    if not systems:
        return remembered(stage, memory.searchable, asked, k, [])
    with starter_of(stage) as starter, counted("search", len(systems) * len(asked), "q") as step:
        searched = search_all(systems, asked, STORES, starter, k, workers=memory.workers, on_question=step)
    return remembered(stage, memory.searchable, asked, k, searched)


if __name__ == "__main__":
    run_stage("events", main)
