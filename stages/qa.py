"""qa: makes data/predictions/qa.jsonl, answers with the conversation itself as context."""

from pathlib import Path

from locomo.dataset import read_folder, write_predictions
from locomo.llm import Client, RequestCache, open_model
from locomo.pipeline import Stage, run_stage
from locomo.tasks.job import answer
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs


def main(stage: Stage) -> None:
    """Ask every question once."""
    params = stage.params
    protocol = asking_protocol(params.protocol)
    conversations = read_folder(Path("data/captioned"))
    model = open_model(
        params.model, context_window=params.answer.context_window, quantization=params.answer.quantization
    )
    jobs = qa_jobs(
        conversations,
        protocol,
        window=model.capabilities.context_window,
        max_tokens=params.answer.max_tokens,
        seed=params.seed,
        count_tokens=model.count_tokens,
    )
    client = Client(model, RequestCache())
    rows = answer(jobs, client, protocol, max_tokens=params.answer.max_tokens, seed=params.seed)
    write_predictions(stage.out("data/predictions/qa.jsonl"), rows)


if __name__ == "__main__":
    run_stage("qa", main)
