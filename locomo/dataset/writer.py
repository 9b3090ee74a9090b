"""From typed conversations back to the released shape, so that files move freely between both projects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from locomo.files import pretty_json, write_text
from locomo.schema import LOCOMO, Conversation


def released_shape(conversation: Conversation) -> dict[str, Any]:
    """Return the sample as the release has it, with keys in one fixed order and nothing lost.

    Annotations that the sample lacks are there, and empty.
    """
    spoken: dict[str, Any] = {"speaker_a": conversation.speaker_a, "speaker_b": conversation.speaker_b}
    for session in conversation.sessions:
        spoken[f"session_{session.number}_date_time"] = session.date_time
        spoken[f"session_{session.number}"] = [turn.model_dump(exclude_unset=True) for turn in session.turns]
    return {
        "sample_id": conversation.sample_id,
        **({} if conversation.dataset == LOCOMO else {"dataset": conversation.dataset}),
        "conversation": spoken | conversation.conversation_extra,
        "observation": conversation.raw_observation,
        "session_summary": {f"session_{n}_summary": text for n, text in conversation.summaries.items()},
        "event_summary": conversation.raw_event_summary,
        "qa": [question.model_dump(exclude_unset=True) for question in conversation.questions],
        **({} if conversation.subset is None else {"subset": list(conversation.subset)}),
        **conversation.extra,
    }


def write_conversation(conversation: Conversation, folder: Path) -> Path:
    """Write `<sample_id>.json` into a folder and return its path."""
    path = folder / f"{conversation.sample_id}.json"
    write_text(path, pretty_json(released_shape(conversation)))
    return path
