"""Lists of events scored beside the annotated ones: by conversation, and by session where a model answers so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from locomo.dataset.gold_events import GoldEvent, gold_events
from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation
from locomo.schema.event import Event, EventRow
from locomo.schema.task_score import TaskScore
from locomo.scoring.events.dates import is_right, named_date, window
from locomo.scoring.events.matching import THRESHOLD, Encode, Vectors, matches, similarities
from locomo.scoring.events.support import THRESHOLD as SUPPORTED
from locomo.scoring.events.support import Support
from locomo.scoring.overlap import rouge
from locomo.scoring.rouge_pypi import rouge_pypi

CONVERSATION: Final = "conversation"
SESSION: Final = "session"
ENCODER: Final = "minilm"
"""Of the similarity of events, whatever else a run uses: numbers of different encoders cannot be compared."""
PRECISION, RECALL, F1 = (f"event_{name}[{ENCODER}]" for name in ("precision", "recall", "f1"))
DATES: Final = "event_dates"
ORDER: Final = "event_order"
WRONG_SPEAKER: Final = "event_wrong_speaker"
UNSUPPORTED: Final = "event_unsupported"
_ROUGE: Final = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l"}


@dataclass(frozen=True, slots=True)
class Summary:
    """The events of one speaker that a configuration lists, beside those that are annotated."""

    conversation: Conversation
    configuration: str
    session: int | None
    """None: of the whole conversation."""
    speaker: str
    events: tuple[Event, ...]
    gold: tuple[GoldEvent, ...]
    others: tuple[GoldEvent, ...]
    """What is annotated of the other speaker."""
    error: str | None = None

    @property
    def place(self) -> str:
        """The place of its score (see `TaskScore`)."""
        return self.speaker if self.session is None else f"S{self.session} {self.speaker}"

    @property
    def texts(self) -> tuple[str, str]:
        """Both lists as running text: the prediction, and the gold."""
        return _running([event.text for event in self.events]), _running([event.text for event in self.gold])


def summaries(conversations: Sequence[Conversation], rows: Sequence[EventRow], where: str = "events") -> list[Summary]:
    """Return what is scored of rows: each speaker's events of a conversation and, of rows by session, of each session.

    Sessions of a speaker with neither annotated nor predicted events are left out. InputError, starting with `where`,
    for an unknown conversation, speaker or session, one that is there twice, or one that is missing.
    """
    by_id = {conversation.sample_id: conversation for conversation in conversations}
    groups: dict[tuple[str, str], dict[int | None, EventRow]] = {}
    for row in rows:
        _check(row, by_id, where)
        group = groups.setdefault((row.configuration, row.sample_id), {})
        if row.session in group:
            at = "" if row.session is None else f", session {row.session}"
            raise InputError(f"{where}: '{row.configuration}' has two rows of {row.sample_id}{at}")
        group[row.session] = row
    found = []
    for configuration in dict.fromkeys(name for name, _ in groups):
        for conversation in conversations:
            group = groups.get((configuration, conversation.sample_id), {})
            if not group:
                raise InputError(f"{where}: '{configuration}' has no row of {conversation.sample_id}")
            found += _of_conversation(conversation, configuration, group)
    return found


def _check(row: EventRow, by_id: dict[str, Conversation], where: str) -> None:
    if row.sample_id not in by_id:
        hint = did_you_mean(row.sample_id, by_id)
        raise InputError(f"{where}: conversation '{row.sample_id}' is not in the dataset{hint}")
    conversation = by_id[row.sample_id]
    speakers = (conversation.speaker_a, conversation.speaker_b)
    for name in row.events:
        if name not in speakers:
            raise InputError(
                f"{where}: {row.sample_id}: '{name}' is no speaker; expected {' or '.join(speakers)}"
                f"{did_you_mean(name, speakers)}"
            )
    if row.session is not None and row.session not in {session.number for session in conversation.sessions}:
        raise InputError(f"{where}: {row.sample_id} has no session {row.session}")


def _of_conversation(
    conversation: Conversation, configuration: str, group: dict[int | None, EventRow]
) -> list[Summary]:
    gold = gold_events(conversation)
    by_session = sorted(number for number in group if number is not None)
    found = []
    for speaker in (conversation.speaker_a, conversation.speaker_b):
        own = tuple(event for event in gold if event.speaker == speaker)
        others = tuple(event for event in gold if event.speaker != speaker)
        rows = [group[None]] if None in group else [group[number] for number in by_session]
        listed = tuple(event for row in rows for event in row.events.get(speaker, []))
        error = next((row.error for row in rows if row.error is not None), None)
        found.append(Summary(conversation, configuration, None, speaker, listed, own, others, error))
        for number in by_session:
            row = group[number]
            events = tuple(row.events.get(speaker, []))
            here = tuple(event for event in own if event.session == number)
            if events or here:
                found.append(Summary(conversation, configuration, number, speaker, events, here, (), row.error))
    return found


def score_events(found: Sequence[Summary], encode: Encode) -> list[TaskScore]:
    """Return a score for each summary. `encode` is the encoder `ENCODER`.

    ROUGE, and precision, recall and F1 of matched events, are of all of them. Of conversations there are also the share
    of right dates among the matched events that name one, Kendall's tau of the order of matched events of different
    sessions (pairs in order minus pairs out of order, by their number), and among all predicted events the shares of
    those that are the other speaker's, and of those that neither match nor have support in the transcript.
    """
    texts = sorted(
        {event.text for each in found for event in each.events}
        | {event.text for each in found for event in (*each.gold, *each.others)}
    )
    vectors = dict(zip(texts, encode(texts), strict=True)) if texts else {}

    def known(some: Sequence[str]) -> Vectors:
        if all(text in vectors for text in some):
            return np.stack([vectors[text] for text in some])
        return encode(some)  # turns of a transcript

    pairs = [each.texts for each in found]
    different = list(dict.fromkeys(pairs))
    ours = dict(zip(different, rouge(different), strict=True))
    theirs = dict(zip(different, rouge_pypi(different), strict=True))
    supports: dict[str, Support] = {}
    scores: dict[int, TaskScore] = {}
    # By conversation, so that one transcript is held at a time.
    for place in sorted(range(len(found)), key=lambda place: found[place].conversation.sample_id):
        each, pair = found[place], pairs[place]
        values = {**theirs[pair], **{name: ours[pair][field] for field, name in _ROUGE.items()}}
        similarity = similarities([event.text for event in each.events], [event.text for event in each.gold], known)
        paired = matches(similarity)
        values |= _overlap(len(paired), len(each.events), len(each.gold))
        if each.session is None:
            sample = each.conversation.sample_id
            if sample not in supports:
                supports = {sample: Support(each.conversation, known)}
            values |= _errors(each, paired, known, supports[sample])
        part = CONVERSATION if each.session is None else SESSION
        scores[place] = TaskScore(
            sample_id=each.conversation.sample_id,
            configuration=each.configuration,
            part=part,
            place=each.place,
            values=values,
            error=each.error,
        )
    return [scores[place] for place in range(len(found))]


def _overlap(same: int, predicted: int, gold: int) -> dict[str, float]:
    """Return precision and recall where they can be told, and their harmonic mean: 0 where one side is empty."""
    values = {}
    if predicted:
        values[PRECISION] = same / predicted
    if gold:
        values[RECALL] = same / gold
    if predicted or gold:
        values[F1] = 2 * same / (predicted + gold)
    return values


def _errors(each: Summary, paired: Sequence[tuple[int, int]], encode: Encode, support: Support) -> dict[str, float]:
    values = {}
    if (dates := _right_dates(each, paired)) is not None:
        values[DATES] = dates
    if (tau := order([(row, each.gold[column].session) for row, column in paired])) is not None:
        values[ORDER] = tau
    if not each.events:
        return values
    own = {row for row, _ in paired}
    left = [place for place in range(len(each.events)) if place not in own]
    texts = [each.events[place].text for place in left]
    of_other = similarities(texts, [event.text for event in each.others], encode)
    wrong = [bool(len(row)) and bool(row.max() >= THRESHOLD) for row in of_other]
    unmatched = [text for text, other in zip(texts, wrong, strict=True) if not other]
    unsupported = sum(value < SUPPORTED for value in support.of(unmatched)) if unmatched else 0
    values[WRONG_SPEAKER] = sum(wrong) / len(each.events)
    values[UNSUPPORTED] = unsupported / len(each.events)
    return values


def _right_dates(each: Summary, paired: Sequence[tuple[int, int]]) -> float | None:
    days = {session.number: session.date for session in each.conversation.sessions}
    right = []
    for row, column in paired:
        event, gold = each.events[row], each.gold[column]
        named = named_date(event.date or event.text)
        before = max((number for number in days if number < gold.session), default=None)
        possible = window(gold.date, None if before is None else days[before])
        if named is not None and possible is not None:
            right.append(is_right(named, possible))
    return sum(right) / len(right) if right else None


def order(paired: Sequence[tuple[int, int]]) -> float | None:
    """Return Kendall's tau of (predicted place, session) pairs over those of different sessions; None without any.

    Within a session nothing is said of the order, so that such pairs count for neither side.
    """
    signs = [(one[0] - other[0]) * (one[1] - other[1]) for one, other in combinations(paired, 2) if one[1] != other[1]]
    return sum(1 if sign > 0 else -1 for sign in signs) / len(signs) if signs else None


def _running(sentences: Sequence[str]) -> str:
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in sentences)
