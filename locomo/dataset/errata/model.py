"""One entry of an errata overlay, and the overlay of one dataset. docs/errata.md describes both for people."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator

from locomo.schema import Question

FieldName = Literal["question", "answer", "evidence", "category", "adversarial_answer"]
Status = Literal["accepted", "excluded", "duplicate", "harmless", "debatable", "rejected"]
"""accepted: applied. excluded: cannot be repaired, so left out of corrected scores (of recall, where the field is
evidence). duplicate: counted once, by the question that it repeats. harmless: true, but no right answer changes.
debatable: as good a reading as the gold. rejected: the conversation bears the release out."""
Kind = Literal[
    "ambiguous",
    "answerable",
    "citation",
    "duplicate",
    "false_premise",
    "incomplete",
    "malformed",
    "no_evidence",
    "open_domain",
    "question_date",
    "spelling",
    "unsupported",
    "wrong_answer",
    "wrong_date",
    "wrong_speaker",
]
Source = Literal["audit", "fork", "known", "review"]
STATUSES: Final[tuple[str, ...]] = get_args(Status)

HASH_LENGTH: Final = 12
"""Hex digits of the SHA-256 of a question's text that an entry is tied to."""
DiaId = Annotated[StrictStr, Field(pattern=r"^D\d+:\d+$")]


class Erratum(BaseModel):
    """What a review found of one field of one question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample_id: StrictStr
    index: StrictInt = Field(ge=0)
    question_sha256: StrictStr = Field(pattern=rf"^[0-9a-f]{{{HASH_LENGTH}}}$")
    field: FieldName
    kind: Kind
    status: Status
    corrected: StrictStr | StrictInt | list[DiaId] | None = None
    """The field as it should be; where it is not accepted, what was proposed."""
    replace: dict[StrictStr, StrictStr] | None = None
    """Instead of `corrected`: parts of the field's text and what they should be."""
    duplicate_of: StrictInt | None = None
    """Index of the question that this one repeats."""
    evidence: list[DiaId] = []
    """The turns that bear the entry out; where the field is evidence, None means those in `corrected`."""
    image_only: bool = False
    """Whether something of it rests on a picture (its caption, search query or address) and not on words."""
    sources: list[Source] = Field(min_length=1)
    """Who said so first: a published audit, a published fork, what was known of the release, this review."""
    rationale: StrictStr = Field(pattern=r"\S")

    @model_validator(mode="after")
    def _consistent(self) -> Erratum:
        changes = (self.corrected is not None) + (self.replace is not None)
        if changes > 1 or (self.status == "accepted" and not changes):
            raise ValueError("found neither or both of 'corrected' and 'replace', expected one of them")
        if self.replace is not None and self.field in ("evidence", "category"):
            raise ValueError(f"'replace' is for texts, '{self.field}' needs 'corrected'")
        if self.field == "evidence" and self.corrected is not None and not isinstance(self.corrected, list):
            raise ValueError(f"corrected: found {self.corrected!r}, expected a list of turn ids")
        if (self.status == "duplicate") != (self.duplicate_of is not None):
            raise ValueError("'duplicate_of' belongs to the status 'duplicate', and to no other")
        return self

    @property
    def id(self) -> str:
        """The question's id, as in predictions: 'conv-26:5'."""
        return f"{self.sample_id}:{self.index}"

    @property
    def turns(self) -> list[str]:
        """Every turn that the entry names."""
        return [*self.evidence, *(self.corrected if isinstance(self.corrected, list) else [])]

    def is_about(self, question: Question) -> bool:
        """Return whether this is the question that was reviewed, by the hash of its text."""
        return question_hash(question) == self.question_sha256

    def value(self, question: Question) -> object:
        """Return the field as the entry says it should be."""
        if self.replace is None:
            return self.corrected
        text = str(getattr(question, self.field))
        for wrong, right in self.replace.items():
            text = text.replace(wrong, right)
        return text


class Errata(BaseModel):
    """The entries of one released dataset, sorted as its questions are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: StrictStr
    version: StrictInt
    """Goes up when an entry is added or changed."""
    source: StrictStr
    sha256: StrictStr
    """Of the released file that was reviewed."""
    entries: list[Erratum]

    @property
    def label(self) -> str:
        """Name and version in one word, for protocol cards: 'locomo10/3'."""
        return f"{self.name}/{self.version}"

    def of(self, status: Status) -> list[Erratum]:
        """Return the entries of one status."""
        return [entry for entry in self.entries if entry.status == status]


def question_hash(question: Question) -> str:
    """Return the hex digits that tie an entry to the words of a question."""
    return hashlib.sha256(question.question.encode()).hexdigest()[:HASH_LENGTH]
