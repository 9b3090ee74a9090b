"""Texts in one spelling: what is the same becomes the same, and what is not stays apart."""

from __future__ import annotations

import pytest

from locomo.scoring.normalise import normalise


@pytest.mark.parametrize(
    "same",
    [
        ("two", "2", "Two.", "TWO"),
        ("twenty-five dogs", "25 dogs", "Twenty five dogs"),
        ("one hundred and five", "105"),
        ("two thousand and six", "2006", "2,006"),
        ("a hundred", "100", "one hundred"),
        ("2.5 million", "2500000"),
        ("three dozen eggs", "36 eggs"),
        ("the third", "3rd", "The 3rd"),
        ("twenty-first", "21st"),
        (
            "7 May 2023",
            "May 7, 2023",
            "7th of May, 2023",
            "the seventh of May 2023",
            "May 7th 2023",
            "2023-05-07",
            "2023/05/07",
            "7 May, 2023",
            "7th May 2023",
        ),
        ("Sept. 3, 2022", "3 September 2022", "Sep 3 2022"),
        ("May 2023", "May, 2023", "2023-05"),
        ("7 May", "May 7", "May 7th", "the 7th of May"),
        ("13/5/2023", "13 May 2023", "5/13/2023"),
        ("self-care", "self care", "Self Care"),
        ("tea/coffee", "tea coffee", "tea, coffee"),
        ("don't go", "do not go", "Don’t go"),
        ("can't", "cannot", "can not"),
        ("won't", "will not"),
        ("she isn't", "she is not"),
        ("$20", "20 dollars"),
        ("50%", "50 percent", "fifty per cent"),
        ("10am", "10 a.m.", "10 AM", "ten am"),
        ("U.S.", "US"),
        ("“quoted”", "quoted", "'quoted'"),
        ("Caroline's dog", "Caroline’s dog"),
        ("the cat and a dog", "cat dog"),
        ("", "the", "..."),
    ],
)
def test_one_spelling(same: tuple[str, ...]) -> None:
    assert len({normalise(text) for text in same}) == 1, {text: normalise(text) for text in same}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not happy", "happy"),
        ("never", ""),
        ("no", ""),
        ("without sugar", "sugar"),
        ("8 May 2023", "7 May 2023"),
        ("May 2023", "7 May 2023"),
        ("7 May", "7 June"),
        ("two", "three"),
        ("3rd", "3"),
        ("22", "2 2"),
        ("5/7/2023", "7 May 2023"),  # either order: nobody knows
        ("1.5 hours", "15 hours"),
    ],
)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The week before 9 June 2023", "2023-05-29..2023-06-08"),
        ("7-8 May", "--05-07..--05-08"),
        ("31 February 2023", "31 2023-02"),  # there is no such day
        ("She may go", "she may go"),
        ("two three", "2 3"),
        ("nineteen ninety", "19 90"),
        ("June 2023, July 2022", "2023-06 2022-07"),
        ("It isn't a second-hand car", "it is not 2nd hand car"),
    ],
)
def test_normalised_texts(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    "text", ["7 May 2023", "twenty-five", "don't", "$20 and 50%", "U.S. at 10am", "May 7", "2.5 million"]
)
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
