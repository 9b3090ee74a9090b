"""`locomo judge-panel`: the same answers judged under every prompt, and what each lets pass that is wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_WIDTH_OF_ALL: Final = 100


def judge_panel(  # noqa: PLR0917  (Typer makes options of them)
    file: Annotated[Path, typer.Argument(help="The answers: as for `locomo score`.")],
    data: Annotated[Path, typer.Option(help="The dataset that the questions are from, in the released shape.")],
    judge: Annotated[str, typer.Option(help="The model that judges, such as openai/gpt-4o-mini.")],
    key: Annotated[str | None, typer.Option(help="Which answers to judge, where the file holds several.")] = None,
    votes: Annotated[int, typer.Option(min=1, help="Verdicts an answer, an odd number; most of them count.")] = 1,
    planted: Annotated[int, typer.Option(min=0, help="How many questions get wrong answers planted.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge the answers in FILE under all prompts: accuracies, agreement, and false accepts of planted wrong answers.

    Each verdict is a call, kept like any other. Planted answers are made from the golds of other questions: `specific`
    ones say something else, `vague` ones commit themselves to nothing.
    """
    from locomo.cli.judge import ask_judge, open_judging
    from locomo.dataset import read_conversations
    from locomo.reporting.panel import panel_file
    from locomo.scoring import choose, read_answers, score_answers
    from locomo.scoring.judging import claims_of
    from locomo.scoring.planted import plant
    from locomo.scoring.protocol import PROTOCOLS
    from locomo.tasks.judging import PROMPTS, prompt_version

    conversations = read_conversations(data)
    answers = choose(read_answers(file, conversations), key, file)
    scores = score_answers(conversations, answers, where=str(file), protocol=PROTOCOLS["judge"])  # each question once
    categories = {score.id: score.category for score in scores}
    claims = claims_of(conversations, answers)
    with open_judging(judge, None, votes) as (client, seed):
        wrong = plant(conversations, planted, seed)
        model = f"{client.provider.name}/{client.provider.model}"
        asked = [*claims.values(), *(each.claim for each in wrong)]
        verdicts = {prompt: ask_judge(asked, client, prompt, votes, seed) for prompt in PROMPTS}
    found: dict[str, Any] = {"judge": model, "prompts": prompt_version(), "votes": votes} | panel_file(
        Counter(categories.values()),
        [categories[question_id] for question_id, _ in claims],
        {prompt: given[: len(claims)] for prompt, given in verdicts.items()},
        wrong,
        {prompt: given[len(claims) :] for prompt, given in verdicts.items()},
    )
    if as_json:
        typer.echo(json.dumps(found, indent=2, allow_nan=False))
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_ALL)
    votes = f"{found['votes']} {'vote' if found['votes'] == 1 else 'votes'}"
    console.print(f"judge {found['judge']}, prompts {found['prompts']}, {votes}", highlight=False)
    accuracies = found["judge_accuracy"]
    groups = list(next(iter(accuracies.values())))
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(f"judge_accuracy, %\n{found['answers']} answers", no_wrap=True)
    for group in groups:
        table.add_column(group.replace("_", "-\n"), justify="right")
    for kind, count in found["planted"].items():
        table.add_column(f"false accepts\n{kind} ({count})", justify="right")
    table.add_column("no\nverdict", justify="right")
    for prompt, means in accuracies.items():
        accepted = found["false_accepts"][prompt]
        table.add_row(
            prompt,
            *(_percent(means[group]) for group in groups),
            *(_percent(accepted.get(kind)) for kind in found["planted"]),
            str(found["judge_errors"][prompt]),
        )
    console.print(table)
    agreement = found["agreement"]
    kappas = ", ".join(f"{pair} {_kappa(value)}" for pair, value in agreement["cohen_kappa"].items())
    lines = [
        f"All prompts agree on {_percent(agreement['share'])}% of {agreement['answers']} answers.",
        f"Cohen's kappa: {kappas}. Fleiss' kappa: {_kappa(agreement['fleiss_kappa'])}.",
    ]
    if not agreement["answers"]:
        lines = ["No answer has a verdict under every prompt."]
    elif agreement["fleiss_kappa"] is None:
        lines = [lines[0], "All verdicts are the same: agreement beyond chance is not defined."]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _kappa(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"
