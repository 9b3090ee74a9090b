"""rag: makes data/predictions/rag.jsonl, answers with retrieved context over the grid unit x k."""

from pathlib import Path

from locomo.dataset import read_folder, write_predictions
from locomo.llm import Client, RequestCache, open_model
from locomo.pipeline import Stage, run_stage
from locomo.retrieval.retriever import Retriever
from locomo.tasks.job import answer
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import rag_jobs


def main(stage: Stage) -> None:
    """Retrieve once per unit, ask every question once per setting."""
    params = stage.params
    protocol = asking_protocol(params.protocol)
    conversations = read_folder(Path("data/captioned"))
    model = open_model(
        params.model, context_window=params.answer.context_window, quantization=params.answer.quantization
    )
    retriever = Retriever(Path("data/index"))
    settings = params.rag.settings
    depth = {unit: max(s.k for s in settings if s.unit == unit) for unit in dict.fromkeys(s.unit for s in settings)}
    jobs = [
        job
        for conversation in conversations
        for job in rag_jobs(
            conversation,
            {unit: retriever.rank(conversation, unit, k) for unit, k in depth.items()},
            settings,
            protocol,
            seed=params.seed,
        )
    ]
    client = Client(model, RequestCache())
    rows = answer(jobs, client, protocol, max_tokens=params.answer.max_tokens, seed=params.seed)
    write_predictions(stage.out("data/predictions/rag.jsonl"), rows)


if __name__ == "__main__":
    run_stage("rag", main)
