"""A dataset by name or path, as a notebook sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any, Final

from locomo.dataset import read_conversations, read_folder
from locomo.dataset.optional import optional_datasets
from locomo.dataset.released import read_released
from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation, category_name

SAMPLE: Final = "sample"
RAW: Final = Path("data/raw")
_CHECKOUT: Final = Path(__file__).parents[2] / RAW
"""The datasets of the project's own repository, where the package is used from a checkout."""


@dataclass(frozen=True, repr=False)
class Dataset:
    """Conversations, sorted by `sample_id`, and the questions about them.

    Iterating yields the conversations; `len` counts them. Question `index` of a conversation has the id
    `<sample_id>:<index>`.
    """

    name: str
    conversations: tuple[Conversation, ...]
    of: int | None = None
    """How many questions the dataset has of which these conversations are a part; None for all of it."""

    @property
    def questions(self) -> list[dict[str, Any]]:
        """A row for each question: `id`, `sample_id`, `index`, `category` (a name), `question`, `gold`, `evidence`.

        `gold` is None where the right answer is that there is none (category adversarial).
        """
        return [
            {
                "id": conversation.question_id(index),
                "sample_id": conversation.sample_id,
                "index": index,
                "category": category_name(question.category),
                "question": question.question,
                "gold": question.reference,
                "evidence": list(question.evidence),
            }
            for conversation in self.conversations
            for index, question in enumerate(conversation.questions)
        ]

    def to_pandas(self) -> Any:
        """Return `questions` as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.questions)

    def __len__(self) -> int:
        return len(self.conversations)

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self.conversations)

    def __repr__(self) -> str:
        pairs = zip(_COUNTED, _counts(self.conversations), strict=True)
        counts = ", ".join(f"{count:,} {what}" for what, count in pairs)
        return f"Dataset({self.name!r}: {counts})"

    def _repr_html_(self) -> str:
        rows = [(each.sample_id, f"{each.speaker_a}, {each.speaker_b}", *_counts([each])[1:]) for each in self]
        head = "".join(f"<th>{name}</th>" for name in ("sample_id", "speakers", *_COUNTED[1:]))
        body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
        return f"<p>{escape(repr(self))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_COUNTED: Final = ("conversations", "sessions", "turns", "questions")


def _counts(conversations: Sequence[Conversation]) -> tuple[int, int, int, int]:
    return (
        len(conversations),
        sum(len(each.sessions) for each in conversations),
        sum(1 for each in conversations for _ in each.turns),
        sum(len(each.questions) for each in conversations),
    )


def load_dataset(name_or_path: str | Path | Dataset = SAMPLE) -> Dataset:
    """Return a dataset: `sample`, which comes with the package, one of `data/raw/` here, or that of a path.

    A path is a file in the released shape (a list of samples, or one sample), or a folder of such files.

    >>> load_dataset("sample")
    Dataset('sample': 3 conversations, 21 sessions, 383 turns, 131 questions)

    Raises:
        InputError: there is no such dataset, or something in it is wrong; the error names the file and the place in it.
    """
    if isinstance(name_or_path, Dataset):
        return name_or_path
    if isinstance(name_or_path, str) and _is_name(name_or_path):
        name = name_or_path
        conversations = _named(name)
    else:
        path = Path(name_or_path).expanduser()
        if not path.exists():
            raise InputError(f"{path}: no such file; expected one in the released shape, or a folder of such files")
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "dataset"
        conversations = read_folder(path) if path.is_dir() else read_conversations(path)
    return Dataset(name, tuple(sorted(conversations, key=lambda conversation: conversation.sample_id)))


def _is_name(text: str) -> bool:
    """Names have neither folders nor an ending; what lies in `data/raw/` goes before a folder of the same name here."""
    if "/" in text or "\\" in text or text.endswith((".json", ".jsonl")):
        return False
    return text == SAMPLE or (RAW / f"{text}.json").is_file() or not Path(text).exists()


def _named(name: str) -> list[Conversation]:
    for raw in (RAW, _CHECKOUT):
        if (raw / f"{name}.json").is_file():
            return read_released(raw, name)
    if name in optional_datasets():
        return read_released(RAW, name)  # says how it comes here
    if name == SAMPLE:
        with resources.as_file(resources.files("locomo.dataset") / "sample.json") as path:
            return read_conversations(path)
    known = sorted({SAMPLE, *(path.name.partition(".")[0] for path in RAW.glob("*.json*"))})
    raise InputError(
        f"dataset '{name}': expected {' or '.join(known)}, or the path of a file in the released shape"
        f"{did_you_mean(name, known)}"
    )
