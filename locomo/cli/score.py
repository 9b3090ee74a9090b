"""`locomo score`: scores a predictions file by itself, outside the pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from locomo.cli.table import print_means
from locomo.errors import InputError
from locomo.files import read_text

if TYPE_CHECKING:
    from locomo.evaluation.results import Results


def score(  # noqa: PLR0917  (Typer makes options of them)
    file: Annotated[
        Path, typer.Argument(help="JSON lines with 'id' and 'prediction', or the original code's output file.")
    ],
    data: Annotated[Path, typer.Option(help="Dataset of the questions, in the released format.")],
    protocol: Annotated[str, typer.Option(help="Scoring protocol: paper, head, strict or judge.")] = "paper",
    key: Annotated[str | None, typer.Option(help="Which answers to score, if the file holds several sets.")] = None,
    bertscore: Annotated[str | None, typer.Option(help="Add BERTScore with this encoder, such as minilm.")] = None,
    judge: Annotated[str | None, typer.Option(help="Add a judge's accuracy, by a model such as openai/gpt-4o.")] = None,
    judge_prompt: Annotated[str, typer.Option(help="strict, balanced, lenient or a file of yours.")] = "balanced",
    votes: Annotated[int, typer.Option(min=1, help="Odd number of verdicts for each answer; the majority counts.")] = 1,
    categories: Annotated[
        str | None, typer.Option(help="Count these categories alone: numbers or names, with commas between.")
    ] = None,
    samples: Annotated[str | None, typer.Option(help="Count these conversations alone, with commas between.")] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Count the questions alone whose ids are in this file, one a line.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(help="Score rows of a task: events or dialogue. Takes --judge, --bertscore, --clip, --json."),
    ] = None,
    clip: Annotated[
        str | None, typer.Option(help="Compare photos of --task dialogue by a CLIP: hf/<folder or hub id>.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON with a row for each question.")] = False,
) -> None:
    """Score the answers in FILE: means by category, or each question's score with --json."""
    if task is not None:
        from locomo.cli.tasks import print_task_scores

        print_task_scores(file, data, task, judge=judge, bertscore=bertscore, clip=clip, as_json=as_json)
        return
    from locomo.dataset.subset import Subset
    from locomo.evaluation.score import score as score_predictions
    from locomo.scoring import OVERALL, by_configuration, scoring_protocol
    from locomo.scoring.comparison import PRIMARY
    from locomo.scoring.statistics import estimate
    from locomo.scoring.sums import sums_of

    if scoring_protocol(protocol).needs_judge and judge is None:
        raise InputError(f"protocol '{protocol}': say who judges with --judge, such as --judge openai/gpt-4o-mini")
    if votes % 2 == 0:
        raise InputError(f"--votes: found {votes}, expected an odd number: most votes decide")
    found = score_predictions(
        file,
        data,
        protocol,
        judge=judge,
        judge_prompt=judge_prompt,
        votes=votes,
        bertscore=bertscore,
        key=key,
        one=as_json,
        subset=Subset(conversations=_listed(samples), categories=[*named] if (named := _listed(categories)) else None),
        questions=None if questions is None else read_text(questions).split(),
    )
    part = _part(found)
    if as_json:
        typer.echo(json.dumps(_json(found), indent=2, allow_nan=False))
    else:
        if part is not None:
            typer.echo(f"{part['questions']:,} of {part['of']:,} questions count")
        sums = sums_of(found.scores).get(PRIMARY, {})  # nothing where a judge alone can score
        halves = {name: estimate(groups[OVERALL]).half for name, groups in sums.items()}
        print_means(by_configuration(found.scores), found.scored.names, halves)


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _part(found: Results) -> dict[str, int] | None:
    """Return how many questions count, of how many; None where all of them do."""
    conversations, protocol = found.dataset.conversations, found.scored.protocol
    if found.scored.params.subset.everything and all(each.subset is None for each in conversations):
        return None
    return {
        "questions": sum(len(each.chosen(protocol.categories)) for each in conversations),
        "of": found.dataset.of or sum(len(each.questions) for each in conversations),
    }


def _json(found: Results) -> dict[str, Any]:
    """Each metric has its field's short name and, where that differs, its public one."""
    from locomo.reporting.intervals import interval_values
    from locomo.scoring import METRICS, OVERALL, by_configuration
    from locomo.scoring.evidence import evidence_report
    from locomo.scoring.statistics import estimate
    from locomo.scoring.sums import sums_of

    names, protocol = found.scored.names, found.scored.protocol
    (groups,) = by_configuration(found.scores).values()
    named = {group: values | _public(values, names) for group, values in groups.items()}
    contents: dict[str, Any] = {
        "protocol": protocol.name,
        "metrics": names,
        **({"subset": part} if (part := _part(found)) is not None else {}),
        "overall": named.pop(OVERALL),
        "categories": named,
        "intervals": {
            names[metric]: {group: interval_values(estimate(clusters)) for group, clusters in by_group.items()}
            for metric, configurations in sums_of(found.scores).items()
            for by_group in configurations.values()
        },
        "questions": [
            {"id": score.id, "category": score.category}
            | (values := {metric: value for metric in METRICS if (value := getattr(score, metric)) is not None})
            | _public(values, names)
            | {name: text for name in ("error", "judge_error") if (text := getattr(score, name)) is not None}
            for score in found.scores
        ],
    }
    if protocol.strict:
        contents["evidence"] = evidence_report(found.dataset.conversations, protocol.categories)
    return contents


def _public(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[field]: value for field, value in values.items() if field in names}
