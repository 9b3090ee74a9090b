"""qa: makes data/predictions/qa.jsonl, answers with the conversation itself as context; baselines.jsonl beside it."""

from pathlib import Path

from locomo.dataset import read_folder, write_predictions
from locomo.dataset.predictions import each_prediction, keeping_predictions
from locomo.evaluation.qa import ask_qa
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.models import open_client
from locomo.schema import Prediction
from locomo.tasks.job import without_context


def main(stage: Stage) -> None:
    """Ask every question, with the conversation and for each baseline."""
    conversations = read_folder(Path("data/captioned"))
    path = stage.out("data/predictions/qa.jsonl")
    with (
        keeping_predictions(path) as keep_qa,
        keeping_predictions(stage.out("data/predictions/baselines.jsonl")) as keep_baseline,
        open_client(stage, stage.params.model) as client,
    ):

        def keep(row: Prediction) -> None:
            (keep_qa if row.task == "qa" else keep_baseline)(row)

        cut = ask_qa(conversations, stage.params, client, keep=keep)
    if cut:
        write_predictions(path, map(without_context, each_prediction(path)))


if __name__ == "__main__":
    run_stage("qa", main)
