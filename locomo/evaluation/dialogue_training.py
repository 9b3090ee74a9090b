"""Conversations as examples to train a model of dialogue on: every turn, with what comes before it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.dataset import read_folder
from locomo.errors import InputError
from locomo.pipeline.params import Params
from locomo.retrieval.registry import open_retriever
from locomo.schema import Conversation, Turn
from locomo.tasks.dialogue.memory import Condition
from locomo.tasks.dialogue.writings import Settings, chosen, writings
from locomo.tasks.protocol import asking_protocol

CONDITIONS: Final[tuple[Condition, ...]] = ("base", "summary", "observation")
"""What an example may show of earlier sessions; memory systems are asked by the stage `dialogue` alone."""


def training_examples(folder: Path, params: Params, condition: Condition) -> Iterator[dict[str, Any]]:
    """Yield an example for each turn of the conversations in a project, but for the first one of a session.

    `id` (`<sample_id>/<dia_id>`), `date` (of the session), `speaker`, `memory` (lines of earlier sessions, as the task
    `dialogue` shows them), `history` (the turns of the session before it) and `target`. A turn has `speaker`, `text`
    and `images`, each with `url` and `caption`, None where there is none.

    InputError for a folder without captioned conversations or, for observations, without an index.
    """
    captioned, index = folder / "data/captioned", folder / "data/index"
    if not captioned.is_dir():
        raise InputError(f"{captioned}: not here; run `dvc repro` there, or `dvc pull data/captioned`")
    if condition == "observation" and not index.is_dir():
        raise InputError(f"{index}: not here; run `dvc repro` there, or `dvc pull data/index`")
    yield from _examples(read_folder(captioned), index, params, condition)


def _examples(
    conversations: Sequence[Conversation], index: Path, params: Params, condition: Condition
) -> Iterator[dict[str, Any]]:
    dialogue = params.dialogue
    settings = Settings([condition], sys.maxsize, dialogue.summaries, dialogue.observations, 0, params.seed)
    retriever = open_retriever(params.rag.retriever, index) if condition == "observation" else None
    found = chosen(conversations, settings)
    for each in writings(found, settings, asking_protocol(params.protocol), retriever=retriever):
        place = each.place
        yield {
            "id": f"{place.conversation.sample_id}/{place.turn.dia_id}",
            "date": place.session.date_time,
            "speaker": place.turn.speaker,
            "memory": list(each.notes.lines),
            "history": [_turn(turn) for turn in place.said],
            "target": _turn(place.turn),
        }


def _turn(turn: Turn) -> dict[str, Any]:
    urls: Sequence[str | None] = turn.img_url or ([None] if turn.shares_image else [])
    return {
        "speaker": turn.speaker,
        "text": turn.text,
        "images": [{"url": url, "caption": turn.blip_caption} for url in urls],
    }
