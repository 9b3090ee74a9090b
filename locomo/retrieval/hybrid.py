"""Scores by hand-set weights: two encoders' worth of evidence, what stands around it, and the form of a turn.

Nothing is trained. The weights were chosen by looking at LoCoMo and REALTALK (docs/retrieval.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from locomo.retrieval.opened import Opened
from locomo.retrieval.scores import Scores, group_max, neighbour, standardised
from locomo.retrieval.speakers import speaker_match
from locomo.retrieval.turn_form import TurnForm

DENSE: Final = 0.7
BM25: Final = 0.3
NEIGHBOUR: Final = 0.2
"""Of the turn before and of the turn after: what one speaker asks, the other answers in the next turn."""
ASKED: Final = 0.1
"""More of the turn before, if it asks something."""
SESSION: Final = 0.3
SPEAKER: Final = {"dialog": 0.6, "observation": 0.3}
ASKS: Final = -0.5
"""A turn that asks something tells less."""
LENGTH: Final = 0.3
"""For each e-fold of a turn's words."""
IMAGE: Final = 0.15
OWN: Final = {"observation": 1.0, "summary": 0.3}
"""Weight of a unit's own words beside the best of the turns that it stands for."""


def blend(opened: Opened, kind: str, questions: Sequence[str]) -> Scores:
    """Return dense and BM25 scores, each standardised over a question's units, in their proportion.

    Turns are in the first person, observations and summaries in the third: questions are put to them accordingly.
    """
    asked = opened.as_asked_by_speakers(questions) if kind == "dialog" else questions
    dense = standardised(opened.similarity(kind, asked))
    return DENSE * dense + BM25 * standardised(opened.bm25(kind, questions))


def in_context(opened: Opened, kind: str, questions: Sequence[str], scores: Scores) -> Scores:
    """Return the scores with a share of the best one in the session, and a bonus for the speaker who is asked about."""
    match = speaker_match(opened.speakers, questions, [unit.speaker for unit in opened.units(kind)])
    return scores + SESSION * group_max(scores, opened.sessions(kind)) + SPEAKER[kind] * match


def turn_scores(opened: Opened, questions: Sequence[str]) -> Scores:
    """Return the score of each turn: its own, its neighbours' and its session's, and what its speaker and form add."""
    own = blend(opened, "dialog", questions)
    sessions, form = opened.sessions("dialog"), opened.kept(_form)
    before, after = neighbour(own, sessions, -1), neighbour(own, sessions, 1)
    around = NEIGHBOUR * (before + after) + ASKED * before * neighbour(form.asks, sessions, -1)
    of_form = ASKS * form.asks + LENGTH * form.log_length + IMAGE * form.image
    return in_context(opened, "dialog", questions, own) + around + of_form


def observation_scores(opened: Opened, questions: Sequence[str]) -> Scores:
    """Return the score of each observation by its own words."""
    return in_context(opened, "observation", questions, blend(opened, "observation", questions))


def through_turns(opened: Opened, kind: str, questions: Sequence[str], turns: Scores) -> Scores:
    """Return scores of a kind of unit, given those of the turns, which say more than what was written about them.

    The best of the turns that an observation cites, or that a summary's session has, standardised, and the unit's own.
    """
    if kind == "dialog":
        return turns
    own = observation_scores(opened, questions) if kind == "observation" else blend(opened, kind, questions)
    worst = turns.min(axis=1)
    best = np.stack([turns[:, places].max(axis=1) if places else worst for places in _turns_of(opened, kind)], axis=1)
    return standardised(best) + OWN[kind] * own


def hybrid(opened: Opened, kind: str, questions: Sequence[str]) -> Scores:
    """Return the score of each unit of a kind for each question."""
    return through_turns(opened, kind, questions, turn_scores(opened, questions))


def _form(opened: Opened) -> TurnForm:
    return TurnForm.of(opened.conversation)


def _turns_of(opened: Opened, kind: str) -> list[list[int]]:
    """Return the places of the turns that each unit stands for: its session's, where it cites none that exists."""
    place = {unit.ids[0]: number for number, unit in enumerate(opened.units("dialog"))}
    in_session: dict[int, list[int]] = {}
    for number, session in enumerate(opened.sessions("dialog")):
        in_session.setdefault(session, []).append(number)
    return [
        [place[name] for name in unit.ids if name in place] or in_session.get(unit.session, [])
        for unit in opened.units(kind)
    ]
