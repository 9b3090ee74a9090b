"""`locomo ask`: one question, what is retrieved for it, and the answer."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape


def ask(
    question: Annotated[str, typer.Argument(help="The question: your own, or one of the dataset.")],
    conversation: Annotated[str, typer.Option(help="ID of the conversation, such as conv-26.")],
    unit: Annotated[str, typer.Option(help="Unit to retrieve: dialog, observation or summary.")] = "dialog",
    k: Annotated[int, typer.Option(min=1, help="Number of units to show the model.")] = 5,
    overrides: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Override a parameter, such as model=mock/words. May be repeated."),
    ] = None,
) -> None:
    """Ask one question about a conversation and show the retrieved context with the answer.

    It uses the conversations and indexes of the last `dvc repro`. For a question of the dataset, it also marks the
    evidence and shows the reference answer.
    """
    from locomo.pipeline.ask import ask as ask_model
    from locomo.pipeline.params import read_params
    from locomo.pipeline.runs import run_id
    from locomo.pipeline.telemetry import telemetry
    from locomo.retrieval.units import check_unit

    params = read_params(overrides or ())
    with telemetry("ask", run_id()):
        asked = ask_model(params, question, conversation, check_unit(unit), k)
    evidence = set(asked.question.evidence) if asked.question else set()
    console = Console(highlight=False)
    for date, each in asked.units:
        found = bool(evidence & set(each.ids))
        speaker = f"{each.speaker}: " if each.speaker and unit == "dialog" else ""
        line = f"{'*' if found else ' '} {' '.join(each.ids)} [{date}] {speaker}{each.text}"
        console.print(escape(line), style="green" if found else None, soft_wrap=True)
    console.print()
    console.print(f"{asked.model}: [bold]{escape(asked.answer)}[/bold]", soft_wrap=True)
    if asked.question:
        missed = sorted(evidence - {name for _, each in asked.units for name in each.ids})
        console.print(escape(f"reference: {asked.question.reference or 'not mentioned'}"), soft_wrap=True)
        console.print(f"evidence (*): {', '.join(asked.question.evidence) or 'none'}", soft_wrap=True)
        if missed:
            console.print(f"not retrieved: {', '.join(missed)}", soft_wrap=True)
