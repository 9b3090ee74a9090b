"""What a judge says, in all the forms in which it can mean one thing only, and in those in which it cannot."""

from __future__ import annotations

import pytest

from locomo.tasks.verdicts import read_verdict

CLEAR = {
    '{"reasoning": "so", "correct": true}': True,
    '{"correct": true}': True,
    '{"correct": "true"}': True,
    '{"correct": "False."}': False,
    '{"Correct": false, "Reasoning": "no"}': False,
    '{"CORRECT": "TRUE", "confidence": 0.9}': True,
    '```json\n{"reasoning": "x", "correct": true}\n```': True,
    "```\n{'reasoning': 'it is', 'correct': False}\n```": False,
    '<think>{"correct": false} would be wrong</think>{"correct": true}': True,
    'so it is right</think>\n{"correct": true}': True,
    '<THINKING>hm</THINKING> {"reasoning": "a {b} c", "correct": false} Done.': False,
    'My verdict: {"verdict": {"correct": true}}': True,
    '{"reasoning": "He said "Ruth"", "correct": true}': True,
    '{"reasoning": "cut, and still", "correct": false, "more": "..': False,
    '{"correct": true} and once more {"correct": true}': True,
    "true": True,
    " **False** ": False,
}
UNCLEAR = {
    "": "no verdict",
    "I am not sure.": "no verdict",
    "The answer is correct in part, true to some extent.": "no verdict",
    '{"reasoning": "so"}': "no verdict",
    '{"correct": "maybe"}': "no verdict",
    '{"correct": null}': "no verdict",
    '{"type": "object", "properties": {"correct": {"type": "boolean"}}}': "no verdict",
    '<think>{"correct": true}': "no verdict",
    '{"correct": true} {"correct": false}': "contradict",
    '{"correct": true, "Correct": false}': "contradict",
    '{"a": "x" "correct": true} or "correct": false': "contradict",
}


@pytest.mark.parametrize("said", CLEAR)
def test_what_is_clear_is_read(said: str) -> None:
    assert read_verdict(said, "correct")["correct"] is CLEAR[said]


@pytest.mark.parametrize("said", UNCLEAR)
def test_what_is_not_clear_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=UNCLEAR[said]):
        read_verdict(said, "correct")


def test_the_reasoning_is_kept_and_another_field_is_another_question() -> None:
    assert read_verdict('{"Reasoning": "so", "abstained": "yes"}', "abstained") == {
        "reasoning": "so",
        "abstained": True,
    }
    with pytest.raises(ValueError, match="'correct' true or false"):
        read_verdict('{"abstained": true}', "correct")
