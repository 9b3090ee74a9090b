"""score: makes data/scores/, metrics/, the rows of the plots and the report."""

from collections.abc import Sequence
from pathlib import Path

from locomo.dataset import read_folder, read_predictions
from locomo.files import pretty_json, table_json, write_jsonl, write_text
from locomo.pipeline import Params, Stage, run_stage, say
from locomo.reporting.intervals import intervals_file, sums_file
from locomo.reporting.metrics import CARD, FAMILIES, PLOTTED, plot_rows, write_metrics
from locomo.reporting.report import write_report
from locomo.reporting.retrieval import PLOTTED_KS, evaluate, recall_rows, retrieval_file
from locomo.retrieval.rankings import Rankings
from locomo.schema import Prediction
from locomo.scoring import Answer, check_protocol, score_answers
from locomo.scoring.always_refuse import ALWAYS_REFUSE, refusals
from locomo.scoring.repeats import averaged, spreads
from locomo.scoring.sums import sums_of

PREDICTIONS = Path("data/predictions")
TASKS = ("qa", "rag", "baselines")


def main(stage: Stage) -> None:
    """Score every answer."""
    check_protocol(stage.params.protocol)
    conversations = read_folder(Path("data/captioned"))
    predictions = [row for task in TASKS for row in read_predictions(PREDICTIONS / f"{task}.jsonl")]
    predictions += refusals(conversations, stage.params.protocol)
    scores = score_answers(
        conversations,
        [Answer.of(row) for row in predictions],
        where=str(PREDICTIONS),
        bertscore_model=stage.params.score.bertscore,
    )
    write_jsonl(stage.out("data/scores") / "scores.jsonl", (score.model_dump() for score in scores))
    card = run_card(stage.params, predictions)
    means = averaged(scores)
    sums = sums_of(means)
    write_text(stage.out("metrics/conversations.json"), table_json(sums_file(card, sums)))
    write_text(stage.out("metrics/intervals.json"), table_json(intervals_file(card, sums, spreads(scores))))
    names = [f"{family}.json" for family in (*FAMILIES, "usage")]
    write_metrics(card, means, predictions, {name: stage.out(f"metrics/{name}") for name in names})
    plots = stage.out("metrics/plots")
    for metric in PLOTTED:
        write_text(plots / f"{metric}.json", pretty_json(plot_rows(means, metric)))
    rankings = Rankings(Path("data/rankings.jsonl"))
    evaluations = {unit: evaluate(conversations, rankings, unit, PLOTTED_KS) for unit in rankings.units}
    write_text(stage.out("metrics/retrieval.json"), pretty_json(retrieval_file(card, evaluations)))
    write_text(plots / "recall_at_k.json", pretty_json(recall_rows(evaluations)))
    write_report(
        stage.out("reports") / "report.html",
        card=card,
        conversations=conversations,
        predictions=predictions,
        scores=scores,
    )
    say("score", {"answers": len(scores), "failed calls": sum(score.error is not None for score in scores)})


def run_card(params: Params, predictions: Sequence[Prediction]) -> dict[str, str]:
    """Return what identifies a run; the model is the one that really answered."""
    models = sorted({row.model for row in predictions if row.unit != ALWAYS_REFUSE})
    return dict(zip(CARD, (params.dataset, ", ".join(models), params.protocol), strict=True))


if __name__ == "__main__":
    run_stage("score", main)
