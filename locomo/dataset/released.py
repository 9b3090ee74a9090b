"""generate, mode `released`: a dataset in the released shape becomes one checked file a conversation."""

from __future__ import annotations

from pathlib import Path

from locomo.dataset import read_conversations, write_conversation
from locomo.dataset.optional import how_to_fetch, optional_datasets
from locomo.dataset.subset import EVERYTHING, Subset, select
from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation


def split_released(raw: Path, name: str, out: Path, subset: Subset = EVERYTHING) -> int:
    """Write `<out>/<sample_id>.json` for each conversation of a subset of `<raw>/<name>.json`; return how many.

    InputError if there is no such dataset or anything in it is wrong.
    """
    conversations = select(read_released(raw, name), subset)
    for conversation in conversations:
        write_conversation(conversation, out)
    return len(conversations)


def read_released(raw: Path, name: str) -> list[Conversation]:
    """Return the conversations of `<raw>/<name>.json`; InputError as above."""
    return read_conversations(dataset_file(raw, name))


def dataset_file(raw: Path, name: str) -> Path:
    """Return `<raw>/<name>.json`; InputError that says how it comes here, if it is not here."""
    source = raw / f"{name}.json"
    if not source.is_file():
        if source.with_name(f"{source.name}.dvc").is_file():
            raise InputError(f"{source}: not here; run `dvc pull {source}.dvc`")
        if (how := how_to_fetch(source.name)) is not None:
            raise InputError(f"{source}: not here; {how}")
        known = sorted({path.name.split(".")[0] for path in raw.glob("*.json*")} | set(optional_datasets()))
        raise InputError(
            f"dataset '{name}': no {source}; expected one of {', '.join(known)}{did_you_mean(name, known)}"
        )
    return source
