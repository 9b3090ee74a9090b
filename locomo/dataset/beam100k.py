"""BEAM's chats of about 100,000 tokens in the released shape: one chat a conversation, one batch of turns a session.

A chat's `chat.json` is a list of batches, each of them groups of turns between `user` and `assistant` whose ids count
through the chat. Its `probing_questions.json` has two questions for each of ten abilities, which are categories here.
Each has a rubric; `source_chat_ids` are the ids of the turns that bear the answer out, as a list, or by what they are
evidence of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from locomo.dataset.converting import Converted, Files, Original, Unmapped, released
from locomo.schema import DECLARATIONS

NAME: Final = "beam100k"
_DAY: Final = "%B-%d-%Y"
_SPEAKERS: Final = {"user": "User", "assistant": "Assistant"}
"""A role to its speaker's name; capitals keep "user" in a question from being taken for the speaker."""
_MARK: Final = re.compile(r"\s*->->\s*\S+\s*$")
"""What the generator left behind a turn: its place in a plan, which `index` has too."""
LONGEST: Final = 15_000
"""Characters from which on what a turn repeats without end is cut: three turns, one of 348,853 characters."""
_REPEATED: Final = re.compile(r"(.{1,40}?)\1{9,}", re.DOTALL)
_RUN: Final = 100
"""Characters of what is repeated, from which it is cut to three times."""
_ANSWERS: Final = ("answer", "ideal_answer", "ideal_summary")
"""Where an ideal answer stands. `ideal_response` says that there is none, `expected_compliance` is no answer."""


def convert(files: Files) -> Converted:
    """Convert chats: `chat_<n>` and `questions_<n>` are the files of chat n; `beam-100k-<n>` becomes its `sample_id`.

    InputError names file and place if one is not in BEAM's shape. Evidence that names no turn is no error: it is left
    out, counted and listed.
    """
    converted = Converted()
    for name in files:
        if name.startswith("chat_"):
            number = name.removeprefix("chat_")
            _Chat(name, files[name], converted).convert(number, files.get(f"questions_{number}"))
    return converted


class _Chat(Original):
    def __init__(self, name: str, batches: Any, converted: Converted) -> None:
        super().__init__(name)
        self.converted = converted
        self.batches = self.expect(batches, list, "", "a list of batches")
        self.ids: dict[int, str] = {}
        """Of turns: the original id to the new one."""

    def convert(self, number: str, questions: Any) -> None:
        conversation: dict[str, Any] = {"speaker_a": _SPEAKERS["user"], "speaker_b": _SPEAKERS["assistant"]}
        for place, batch in enumerate(self.batches, start=1):
            at = f"[{place - 1}]."
            groups = self.entries(batch, "turns", at, "a list of groups of turns")
            made: list[dict[str, Any]] = []
            for i, group in enumerate(groups):
                for j, turn in enumerate(self.expect(group, list, f"{at}turns[{i}]", "a list of turns")):
                    made.append(self.turn(turn, f"{at}turns[{i}][{j}].", place, len(made) + 1))
            if not made:
                raise self.fail(f"{at}turns", "found no turn, expected at least one")
            conversation[f"session_{place}_date_time"] = self.day(batch, groups, at)
            conversation[f"session_{place}"] = made
        sample_id = f"beam-100k-{number}"
        asked = _Questions(f"questions_{number}", questions, self.ids, self.converted)
        self.converted.samples.append(
            {"sample_id": sample_id, "dataset": NAME, "conversation": conversation, "qa": asked.convert(sample_id)}
        )

    def day(self, batch: Any, groups: Any, at: str) -> str:
        """Return the day of a batch, of which the first turn has it where the batch has none; without a time."""
        if isinstance(batch.get("time_anchor"), str):
            return released(self.date(batch, "time_anchor", at, _DAY, "March-15-2024"))
        for i, group in enumerate(groups):
            for j, turn in enumerate(group):
                if "time_anchor" in turn:
                    return released(self.date(turn, "time_anchor", f"{at}turns[{i}][{j}].", _DAY, "March-15-2024"))
        raise self.fail(f"{at}time_anchor", "missing, expected a date such as 'March-15-2024'")

    def turn(self, turn: Any, at: str, session: int, place: int) -> dict[str, Any]:
        role, text = self.text(turn, "role", at), self.text(turn, "content", at)
        if role not in _SPEAKERS:
            raise self.fail(f"{at}role", f"found {role!r}, expected {' or '.join(map(repr, _SPEAKERS))}")
        original = self.expect(turn.get("id"), int, f"{at}id", "a number")
        if original in self.ids:
            raise self.fail(f"{at}id", f"found {original} again, expected an id of its own")
        new = self.ids[original] = f"D{session}:{place}"
        kept = {key: turn[key] for key in ("time_anchor", "index", "question_type") if key in turn}
        said = _MARK.sub("", text)
        if len(said) > LONGEST:
            kept["original_length"] = len(said)
            said = _REPEATED.sub(lambda run: run[1] * 3 if len(run[0]) >= _RUN else run[0], said)
        return {"speaker": _SPEAKERS[role], "dia_id": new, "text": said, "original_id": original, **kept}


class _Questions(Original):
    def __init__(self, name: str, questions: Any, ids: dict[int, str], converted: Converted) -> None:
        super().__init__(name)
        self.ids, self.converted = ids, converted
        self.questions = self.expect(questions, dict, "", "an object of abilities, each a list of questions")

    def convert(self, sample_id: str) -> list[dict[str, Any]]:
        numbers = {category.name: category for category in DECLARATIONS[NAME].categories}
        if unknown := [ability for ability in self.questions if ability not in numbers]:
            raise self.fail(unknown[0], f"unknown ability, expected some of {', '.join(numbers)}")
        made: list[dict[str, Any]] = []
        for ability in self.questions:
            for i, entry in enumerate(self.entries(self.questions, ability, "", "a list of questions")):
                at = f"{ability}[{i}]."
                category = numbers[ability]
                question = {"question": self.words(entry, "question", at), "category": category.number}
                rubric = [
                    self.expect(item, str, f"{at}rubric[{j}]", "text")
                    for j, item in enumerate(self.entries(entry, "rubric", at, "a list of items"))
                ]
                if not any(item.strip() for item in rubric):
                    raise self.fail(f"{at}rubric", "found no item, expected at least one")
                answer = next((entry[key] for key in _ANSWERS if key in entry), None)
                if category.has_gold:
                    question["answer"] = self.expect(answer, str, f"{at}answer", "text")
                question["rubric"] = rubric
                cited = list(_flat(entry.get("source_chat_ids")))
                made.append(
                    question
                    | {"evidence": self.evidence(sample_id, len(made), cited), "original_evidence": cited}
                    | {key: value for key, value in entry.items() if key not in {*question, *_ANSWERS}}
                )
        return made

    def evidence(self, sample_id: str, index: int, cited: list[Any]) -> list[str]:
        found: dict[str, None] = {}
        for item in cited:
            self.converted.items += 1
            if isinstance(item, int) and item in self.ids:
                found[self.ids[item]] = None
                self.converted.as_written += 1
            else:
                self.converted.unmapped.append(Unmapped(sample_id, index, str(item)))
        return list(found)


def _flat(value: Any) -> Iterator[Any]:
    """Return all ids in a list, a list of lists or an object of them, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _flat(each)
    elif value is not None:
        yield value
