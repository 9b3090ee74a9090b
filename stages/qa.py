"""qa: makes data/predictions/qa.jsonl, answers with the conversation itself as context; baselines.jsonl beside it."""

from pathlib import Path

from locomo.dataset import read_folder, write_predictions
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.models import open_client
from locomo.tasks.baselines import qa_and_baseline_jobs
from locomo.tasks.job import answer, repeated
from locomo.tasks.protocol import asking_protocol


def main(stage: Stage) -> None:
    """Ask every question, with the conversation and for each baseline."""
    params = stage.params
    protocol = asking_protocol(params.protocol)
    conversations = read_folder(Path("data/captioned"))
    with open_client(stage, params.model) as client:
        jobs = qa_and_baseline_jobs(
            conversations,
            params.baselines,
            protocol,
            window=client.provider.capabilities.context_window,
            max_tokens=params.answer.max_tokens,
            seed=params.seed,
            count_tokens=client.provider.count_tokens,
        )
        rows = answer(
            repeated(jobs, params.repeats), client, protocol, max_tokens=params.answer.max_tokens, seed=params.seed
        )
    write_predictions(stage.out("data/predictions/qa.jsonl"), (row for row in rows if row.task == "qa"))
    write_predictions(stage.out("data/predictions/baselines.jsonl"), (row for row in rows if row.task == "baseline"))


if __name__ == "__main__":
    run_stage("qa", main)
