"""LongMemEval's questions in the released shape: one question with its haystack of sessions a conversation.

The format is that of the authors' README: `question_id`, `question_type`, `question`, `answer`, `question_date`,
`haystack_dates`, `haystack_session_ids`, `haystack_sessions` (turns with `role`, `content` and, where they bear the
answer out, `has_answer`) and `answer_session_ids`. A `question_id` that ends with '_abs' has no answer.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from locomo.dataset.converting import Converted, Files, Original, Unmapped, released
from locomo.schema import DECLARATIONS

NAME: Final = "longmemeval"
_TIME: Final = "%Y/%m/%d %H:%M"
_WEEKDAY: Final = re.compile(r"\s*\(\w+\)\s*")
_EXAMPLE: Final = "2023/05/20 (Sat) 02:21"
_SPEAKERS: Final = {"user": "User", "assistant": "Assistant"}
_ABSTENTION: Final = "abstention"


def convert(files: Files) -> Converted:
    """Convert one file, a list of questions with their haystacks; a `question_id` becomes the `sample_id`.

    InputError names file, place and question if something is not in LongMemEval's shape: a session without a date, an
    unknown role or type, a date in another form. Evidence that leads nowhere is no error: it is left out, counted and
    listed.
    """
    converted = Converted()
    for name, entries in files.items():
        whole = Original(name)
        seen: set[str] = set()
        listed = whole.expect(entries, list, "", "a list of questions with their haystacks")
        if not listed:
            raise whole.fail("", "found an empty list, expected questions with their haystacks")
        for i, entry in enumerate(listed):
            question_id = whole.words(entry, "question_id", f"[{i}].")
            if question_id in seen:
                raise whole.fail(f"[{i}].question_id", f"found {question_id!r} again, expected an id of its own")
            seen.add(question_id)
            _Haystack(f"{name}: [{i}] ({question_id})", entry, converted).convert(question_id)
    return converted


class _Haystack(Original):
    def __init__(self, name: str, entry: dict[str, Any], converted: Converted) -> None:
        super().__init__(name)
        self.entry, self.converted = entry, converted
        self.numbers = {category.name: category for category in DECLARATIONS[NAME].categories}

    def convert(self, question_id: str) -> None:
        conversation: dict[str, Any] = {"speaker_a": _SPEAKERS["user"], "speaker_b": _SPEAKERS["assistant"]}
        supporting: dict[str, list[str]] = {}
        ids = []
        for number, (time, session_id, turns, at) in enumerate(self.sessions(), start=1):
            conversation[f"session_{number}_date_time"] = released(time)
            made, answering = [], []
            for place, turn in enumerate(self.expect(turns, list, at, "a list of turns"), start=1):
                made.append(self.turn(turn, f"{at}[{place - 1}].", f"D{number}:{place}"))
                if turn.get("has_answer"):
                    answering.append(f"D{number}:{place}")
            conversation[f"session_{number}"] = made
            supporting.setdefault(session_id, []).extend(answering)
            ids.append(session_id)
        conversation["original_session_ids"] = ids
        question = self.question(question_id, supporting)
        self.converted.samples.append(
            {"sample_id": question_id, "dataset": NAME, "conversation": conversation, "qa": [question]}
        )

    def sessions(self) -> list[tuple[datetime, str, Any, str]]:
        """Return date, original id, turns and place of each session, by date: the file of the oracle is not sorted."""
        dates, ids, sessions = (
            self.entries(self.entry, key, "", "a list")
            for key in ("haystack_dates", "haystack_session_ids", "haystack_sessions")
        )
        for key, listed in (("haystack_dates", dates), ("haystack_session_ids", ids)):
            if len(listed) != len(sessions):
                raise self.fail(key, f"found {len(listed)}, expected {len(sessions)}, one a session")
        if not sessions:
            raise self.fail("haystack_sessions", "found an empty list, expected sessions")
        found = [
            (
                self.time({"date": date}, "date", f"haystack_dates[{i}]"),
                self.expect(session_id, str, f"haystack_session_ids[{i}]", "text"),
                turns,
                f"haystack_sessions[{i}]",
            )
            for i, (date, session_id, turns) in enumerate(zip(dates, ids, sessions, strict=True))
        ]
        return sorted(found, key=lambda session: session[0])

    def turn(self, turn: Any, at: str, dia_id: str) -> dict[str, Any]:
        role, text = self.text(turn, "role", at), self.text(turn, "content", at)
        if role not in _SPEAKERS:
            raise self.fail(f"{at}role", f"found {role!r}, expected {' or '.join(map(repr, _SPEAKERS))}")
        kept = {"has_answer": turn["has_answer"]} if "has_answer" in turn else {}
        return {"speaker": _SPEAKERS[role], "dia_id": dia_id, "text": text, **kept}

    def question(self, question_id: str, supporting: dict[str, list[str]]) -> dict[str, Any]:
        asked, kind = self.words(self.entry, "question", ""), self.text(self.entry, "question_type", "")
        name = kind.replace("-", "_")
        if name not in self.numbers or name == _ABSTENTION:
            known = ", ".join(each.replace("_", "-") for each in self.numbers if each != _ABSTENTION)
            raise self.fail("question_type", f"found {kind!r}, expected one of {known}")
        category = self.numbers[_ABSTENTION if question_id.endswith("_abs") else name]
        answer = self.entry.get("answer")
        if not isinstance(answer, str | int | float) or isinstance(answer, bool) or not str(answer).strip():
            raise self.fail("answer", f"found {answer!r}, expected text or a number")
        gold: dict[str, Any] = {"answer": answer}
        if category.abstention:
            gold = {"expected_response": answer}
        elif not category.has_gold:
            gold = {"rubric": [str(answer)]}  # what a preference asks of a response, and no answer by itself
        return {
            "question": asked,
            **gold,
            "category": category.number,
            "date": released(self.time(self.entry, "question_date", "question_date")),
            "evidence": [] if category.abstention else self.evidence(question_id, supporting),
            "question_type": kind,
            "answer_session_ids": self.entry.get("answer_session_ids"),
        }

    def evidence(self, question_id: str, supporting: dict[str, list[str]]) -> list[str]:
        found: dict[str, None] = {}
        for session_id in self.entries(self.entry, "answer_session_ids", "", "a list of ids of sessions"):
            self.converted.items += 1
            if turns := supporting.get(str(session_id)):
                found.update(dict.fromkeys(turns))
                self.converted.as_written += 1
            else:
                self.converted.unmapped.append(
                    Unmapped(question_id, 0, str(session_id), "a session of the haystack with a turn that `has_answer`")
                )
        return list(found)

    def time(self, parent: Any, key: str, place: str) -> datetime:
        text = self.expect(parent.get(key), str, place, f"a date such as '{_EXAMPLE}'")
        try:
            return datetime.strptime(_WEEKDAY.sub(" ", text).strip(), _TIME)
        except ValueError:
            raise self.fail(place, f"found {text!r}, expected a date such as '{_EXAMPLE}'") from None
