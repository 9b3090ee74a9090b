"""`locomo judge-panel`: the same answers judged under every prompt, and what each lets pass that is wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console

_WIDTH_OF_ALL: Final = 100


def judge_panel(  # noqa: PLR0917  (Typer makes options of them)
    file: Annotated[Path, typer.Argument(help="Answers, in the format of `locomo score`.")],
    data: Annotated[Path, typer.Option(help="Dataset of the questions, in the released format.")],
    judge: Annotated[str, typer.Option(help="Model that judges, such as openai/gpt-4o-mini; or local.")],
    key: Annotated[str | None, typer.Option(help="Which answers to judge, if the file holds several sets.")] = None,
    votes: Annotated[int, typer.Option(min=1, help="Odd number of verdicts for each answer; the majority counts.")] = 1,
    planted: Annotated[int, typer.Option(min=0, help="Number of questions that get planted answers.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a judge: accuracy under each prompt, agreement, and its errors on planted answers.

    Each verdict is a cached call. Planted answers are gold answers reworded (`right`), those of other questions
    (`specific`), ones that claim nothing (`vague`), and for category 5 abstentions and assertions.
    """
    from locomo.cli.judge import open_judging
    from locomo.dataset import read_conversations
    from locomo.reporting.panel import panel_file
    from locomo.scoring import choose, read_answers, score_answers
    from locomo.scoring.judging import claims_of, settled
    from locomo.scoring.planted import plant, plant_abstentions
    from locomo.scoring.protocol import PROTOCOLS

    conversations = read_conversations(data)
    answers = choose(read_answers(file, conversations), key, file)
    scores = score_answers(conversations, answers, where=str(file), protocol=PROTOCOLS["judge"])  # each question once
    categories = {score.id: score.category for score in scores}
    claims = claims_of(conversations, answers)
    known = settled(conversations, answers)
    with open_judging(judge, None, votes) as (asked, seed):
        tried = [*plant(conversations, planted, seed), *plant_abstentions(conversations, planted, seed)]
        prompts = asked.prompts
        every = [*claims.values(), *(each.claim for each in tried)]
        verdicts = {prompt: asked.judge(every, prompt) for prompt in prompts}
    found: dict[str, Any] = {"judge": asked.name, "prompts": asked.version, "votes": votes} | panel_file(
        Counter(categories.values()),
        [categories[question_id] for question_id, _ in claims],
        {prompt: given[: len(claims)] for prompt, given in verdicts.items()},
        list(known.values()),
        tried,
        {prompt: given[len(claims) :] for prompt, given in verdicts.items()},
    )
    if as_json:
        typer.echo(json.dumps(found, indent=2, allow_nan=False))
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    console = open_console(_WIDTH_OF_ALL)
    votes = f"{found['votes']} {'vote' if found['votes'] == 1 else 'votes'}"
    console.print(f"judge {found['judge']}, prompts {found['prompts']}, {votes}", highlight=False)
    accuracies = found["judge_accuracy"]
    groups = list(next(iter(accuracies.values())))
    table = _table(f"judge_accuracy, %\n{found['answers']} answers")
    for group in (*groups, "abstention", "no verdict"):
        table.add_column(group.replace("_", "-\n").replace(" ", "\n"), justify="right")
    for prompt, means in accuracies.items():
        rest = (found["judge_abstention"][prompt], found["judge_no_verdict"][prompt])
        table.add_row(prompt, *(_percent(means[group]) for group in groups), *map(_percent, rest))
    console.print(table)
    tried = _table("planted answers, %")
    kinds = [(what, kind) for what in ("false_accepts", "false_rejects") for kind in next(iter(found[what].values()))]
    for what, kind in kinds:
        tried.add_column(f"{what.replace('_', ' ')}\n{kind} ({found['planted'][kind]})", justify="right")
    for prompt in accuracies:
        tried.add_row(prompt, *(_percent(found[what][prompt].get(kind)) for what, kind in kinds))
    if kinds:
        console.print(tried)
    if len(accuracies) == 1:
        return
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


def _table(title: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(title, no_wrap=True)
    return table


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _kappa(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"
