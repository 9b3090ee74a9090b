"""score: makes data/scores/, metrics/, the rows of the plots and the report."""

from functools import partial
from pathlib import Path

from locomo.dataset import read_folder
from locomo.dataset.dialogue_rows import read_dialogue_rows
from locomo.dataset.event_rows import read_event_rows
from locomo.dataset.predictions import StoredPredictions
from locomo.evaluation.dialogue_scores import score_dialogue_rows
from locomo.evaluation.event_scores import score_event_rows
from locomo.evaluation.files import short_card, whole_card, write_run
from locomo.evaluation.scored import score_run
from locomo.evaluation.scripts import warn_of_scripts
from locomo.evaluation.task_files import task_files, write_tasks
from locomo.memory.conformance import CHECKS, SHIPPED, conformance, read_checks
from locomo.memory.ingestions import read_ingestions
from locomo.memory.searches import read_searches
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.models import open_client, open_judge
from locomo.pipeline.resolution import store_identities
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
    judge = partial(open_client, stage, opener=open_judge)
    scored = score_run(
        params,
        conversations,
        StoredPredictions([PREDICTIONS / f"{task}.jsonl" for task in TASKS]),
        judge,
        unasked=refusals(conversations, scoring_protocol(params.protocol)),
        where=str(PREDICTIONS),
    )
    warn_of_scripts(conversations, scored.protocol)
    rankings = Rankings(Path("data/rankings.jsonl"))
    rows = PREDICTIONS / "events.jsonl"
    events = score_event_rows(params, conversations, read_event_rows(rows), judge, where=str(rows))
    rows = PREDICTIONS / "dialogue.jsonl"
    dialogue = score_dialogue_rows(
        params, conversations, read_dialogue_rows(rows), judge, where=str(rows), images=Path("data/images")
    )
    whole = whole_card(scored, stage.resolved)
    files = task_files(short_card(scored, whole), events, dialogue)
    memory = memory_usage(read_ingestions(Path("data/memory")), read_searches(Path("data/memories.jsonl")))
    checks = conformance(store_identities(stage.names["memory"]), [*read_checks(CHECKS), *read_checks(SHIPPED)])
    scores = {"events": events.scores, "dialogue": dialogue.scores}
    write_run(scored, stage.out, whole, rankings, memory, checks=checks, tasks=files, task_scores=scores)
    write_tasks(files, events, dialogue, stage.out)
    failed = sum(score.error is not None for score in scored.scores)
    say("score", {"answers": len(scored.scores), "failed calls": failed})


if __name__ == "__main__":
    run_stage("score", main)
