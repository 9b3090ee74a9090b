"""rag: makes data/predictions/rag.jsonl, answers with retrieved context over the grid unit x k; data/rankings.jsonl."""

from pathlib import Path

from locomo.dataset import read_folder, write_predictions
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.encoders import use_services
from locomo.pipeline.models import open_client
from locomo.retrieval.rankings import Recorded
from locomo.retrieval.registry import open_retriever
from locomo.tasks.job import answer, repeated
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import all_rag_jobs
from locomo.tasks.reranking import with_reranker


def main(stage: Stage) -> None:
    """Retrieve once per unit, ask every question in each setting."""
    params = stage.params
    protocol = asking_protocol(params.protocol)
    conversations = read_folder(Path("data/captioned"))
    use_services(params.llm)
    with open_client(stage, params.model) as client:
        room = params.rag_room(client.provider.capabilities.context_window, client.provider.count_tokens)
        retriever = open_retriever(params.rag.retriever, Path("data/index"))
        ranked = Recorded(with_reranker(retriever, params.rag.reranker, params.rag.rerank_depth, client, params.seed))
        jobs = all_rag_jobs(conversations, ranked, params.rag.settings, protocol, room, seed=params.seed)
        rows = answer(
            repeated(jobs, params.repeats), client, protocol, max_tokens=params.answer.max_tokens, seed=params.seed
        )
    ranked.write(stage.out("data/rankings.jsonl"))
    write_predictions(stage.out("data/predictions/rag.jsonl"), rows)


if __name__ == "__main__":
    run_stage("rag", main)
