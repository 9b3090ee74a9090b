"""`locomo ask`: one question, what is retrieved for it, and the answer."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape


def ask(
    question: Annotated[str, typer.Argument(help="In words of your own, or one of the dataset.")],
    conversation: Annotated[str, typer.Option(help="The id of a conversation, such as conv-26.")],
    unit: Annotated[str, typer.Option(help="What is retrieved: dialog, observation or summary.")] = "dialog",
    k: Annotated[int, typer.Option(min=1, help="How many units the model is shown.")] = 5,
    overrides: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Another value for one knob of params.yaml, such as model=mock/words."),
    ] = None,
) -> None:
    """Ask one question about a conversation of the last `dvc repro`, and see what the answer was read from.

    If the question is one of the dataset, its evidence is marked and the reference is shown.
    """
    from locomo.pipeline.ask import ask as ask_model
    from locomo.pipeline.params import read_params
    from locomo.retrieval.memory import UNIT
    from locomo.retrieval.registry import MEMORY
    from locomo.retrieval.units import check_unit

    params = read_params(overrides or ())
    kind = UNIT if params.rag.retriever.startswith(MEMORY) else check_unit(unit)
    asked = ask_model(params, question, conversation, kind, k)
    evidence = set(asked.question.evidence) if asked.question else set()
    console = Console(highlight=False)
    for date, each in asked.units:
        found = bool(evidence & set(each.ids))
        speaker = f"{each.speaker}: " if each.speaker and kind == "dialog" else ""
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
