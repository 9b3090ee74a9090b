"""Words that an answer may have or lack at no cost: they say nothing by themselves."""

from __future__ import annotations

from typing import Final

_FREE: Final = """
am is are was were be been being do does did has have had will would
i you he she it we they me him her us them my your his its our their this that these those there
in on at of to for by with from into as
so also too just both some about around approximately roughly nearly almost circa
likely probably perhaps maybe possibly presumably
"""
FREE: Final = frozenset(_FREE.split())
"""Auxiliaries, pronouns, prepositions that no date depends on, and what makes a statement less certain."""
LIMITS: Final = frozenset(("before", "after", "since", "until", "till", "by"))
"""Before a date these make another time of it: "after 7 May 2023" is not 7 May 2023."""
SPELLINGS: Final = {
    "grey": "gray",
    "cheque": "check",
    "pyjamas": "pajamas",
    "tyre": "tire",
    "tyres": "tires",
    "programme": "program",
    "programmes": "programs",
    "mum": "mom",
    "moustache": "mustache",
    "doughnut": "donut",
    "doughnuts": "donuts",
}
"""British spelling to American."""
