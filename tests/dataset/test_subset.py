"""Parts of a dataset: what is left out keeps its place, so that ids stay."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations, write_conversation
from locomo.dataset.subset import Subset, select
from locomo.errors import InputError
from locomo.pipeline.params import parse_params

BASE = "dataset: sample\nmodel: mock/words\nprotocol: paper\n"


def test_the_first_questions_of_each_category() -> None:
    chosen = select(read_conversations(SAMPLE), Subset(first=2, categories=["temporal", 5]))
    for each in chosen:
        counts = Counter(question.category for _, question in each.chosen())
        assert counts == {2: 2, 5: 2}
        assert [each.questions[index] for index, _ in each.chosen()] == [question for _, question in each.chosen()]
    assert sum(len(each.questions) for each in chosen) == 131


def test_some_conversations() -> None:
    assert [each.sample_id for each in select(read_conversations(SAMPLE), Subset(conversations=["sample-3"]))] == [
        "sample-3"
    ]


def test_a_part_is_written_and_read_again(tmp_path: Path) -> None:
    (one, *_) = select(read_conversations(SAMPLE), Subset(first=1))
    path = write_conversation(one, tmp_path)
    assert read_conversations(path) == [one]
    whole = read_conversations(SAMPLE)[0]
    assert '"subset"' not in write_conversation(whole, tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize("bad", ["[0, 900]", '"all"', "[-1]", "[true]"])
def test_a_part_that_is_none_is_refused(tmp_path: Path, bad: str) -> None:
    path = write_conversation(select(read_conversations(SAMPLE), Subset(first=1))[0], tmp_path)
    text = path.read_text(encoding="utf-8")
    start = text.index('"subset":') + len('"subset":')
    path.write_text(text[:start] + bad + text[text.index("]", start) + 1 :], encoding="utf-8")
    with pytest.raises(InputError, match="subset: expected a list of indexes of 'qa'"):
        read_conversations(path)


def test_nothing_left_is_refused() -> None:
    with pytest.raises(InputError, match="no question is left"):
        select(read_conversations(SAMPLE), Subset(), questions=[])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Subset()),
        ("subset: null", Subset()),
        ("subset: {categories: temporal, first: 3}", Subset(categories=["temporal"], first=3)),
        (
            "subset: {conversations: [conv-26], categories: [1, 2]}",
            Subset(conversations=["conv-26"], categories=[1, 2]),
        ),
    ],
)
def test_the_parameter(line: str, expected: Subset) -> None:
    assert parse_params(BASE + line).subset == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("subset: {categories: [temporl]}", "subset.categories: found 'temporl', expected some of"),
        ("subset: {first: 0}", "subset.first: found 0, expected a whole number of at least 1"),
        ("subset: {samples: [a]}", "subset.samples: no such parameter"),
    ],
)
def test_mistakes_in_the_parameter(line: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_params(BASE + line)
