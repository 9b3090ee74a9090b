"""The paper's F1, by cases worked out by hand from its definition."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from locomo.schema import Question
from locomo.scoring.f1 import answer_score, gold_text, list_f1, multiset_f1, stems


def question(category: int, answer: str | int | None, adversarial: str | None = None) -> Question:
    return Question(question="?", category=category, evidence=[], answer=answer, adversarial_answer=adversarial)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cats and a dog, an owl", ["cat", "dog", "owl"]),
        ("Running, quickly!", ["run", "quickli"]),
        ("self-care", ["selfcar"]),  # punctuation goes without a trace, so that it differs from "self care"
        ("a.m.", ["am"]),  # articles are removed after punctuation: "a.m." is no article
        ("A. N. Other", ["n", "other"]),
        ("the", []),
        ("“quoted”", ["“quoted”"]),  # only ASCII punctuation is removed
        ("theory and band", ["theori", "band"]),
        ("a\u0301 cat", ["a\u0301", "cat"]),  # a combining mark belongs to its letter: no word "a" ends before it
        ("a² cat", ["²", "cat"]),  # a superscript belongs to no word
        ("a\u200dn cat", ["a\u200dn", "cat"]),  # a joiner does
        ("", []),
    ],
)
def test_stems(text: str, expected: list[str]) -> None:
    assert stems(text) == expected


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("7 May 2023", "7 May 2023", 1),
        ("8 May 2023", "7 May 2023", Fraction(2, 3)),
        ("happy", "not happy", Fraction(2, 3)),  # P 1, R 1/2
        ("self care", "self-care", 0),
        ("two", "2", 0),
        ("dogs", "dog", 1),
        ("dog dog", "dog", Fraction(2, 3)),  # a multiset: P 1/2, R 1
        ("dog dog cat", "dog dog", Fraction(4, 5)),  # P 2/3, R 1
        ("", "dog", 0),
        ("the", "a", 0),
        ("cat", "dog", 0),
    ],
)
def test_multiset_f1(prediction: str, gold: str, expected: Fraction) -> None:
    assert multiset_f1(prediction, gold) == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("tea, cake", "cake, tea", 1),
        ("tea", "cake, tea", Fraction(1, 2)),
        ("tea, cake, beer, nine, more", "cake, tea", 1),  # long lists cost nothing: the paper's definition
        ("tea cake", "cake, tea", Fraction(2, 3)),  # not split: P 1/2, R 1 for either part
        ("green tea, cake", "tea, cream cake", Fraction(2, 3)),
        ("", "cake", 0),
        ("cake", "cake,", Fraction(1, 2)),  # an empty gold part can never be had
    ],
)
def test_list_f1(prediction: str, gold: str, expected: Fraction) -> None:
    assert list_f1(prediction, gold) == pytest.approx(float(expected), abs=1e-12)


def test_category_1_splits_on_commas_and_others_do_not() -> None:
    assert answer_score(question(1, "cake, tea"), "tea, beer") == 0.5
    assert answer_score(question(4, "cake, tea"), "tea, beer") == 0.5  # P 1/2, R 1/2 of one multiset
    assert answer_score(question(1, "cake, tea"), "tea, cake, beer") == 1.0
    assert answer_score(question(4, "cake, tea"), "tea, cake, beer") == pytest.approx(0.8)


def test_category_3_keeps_the_gold_before_the_semicolon() -> None:
    assert answer_score(question(3, "Yes; she likes the sea"), "yes") == 1.0
    assert answer_score(question(4, "Yes; she likes the sea"), "yes") == pytest.approx(0.4)  # P 1, R 1/4
    assert gold_text(question(3, "Yes; she likes the sea")) == "Yes"


@pytest.mark.parametrize("category", [1, 2, 3, 4])
def test_numbers_as_gold(category: int) -> None:
    assert answer_score(question(category, 2022), "In 2022") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ("Not mentioned in the conversation", 1),
        ("There is NO INFORMATION AVAILABLE.", 1),
        ("not  mentioned", 0),
        ("No", 0),
        ("unknown", 0),
        ("a blue kite", 0),
        ("", 0),
    ],
)
@pytest.mark.parametrize("gold", [None, "No"])
def test_category_5_is_right_only_when_it_says_so(prediction: str, expected: int, gold: str | None) -> None:
    assert answer_score(question(5, gold, "a blue kite"), prediction) == expected


@pytest.mark.parametrize("score", [multiset_f1, list_f1])
def test_always_between_0_and_1(score: Callable[[str, str], float]) -> None:
    texts = ["", "a", "a, b", "the the the", "x, x, x", ", ,", "é, ü", "1,000 dogs", "dogs 1000"]
    assert all(0.0 <= score(p, g) <= 1.0 for p in texts for g in texts)
