"""qa: makes data/predictions/qa.jsonl, answers with the conversation itself as context; baselines.jsonl beside it."""

from pathlib import Path

from locomo.dataset import read_folder, write_predictions
from locomo.evaluation.qa import ask_qa
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.models import open_client


def main(stage: Stage) -> None:
    """Ask every question, with the conversation and for each baseline."""
    conversations = read_folder(Path("data/captioned"))
    with open_client(stage, stage.params.model) as client:
        rows = ask_qa(conversations, stage.params, client)
    write_predictions(stage.out("data/predictions/qa.jsonl"), (row for row in rows if row.task == "qa"))
    write_predictions(stage.out("data/predictions/baselines.jsonl"), (row for row in rows if row.task == "baseline"))


if __name__ == "__main__":
    run_stage("qa", main)
