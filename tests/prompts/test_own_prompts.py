"""Prompts of one's own take the place of the protocol's, are checked for their fields, and have a version."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.pipeline.params import parse_params
from locomo.prompts import load
from locomo.schema import Question
from locomo.tasks.protocol import Put, asking_protocol

QUESTION = Question(question="Where?", category=4, evidence=[], answer="x")


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_templates_take_the_place_of_the_protocols(tmp_path: Path) -> None:
    path = written(tmp_path, "version: mine-1\ntemplates:\n  question: 'Tell me: {question}'\n")
    protocol, paper = asking_protocol("paper", prompt=path), asking_protocol("paper")
    assert protocol.question_text(QUESTION, {}) == "Tell me: Where?"
    assert protocol.prompts.templates["qa_user"] == load("paper").templates["qa_user"]
    assert (protocol.stop, paper.stop) == (("\n",), ("\n",))
    version = protocol.prompts.version
    assert version.startswith("mine-1 ")
    assert asking_protocol("strict", prompt=written(tmp_path, Path(path).read_text() + "\n")).prompts.version != version


def test_a_rule_finds_the_final_answer(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\ntemplates: {}\nfinal: 'Answer: *(.+)'\n")
    protocol = asking_protocol("paper", "openai/gpt-4o", path)
    assert protocol.stop == ()
    long = "She said so in May.\nAnswer: April\nNo, wait.\nAnswer: 7 May 2023"
    assert protocol.read(long, Put({})) == ("7 May 2023", None)
    assert protocol.read("no such thing", Put({})) == ("no such thing", None)
    assert protocol.read("I think\nAnswer: (a)", Put({"a": "tea", "b": "cake"})) == ("tea", None)
    strict = asking_protocol("strict", prompt=path)
    _, choice = strict.read("(b) is tempting.\nAnswer: (a)", Put({"a": "tea", "b": "cake"}, "a"))
    assert choice is not None
    assert choice.taken == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("templates: {}", "expected 'version' and 'templates'"),
        ("version: 1\ntemplates: {}\nfianl: x", "fianl: unknown; did you mean 'final'?; expected version"),
        ("version: 1\ntemplates: {qusetion: x}", "templates.qusetion: unknown; did you mean 'question'?"),
        ("version: 1\ntemplates: {question: 'Q'}", "templates.question: the field {question} is missing"),
        ("version: 1\ntemplates: {question: '{question} {speaker}'}", "unknown field {speaker}; expected {question}"),
        ("version: 1\ntemplates: {question: '{question'}", "a brace that is meant as such is written twice"),
        ("version: 1\ntemplates: {question: 3}", "templates.question: expected text"),
        ("version: 1\ntemplates: {}\nfinal: '('", "final: missing ), unterminated subpattern"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        parse_params(f"dataset: sample\nmodel: mock/words\nprotocol: paper\nanswer: {{prompt: {path}}}\n")
    assert str(caught.value).startswith(f"params.yaml: answer.prompt: {path}: ")
    assert said in str(caught.value)
