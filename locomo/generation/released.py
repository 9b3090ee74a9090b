"""generate, mode `released`: a dataset in the released shape becomes one checked file a conversation."""

from __future__ import annotations

from pathlib import Path

from locomo.dataset import read_conversations, write_conversation
from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation


def split_released(raw: Path, name: str, out: Path) -> int:
    """Write `<out>/<sample_id>.json` for each conversation of `<raw>/<name>.json`; return how many there are.

    InputError if there is no such dataset or anything in it is wrong.
    """
    conversations = read_released(raw, name)
    for conversation in conversations:
        write_conversation(conversation, out)
    return len(conversations)


def read_released(raw: Path, name: str) -> list[Conversation]:
    """Return the conversations of `<raw>/<name>.json`; InputError as above."""
    source = raw / f"{name}.json"
    if not source.is_file():
        tracked = source.with_name(f"{source.name}.dvc")
        if tracked.is_file():
            raise InputError(f"{source}: not fetched yet; run `dvc update {tracked}`, or `dvc pull {tracked}`")
        known = sorted({path.name.split(".")[0] for path in raw.glob("*.json*")})
        raise InputError(
            f"dataset '{name}': no {source}; expected one of {', '.join(known)}{did_you_mean(name, known)}"
        )
    return read_conversations(source)
