"""score: makes data/scores/, metrics/, the rows of the plots and the report."""

from collections.abc import Sequence
from pathlib import Path

from locomo.dataset import read_folder, read_predictions
from locomo.files import pretty_json, table_json, write_jsonl, write_text
from locomo.pipeline import Params, Stage, run_stage, say
from locomo.pipeline.models import open_client, open_judge
from locomo.reporting.card import judge_line, protocol_card
from locomo.reporting.data import dataset_name
from locomo.reporting.errata import errata_file, errata_label
from locomo.reporting.intervals import intervals_file, sums_file
from locomo.reporting.metrics import CARD, FAMILIES, PLOTTED, plot_rows, write_metrics
from locomo.reporting.report import write_report
from locomo.reporting.retrieval import PLOTTED_KS, evaluate, recall_rows, retrieval_file
from locomo.retrieval.rankings import Rankings
from locomo.schema import Conversation, Prediction, Score
from locomo.scoring import OVERALL, Answer, metric_names, score_answers, scoring_protocol
from locomo.scoring.always_refuse import refusals
from locomo.scoring.evidence import evidence_report
from locomo.scoring.judging import claims_of, with_verdicts
from locomo.scoring.repeats import averaged, spreads
from locomo.scoring.statistics import estimate
from locomo.scoring.sums import sums_of
from locomo.tasks.judging import judge, prompt_version
from locomo.tasks.protocol import asking_protocol

PREDICTIONS = Path("data/predictions")
TASKS = ("qa", "rag", "baselines")


def main(stage: Stage) -> None:
    """Score every answer."""
    params = stage.params
    protocol = scoring_protocol(params.protocol)
    conversations = read_folder(Path("data/captioned"))
    asked = [row for task in TASKS for row in read_predictions(PREDICTIONS / f"{task}.jsonl")]
    predictions = asked + refusals(conversations, protocol)
    answers = [Answer.of(row) for row in predictions]
    scores = score_answers(
        conversations,
        answers,
        where=str(PREDICTIONS),
        bertscore_model=params.score.bertscore,
        protocol=protocol,
    )
    scores = judged(stage, conversations, answers[: len(asked)], scores)
    folder = stage.out("data/scores")
    write_jsonl(folder / "scores.jsonl", (score.model_dump() for score in scores))
    if protocol.strict:
        evidence = evidence_report(conversations, protocol.categories)
        write_text(folder / "evidence.json", pretty_json(evidence))
        say("evidence", {f"questions {what}": len(rows) for what, rows in evidence.items()})
    card = run_card(params, conversations, asked)
    whole_card = protocol_card(
        conversations,
        asked,
        protocol,
        dataset=card["dataset"],
        prompts=asking_protocol(params.protocol).prompts.version,
        context=context_line(params),
        errata=errata_label(conversations),
        judge=judge_line(params.judge.model, params.judge.prompt, prompt_version(), params.judge.votes),
    )
    with_card = card | {"card": whole_card}
    names = metric_names(protocol, bertscore=params.score.bertscore, judge=params.judge.prompt)
    files = {f"{family}.json": stage.out(f"metrics/{family}.json") for family in (*FAMILIES, "usage")}
    means = averaged(scores)
    write_metrics(with_card, means, predictions, names, files)
    sums = sums_of(means)
    write_text(stage.out("metrics/conversations.json"), table_json(sums_file(with_card, sums, names)))
    write_text(stage.out("metrics/intervals.json"), table_json(intervals_file(with_card, sums, spreads(scores), names)))
    errata = errata_file(with_card, conversations, answers, scores, protocol)
    write_text(stage.out("metrics/errata.json"), pretty_json(errata))
    plots = stage.out("metrics/plots")
    for metric in PLOTTED:
        write_text(plots / f"{metric}.json", pretty_json(plot_rows(means, metric)))
    rankings = Rankings(Path("data/rankings.jsonl"))
    evaluations = {unit: evaluate(conversations, rankings, unit, PLOTTED_KS) for unit in rankings.units}
    write_text(stage.out("metrics/retrieval.json"), pretty_json(retrieval_file(with_card, evaluations)))
    write_text(plots / "recall_at_k.json", pretty_json(recall_rows(evaluations)))
    write_report(
        stage.out("reports/report.html"),
        card=whole_card | card,
        conversations=conversations,
        predictions=predictions,
        scores=scores,
        evaluations=evaluations,
        errata=errata,
        halves={name: estimate(groups[OVERALL]).half for name, groups in sums.get("f1", {}).items()},
        f1_name=names["f1"],
    )
    say("score", {"answers": len(scores), "failed calls": sum(score.error is not None for score in scores)})


def judged(
    stage: Stage, conversations: Sequence[Conversation], answers: Sequence[Answer], scores: list[Score]
) -> list[Score]:
    """Add the verdicts of params.yaml's judge, if there is one."""
    settings = stage.params.judge
    if settings.model is None:
        return scores
    claims = claims_of(conversations, answers)
    with open_client(stage, settings.model, open_judge) as client:
        verdicts = judge(list(claims.values()), client, settings.prompt, votes=settings.votes, seed=stage.params.seed)
    found = with_verdicts(scores, dict(zip(claims, verdicts, strict=True)))
    failed = sum(score.judge_error is not None for score in found)
    say("judge", {"answers judged": len(claims), "judgements failed": failed})
    return found


def context_line(params: Params) -> str:
    """Return how much of a conversation the model was shown."""
    answer, rag = params.answer, params.rag
    units: dict[str, list[str]] = {}
    for setting in rag.settings:
        units.setdefault(setting.unit, []).append(str(setting.k))
    shown = ", ".join(f"{unit} k={'/'.join(ks)}" for unit, ks in units.items())
    return (
        f"window {answer.context_window or 'of the model'}, answer {answer.max_tokens}, "
        f"rag {rag.retriever}{f' + {rag.reranker}' if rag.reranker else ''} {shown} by {rag.order}"
        + (f", at most {rag.context_tokens} tokens" if rag.context_tokens else "")
    )


def run_card(
    params: Params, conversations: Sequence[Conversation], predictions: Sequence[Prediction]
) -> dict[str, str]:
    """Return what identifies a run; the model is the one that really answered."""
    models = sorted({row.model for row in predictions})
    dataset = dataset_name(params.dataset, conversations)
    return dict(zip(CARD, (dataset, ", ".join(models), params.protocol), strict=True))


if __name__ == "__main__":
    run_stage("score", main)
