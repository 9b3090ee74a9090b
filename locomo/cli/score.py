"""`locomo score`: scores a predictions file by itself, outside the pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from locomo.cli.table import print_means
from locomo.dataset import read_conversations
from locomo.reporting.intervals import interval_values
from locomo.schema import Score
from locomo.scoring import METRICS, OVERALL, by_configuration, check_protocol, choose, read_answers, score_answers
from locomo.scoring.comparison import PRIMARY
from locomo.scoring.statistics import estimate
from locomo.scoring.sums import sums_of


def score(  # noqa: PLR0917  (Typer makes options of them)
    file: Annotated[Path, typer.Argument(help="JSON lines with 'id' and 'prediction', or the original code's output.")],
    data: Annotated[Path, typer.Option(help="The dataset that the questions are from, in the released shape.")],
    protocol: Annotated[str, typer.Option(help="How answers are scored.")] = "paper",
    key: Annotated[str | None, typer.Option(help="Which answers to score, where the file holds several.")] = None,
    bertscore: Annotated[str | None, typer.Option(help="Add BERTScore with this model, such as minilm.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with a row for each question.")] = False,
) -> None:
    """Score the answers in FILE: means by category, or JSON with every question's score."""
    check_protocol(protocol)
    conversations = read_conversations(data)
    answers = read_answers(file, conversations)
    if key is not None or as_json:
        answers = choose(answers, key, file)
    scores = score_answers(conversations, answers, where=str(file), bertscore_model=bertscore)
    if as_json:
        typer.echo(json.dumps(_json(scores, protocol), indent=2, allow_nan=False))
    else:
        halves = {name: estimate(groups[OVERALL]).half for name, groups in sums_of(scores)[PRIMARY].items()}
        print_means(by_configuration(scores), halves)


def _json(scores: list[Score], protocol: str) -> dict[str, Any]:
    (groups,) = by_configuration(scores).values()
    return {
        "protocol": protocol,
        "overall": groups.pop(OVERALL),
        "categories": groups,
        "intervals": {
            metric: {group: interval_values(estimate(clusters)) for group, clusters in by_group.items()}
            for metric, configurations in sums_of(scores).items()
            for by_group in configurations.values()
        },
        "questions": [
            {"id": score.id, "category": score.category}
            | {metric: value for metric in METRICS if (value := getattr(score, metric)) is not None}
            | ({"error": score.error} if score.error is not None else {})
            for score in scores
        ],
    }
