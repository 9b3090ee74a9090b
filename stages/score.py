"""score: makes data/scores/, metrics/, the rows of the plots and the report."""

from functools import partial
from pathlib import Path

from locomo.dataset import read_folder, read_predictions
from locomo.evaluation.files import write_run
from locomo.evaluation.scored import score_run
from locomo.evaluation.scripts import warn_of_scripts
from locomo.memory.ingestions import read_ingestions
from locomo.memory.searches import read_searches
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.models import open_client, open_judge
from locomo.reporting.memory import memory_usage
from locomo.retrieval.rankings import Rankings
from locomo.scoring import scoring_protocol
from locomo.scoring.always_refuse import refusals

PREDICTIONS = Path("data/predictions")
TASKS = ("qa", "rag", "baselines")


def main(stage: Stage) -> None:
    """Score every answer."""
    params = stage.params
    conversations = read_folder(Path("data/captioned"))
    scored = score_run(
        params,
        conversations,
        [row for task in TASKS for row in read_predictions(PREDICTIONS / f"{task}.jsonl")],
        partial(open_client, stage, opener=open_judge),
        unasked=refusals(conversations, scoring_protocol(params.protocol)),
        where=str(PREDICTIONS),
    )
    warn_of_scripts(conversations, scored.protocol)
    rankings = Rankings(Path("data/rankings.jsonl"))
    memory = memory_usage(read_ingestions(Path("data/memory")), read_searches(Path("data/memories.jsonl")))
    write_run(scored, stage.out, stage.resolved, rankings, memory)
    failed = sum(score.error is not None for score in scored.scores)
    say("score", {"answers": len(scored.scores), "failed calls": failed})


if __name__ == "__main__":
    run_stage("score", main)
