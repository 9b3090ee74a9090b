"""Reading the overlays that come with this package, and finding the one that a dataset needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from locomo.dataset.errata.apply import check
from locomo.dataset.errata.model import Errata
from locomo.errors import InputError
from locomo.files import parse_yaml
from locomo.schema import Conversation


@lru_cache(maxsize=1)
def every_errata() -> tuple[Errata, ...]:
    """Return every overlay, by file name; InputError names the entry and the key that is wrong."""
    folder = files("locomo.dataset.errata")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    return tuple(parse_errata(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in names)


def parse_errata(text: str, where: str) -> Errata:
    """Read one overlay; InputError names the entry and the key that is wrong."""
    data = parse_yaml(text, where)
    if not isinstance(data, dict) or set(data) != {"version", "dataset", "errata"}:
        raise InputError(f"{where}: expected the keys 'version', 'dataset' and 'errata'")
    try:
        errata = Errata.model_validate({"version": data["version"], "entries": data["errata"]} | data["dataset"])
    except (ValidationError, TypeError) as error:
        raise InputError(f"{where}: {_complaint(error, data)}") from None
    seen = set()
    for entry in errata.entries:
        if (entry.id, entry.field) in seen:
            raise InputError(f"{where}: {entry.id}, {entry.field}: found twice, expected one entry")
        seen.add((entry.id, entry.field))
    return errata


def _complaint(error: ValidationError | TypeError, data: dict[str, Any]) -> str:
    if isinstance(error, TypeError):
        return "dataset: expected 'name', 'source' and 'sha256'"
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    if place[:1] == ["entries"] and len(place) > 1:
        raw = data["errata"][int(place[1])]
        entry = f"{raw.get('sample_id')}:{raw.get('index')}" if isinstance(raw, dict) else "no object"
        place = [f"errata[{place[1]}] ({entry})", *place[2:]]
    return f"{'.'.join(place)}: {first['msg']}"


def read_errata(conversations: Sequence[Conversation]) -> Errata | None:
    """Return the overlay of these conversations, cut to those of them that are there; None if there is none.

    A dataset is known by its sample ids *and* the words of its questions, not by its file's name: another one with the
    same sample ids has no errata. InputError names the first entry that does not fit, where others do: such a dataset
    is an edited copy of the one that was reviewed.
    """
    by_id = {conversation.sample_id: conversation for conversation in conversations}
    for errata in every_errata():
        entries = [entry for entry in errata.entries if entry.sample_id in by_id]
        mine = errata.model_copy(update={"entries": entries})
        if any(entry.is_about(q) for entry in entries for q in by_id[entry.sample_id].questions[entry.index :][:1]):
            check(conversations, mine)
            return mine
    return None


def errata_version(conversations: Sequence[Conversation]) -> str | None:
    """Return the overlay's label for protocol cards ('locomo10/3'); None if these conversations have none."""
    errata = read_errata(conversations)
    return None if errata is None else errata.label
