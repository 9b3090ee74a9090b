"""LoCoMo-Plus: cues woven into LoCoMo's conversations, and what is said long after them as a sixth category.

The original is a list of pairs: a `cue_dialogue` of two turns between A and B, a `trigger_query` that A says much later
(`time_gap`), and that a good partner answers with the cue in mind. The rule by which they are woven in:

- The pairs are put into an order by the SHA-256 of a seed and their place, and dealt to LoCoMo's conversations in turn;
  a conversation that has the same cue already is passed over.
- The question is asked a week after the last session. The cue was given the time gap before that: its turns are put
  behind the last turn of the latest session that is no later, or of the first session where all are later. A month has
  30 days and a year 365; 'a couple' are two, 'a few' and 'several' are three.
- A is the conversation's first speaker, B the second. The cue's first turn is the evidence.

So a conversation keeps all of its turns under their ids, and its own questions their evidence.
"""

from __future__ import annotations

import copy
import hashlib
import re
from datetime import datetime, timedelta
from typing import Any, Final

from locomo.dataset.converting import Converted, Files, Original, day
from locomo.schema import DECLARATIONS

NAME: Final = "locomo_plus"
BASE: Final = "locomo10"
"""The file of the conversations."""
SEED: Final = 0
AFTER: Final = timedelta(days=7)
"""When a question is asked: so long after the last session."""
_CATEGORY: Final = next(each.number for each in DECLARATIONS[NAME].categories if each.judged == "cue")
_TIME: Final = "%I:%M %p on %d %B, %Y"
_SAID: Final = re.compile(r"(?:^|\s|\\n)([AB]):\s")
_GAP: Final = re.compile(
    r"\b(a couple of|a few|several|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d+)"
    r"\s+(day|week|month|year)s?\b",
    re.IGNORECASE,
)
_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}
_COUNTS: Final = {
    **{"a": 1, "an": 1, "a couple of": 2, "a few": 3, "several": 3, "one": 1, "two": 2, "three": 3, "four": 4},
    **{"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
}


def convert(files: Files) -> Converted:
    """Weave the pairs of `locomo_plus` into the conversations of `locomo10`.

    InputError names file and place of a pair that is not in the original's shape, and of a conversation that is not in
    LoCoMo's.
    """
    original = Original(NAME)
    pairs = [
        _pair(original, entry, f"[{i}].")
        for i, entry in enumerate(original.expect(files.get(NAME), list, "", "a list of cues and triggers"))
    ]
    base = Original(BASE)
    hosts = [_Host(entry, i) for i, entry in enumerate(base.expect(files.get(BASE), list, "", "a list of samples"))]
    if not hosts:
        raise base.fail("", "found an empty list, expected a list of samples")
    order = sorted(range(len(pairs)), key=lambda i: hashlib.sha256(f"{SEED}:{i}".encode()).digest())
    turn = 0
    for i in order:
        for step in range(len(hosts)):
            host = hosts[(turn + step) % len(hosts)]
            if pairs[i]["cue"] not in host.cues:
                break
        host.weave(pairs[i], i)
        turn = hosts.index(host) + 1
    return Converted([host.sample for host in hosts], items=len(pairs), as_written=len(pairs))


def days_of(gap: str) -> int | None:
    """Return the days of 'about six weeks later': 42; None for a text that names no such time."""
    match = _GAP.search(gap)
    if match is None:
        return None
    count = _COUNTS.get(match[1].lower())
    return (int(match[1]) if count is None else count) * _DAYS[match[2].lower()]


def _pair(original: Original, entry: Any, at: str) -> dict[str, Any]:
    cue, trigger = (original.words(entry, key, at) for key in ("cue_dialogue", "trigger_query"))
    gap = original.words(entry, "time_gap", at)
    turns, said = _turns(cue), _turns(trigger)
    if [speaker for speaker, _ in turns] != ["A", "B"] or not all(text for _, text in turns):
        raise original.fail(f"{at}cue_dialogue", f"found {cue[:60]!r}, expected a turn of A and one of B")
    if [speaker for speaker, _ in said] != ["A"] or not said[0][1]:
        raise original.fail(f"{at}trigger_query", f"found {trigger[:60]!r}, expected a turn of A")
    if (days := days_of(gap)) is None:
        raise original.fail(f"{at}time_gap", f"found {gap!r}, expected a time such as 'two months later'")
    return {"cue": tuple(text for _, text in turns), "trigger": said[0][1], "days": days, "entry": entry}


def _turns(text: str) -> list[tuple[str, str]]:
    """Return (speaker, words) of each turn, whether lines, the letters '\\n' or a space part them."""
    parts = _SAID.split(text)
    return [] if parts[0].strip() else [(who, said.strip()) for who, said in zip(parts[1::2], parts[2::2], strict=True)]


class _Host(Original):
    """A conversation of LoCoMo that cues are woven into."""

    def __init__(self, sample: Any, place: int) -> None:
        super().__init__(f"{BASE}: [{place}]")
        given = self.expect(sample, dict, "", "a sample")
        self.sample: dict[str, Any] = {"sample_id": self.words(given, "sample_id", ""), "dataset": NAME}
        self.sample |= copy.deepcopy({key: value for key, value in given.items() if key not in self.sample})
        self.spoken = self.expect(self.sample.get("conversation"), dict, "conversation", "an object")
        self.speakers = [self.words(self.spoken, key, "conversation.") for key in ("speaker_a", "speaker_b")]
        self.sessions: list[tuple[datetime, list[Any]]] = []
        while isinstance(turns := self.spoken.get(f"session_{len(self.sessions) + 1}"), list):
            key = f"session_{len(self.sessions) + 1}_date_time"
            time = self.date(self.spoken, key, "conversation.", _TIME, "1:56 pm on 8 May, 2023")
            self.sessions.append((time, turns))
        if not self.sessions:
            raise self.fail("conversation.session_1", "missing, expected a list of turns")
        self.asked = max(time for time, _ in self.sessions) + AFTER
        self.questions = self.expect(self.sample.setdefault("qa", []), list, "qa", "a list of questions")
        self.cues: set[tuple[str, str]] = set()

    def weave(self, pair: dict[str, Any], place: int) -> None:
        """Put a cue behind the session that lies the time gap back, and what it is a cue for among the questions."""
        given = self.asked - timedelta(days=pair["days"])
        earlier = [number for number, (time, _) in enumerate(self.sessions, start=1) if time <= given]
        number = max(earlier, default=1)
        turns = self.sessions[number - 1][1]
        first = f"D{number}:{len(turns) + 1}"
        for speaker, text in zip(self.speakers, pair["cue"], strict=True):
            turns.append({"speaker": speaker, "dia_id": f"D{number}:{len(turns) + 1}", "text": text, "cue_of": place})
        self.cues.add(pair["cue"])
        spoken = zip(self.speakers, pair["cue"], strict=True)
        self.questions.append(
            {
                "question": f"{self.speakers[0]}: {pair['trigger']}",
                "category": _CATEGORY,
                "date": day(self.asked),
                "cue": "\n".join(f"{speaker}: {text}" for speaker, text in spoken),
                "evidence": [first],
                "original_index": place,
                **{key: pair["entry"][key] for key in ("relation_type", "time_gap") if key in pair["entry"]},
            }
        )
