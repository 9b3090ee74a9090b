"""dialogue: makes data/predictions/dialogue.jsonl, turns that a model writes in the place of the speakers."""

from pathlib import Path

from locomo.dataset import read_folder
from locomo.dataset.dialogue_rows import write_dialogue_rows
from locomo.memory.search import search_all
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.encoders import question_encoders
from locomo.pipeline.memory import STORES, counted, remembered, starter_of
from locomo.pipeline.models import open_client
from locomo.retrieval.registry import open_retriever
from locomo.schema import Conversation
from locomo.tasks.dialogue.ask import ask_dialogue
from locomo.tasks.dialogue.memory import DEEP
from locomo.tasks.dialogue.writings import chosen, with_queries, writings
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import Remembered

OUT = "data/predictions/dialogue.jsonl"


def main(stage: Stage) -> None:
    """Ask for turns of every session in each condition."""
    params = stage.params
    conditions = params.dialogue.conditions
    if not conditions:
        write_dialogue_rows(stage.out(OUT), [])
        say("dialogue", {"conditions": 0})
        return
    settings = params.dialogue_settings
    places = chosen(read_folder(Path("data/captioned")), settings)
    retriever = None
    if "observation" in conditions:
        retriever = open_retriever(params.rag.retriever, Path("data/index"), question_encoders(params.llm, stage.name))
    found = recall(stage, with_queries(places)) if "memory" in conditions else []
    protocol = asking_protocol(params.protocol, params.model)
    asked = writings(places, settings, protocol, retriever=retriever, remembered=found)
    with open_client(stage, params.model) as client:
        rows = ask_dialogue(asked, client, protocol, max_tokens=params.dialogue.max_tokens, seed=params.seed)
    write_dialogue_rows(stage.out(OUT), rows)
    say("dialogue", {"turns": len(rows), "failed calls": sum(row.error is not None for row in rows)})


def recall(stage: Stage, asked: list[Conversation]) -> list[Remembered]:
    """Ask every memory system for what it knows before each turn; deeper than shown, since later sessions are left out.

    What has no store ranks all turns.
    """
    memory = stage.params.memory
    systems = [system for system in memory.searchable if system.has_store]
    every = max((sum(len(session.turns) for session in each.sessions) for each in asked), default=1)
    if not systems:
        return remembered(stage, memory.searchable, asked, every, [])
    questions = len(systems) * sum(len(each.questions) for each in asked)
    with starter_of(stage) as starter, counted("search", questions, "q") as step:
        searched = search_all(
            systems, asked, STORES, starter, DEEP * max(memory.k), workers=memory.workers, on_question=step
        )
    return remembered(stage, memory.searchable, asked, every, searched)


if __name__ == "__main__":
    run_stage("dialogue", main)
