"""The judge of written turns: what it is shown of their speakers, how it is read, and what it makes of scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_model import Model

from locomo.dataset import read_conversations
from locomo.llm import AnswerError, Client, Request, RequestCache
from locomo.schema.dialogue import DialogueRow
from locomo.schema.persona import PersonaVerdict
from locomo.schema.task_score import TaskScore
from locomo.scoring.dialogue.persona import with_persona
from locomo.tasks.dialogue.persona import fittings, judge_persona, read_verdict

CONVERSATION = read_conversations(Path(__file__).resolve().parents[2] / "data/raw/sample.json")[0]
FIRST, LATE = CONVERSATION.sessions[0].turns[1], CONVERSATION.sessions[-1].turns[1]
KNOWN = [
    each.text
    for each in CONVERSATION.observations
    if each.speaker == LATE.speaker and each.session < CONVERSATION.sessions[-1].number
]


def row(turn: str = LATE.dia_id, prediction: str | None = "I never kept bees.") -> DialogueRow:
    return DialogueRow(sample_id=CONVERSATION.sample_id, turn=turn, condition="base", prediction=prediction)


def judged(model: Model, folder: Path, rows: list[DialogueRow]) -> list[PersonaVerdict]:
    found = fittings([CONVERSATION], rows)
    return judge_persona(found, Client(model, RequestCache(folder)), seed=0, max_tokens=100)


def says(request: Request) -> object:
    message = request.messages[-1].content
    return {"reasoning": "", "verdict": "contradicts" if "never" in message else "neither"}


def test_the_judge_sees_the_message_and_what_earlier_sessions_noted_of_its_speaker(tmp_path: Path) -> None:
    model = Model(says)
    (verdict,) = judged(model, tmp_path, [row()])
    assert (verdict.verdict, verdict.turn, verdict.error) == ("contradicts", LATE.dia_id, None)
    shown = model.asked[0].messages[-1].content
    assert "I never kept bees." in shown
    assert [text for text in KNOWN if text in shown] == KNOWN
    others = [o.text for o in CONVERSATION.observations if o.speaker != LATE.speaker or o.text not in KNOWN]
    assert not any(f"] {text}" in shown for text in others)
    assert verdict.usage.output_tokens > 0
    again = Model(says)
    judged(again, tmp_path, [row()])
    assert again.asked == []  # from the cache


def test_what_cannot_be_judged_is_not_asked(tmp_path: Path) -> None:
    """Of a first session nothing is known before, and a call that failed wrote nothing."""
    assert judged(Model(says), tmp_path, [row(FIRST.dia_id), row(prediction=None)]) == []


def test_the_oldest_notes_give_way_to_a_small_window(tmp_path: Path) -> None:
    model = Model(says, window=600)
    judged(model, tmp_path, [row()])
    shown = model.asked[0].messages[-1].content
    assert KNOWN[-1] in shown
    assert KNOWN[0] not in shown


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"reasoning": "x", "verdict": "consistent"}', "consistent"),
        ('<think>{"verdict": "neither"}</think> ```json\n{"verdict": "Contradicts "}\n```', "contradicts"),
        ('{"verdict": "maybe"}', None),
        ("It is consistent.", None),
    ],
)
def test_verdicts_are_read(text: str, verdict: str | None) -> None:
    if verdict is None:
        with pytest.raises(ValueError, match="expected JSON with 'verdict', one of consistent, contradicts, neither"):
            read_verdict(text)
    else:
        assert read_verdict(text)["verdict"] == verdict


def test_scores_have_what_was_said_and_the_share_without_a_verdict(tmp_path: Path) -> None:
    verdicts = judged(Model(says), tmp_path, [row(), row(CONVERSATION.sessions[-1].turns[3].dia_id, "Hello!")])
    verdicts += judged(Model(lambda request: AnswerError("filtered")), tmp_path / "b", [row(prediction="Bye!")])
    scores = [
        TaskScore(sample_id="sample-1", configuration="base", part="turns", place=place, values={"rouge_l": 0.5})
        for place in (*(each.turn for each in verdicts[:2]), FIRST.dia_id)
    ]
    contradicts, neither, unjudged = with_persona(scores, verdicts[:2], "m/j")
    expected = {"persona_no_verdict[m/j]": 0.0, "persona_consistent[m/j]": 0.0, "persona_contradicts[m/j]": 1.0}
    assert contradicts.values == {"rouge_l": 0.5} | expected
    assert neither.values["persona_contradicts[m/j]"] == 0.0
    assert unjudged.values == {"rouge_l": 0.5}
    assert verdicts[2].error == "filtered"
    (failed, *_) = with_persona(scores[:1], verdicts[2:], "m/j")
    assert failed.values == {"rouge_l": 0.5, "persona_no_verdict[m/j]": 1.0}
