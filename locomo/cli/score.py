"""`locomo score`: scores a predictions file by itself, outside the pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from locomo.cli.table import print_means
from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.reporting.intervals import interval_values
from locomo.schema import Conversation, Score
from locomo.scoring import (
    METRICS,
    OVERALL,
    Answer,
    ScoringProtocol,
    by_configuration,
    choose,
    metric_names,
    read_answers,
    score_answers,
    scoring_protocol,
)
from locomo.scoring.comparison import PRIMARY
from locomo.scoring.statistics import estimate
from locomo.scoring.sums import sums_of


def score(  # noqa: PLR0917  (Typer makes options of them)
    file: Annotated[Path, typer.Argument(help="JSON lines with 'id' and 'prediction', or the original code's output.")],
    data: Annotated[Path, typer.Option(help="The dataset that the questions are from, in the released shape.")],
    protocol: Annotated[str, typer.Option(help="How answers are scored: paper, head, strict or judge.")] = "paper",
    key: Annotated[str | None, typer.Option(help="Which answers to score, where the file holds several.")] = None,
    bertscore: Annotated[str | None, typer.Option(help="Add BERTScore with this model, such as minilm.")] = None,
    judge: Annotated[str | None, typer.Option(help="Add the verdicts of this model, such as openai/gpt-4o.")] = None,
    judge_prompt: Annotated[str, typer.Option(help="How it judges: strict, balanced or lenient.")] = "balanced",
    votes: Annotated[int, typer.Option(min=1, help="Verdicts an answer, an odd number; most of them count.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with a row for each question.")] = False,
) -> None:
    """Score the answers in FILE: means by category, or JSON with every question's score."""
    rules = scoring_protocol(protocol)
    if rules.needs_judge and judge is None:
        raise InputError(f"protocol '{protocol}': say who judges with --judge, such as --judge openai/gpt-4o-mini")
    conversations = read_conversations(data)
    answers = read_answers(file, conversations)
    if key is not None or as_json:
        answers = choose(answers, key, file)
    scores = score_answers(conversations, answers, where=str(file), bertscore_model=bertscore, protocol=rules)
    if judge is not None:
        scores = _judged(scores, conversations, answers, model=judge, prompt=judge_prompt, votes=votes)
    names = metric_names(rules, bertscore=bertscore, judge=judge_prompt)
    if as_json:
        typer.echo(json.dumps(_json(scores, conversations, rules, names), indent=2, allow_nan=False))
    else:
        halves = {name: estimate(groups[OVERALL]).half for name, groups in sums_of(scores)[PRIMARY].items()}
        print_means(by_configuration(scores), names, halves)


def _judged(
    scores: list[Score],
    conversations: Sequence[Conversation],
    answers: Sequence[Answer],
    *,
    model: str,
    prompt: str,
    votes: int,
) -> list[Score]:
    from locomo.cli.judge import ask_judge, open_judging
    from locomo.scoring.judging import claims_of, with_verdicts

    claims = claims_of(conversations, answers)
    with open_judging(model, prompt, votes) as (client, seed):
        verdicts = ask_judge(list(claims.values()), client, prompt, votes, seed)
    return with_verdicts(scores, dict(zip(claims, verdicts, strict=True)))


def _json(
    scores: list[Score], conversations: Sequence[Conversation], protocol: ScoringProtocol, names: Mapping[str, str]
) -> dict[str, Any]:
    """Each metric has its field's short name and, where that differs, its public one."""
    (groups,) = by_configuration(scores).values()
    named = {group: values | _public(values, names) for group, values in groups.items()}
    contents: dict[str, Any] = {
        "protocol": protocol.name,
        "metrics": dict(names),
        "overall": named.pop(OVERALL),
        "categories": named,
        "intervals": {
            names[metric]: {group: interval_values(estimate(clusters)) for group, clusters in by_group.items()}
            for metric, configurations in sums_of(scores).items()
            for by_group in configurations.values()
        },
        "questions": [
            {"id": score.id, "category": score.category}
            | (found := {metric: value for metric in METRICS if (value := getattr(score, metric)) is not None})
            | _public(found, names)
            | {name: text for name in ("error", "judge_error") if (text := getattr(score, name)) is not None}
            for score in scores
        ],
    }
    if protocol.strict:
        from locomo.scoring.evidence import evidence_report

        contents["evidence"] = evidence_report(conversations, protocol.categories)
    return contents


def _public(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[field]: value for field, value in values.items() if field in names}
