"""rag: makes data/predictions/rag.jsonl, answers with retrieved context; data/rankings.jsonl, data/memories.jsonl."""

from pathlib import Path

from locomo.dataset import read_folder
from locomo.dataset.predictions import keeping_predictions
from locomo.evaluation.rag import ask_rag
from locomo.files import write_jsonl
from locomo.llm import Client
from locomo.memory.search import Searched, search_all
from locomo.memory.system import FILE_AGENT
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.encoders import question_encoders
from locomo.pipeline.memory import STORES, counted, log_search, remembered, starter_of
from locomo.pipeline.models import open_client
from locomo.retrieval.registry import open_retriever
from locomo.schema import Conversation
from locomo.tasks.file_agent import explore


def main(stage: Stage) -> None:
    """Retrieve once per unit, search each memory system once, ask every question in each setting."""
    params = stage.params
    conversations = read_folder(Path("data/captioned"))
    searched = search(stage, conversations)
    with (
        keeping_predictions(stage.out("data/predictions/rag.jsonl")) as keep,
        open_client(stage, params.model) as client,
    ):
        searched += explored(stage, conversations, client)
        found = remembered(stage, params.memory.named, conversations, max(params.memory.k), searched)
        retriever = open_retriever(params.rag.retriever, Path("data/index"), question_encoders(params.llm, stage.name))
        ranked = ask_rag(conversations, retriever, params.rag.settings, params, client, keep=keep, remembered=found)
    write_jsonl(stage.out("data/memories.jsonl"), (row for each in searched for row in each.rows))
    ranked.write(stage.out("data/rankings.jsonl"))


def search(stage: Stage, conversations: list[Conversation]) -> list[Searched]:
    """Ask every memory system with a store every question."""
    memory = stage.params.memory
    systems = [system for system in memory.named if system.has_store]
    if not systems:
        return []
    questions = len(systems) * sum(len(conversation.questions) for conversation in conversations)
    with starter_of(stage) as starter, counted("search", questions, "q") as step:
        searched = search_all(
            systems, conversations, STORES, starter, max(memory.k), workers=memory.workers, on_question=step
        )
    log_search(searched)
    return searched


def explored(stage: Stage, conversations: list[Conversation], client: Client) -> list[Searched]:
    """Let the model that answers search by itself, where that is among the memory systems."""
    params = stage.params
    agents = [system.name for system in params.memory.named if system.spec == FILE_AGENT]
    questions = len(agents) * sum(len(conversation.chosen()) for conversation in conversations)
    if not questions:
        return []
    with counted(FILE_AGENT, questions, "q") as step:
        return [
            found
            for name in agents
            for found in explore(
                name,
                conversations,
                client,
                steps=params.memory.steps,
                k=max(params.memory.k),
                seed=params.seed,
                on_question=step,
            )
        ]


if __name__ == "__main__":
    run_stage("rag", main)
