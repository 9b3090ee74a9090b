"""What a prediction's context must be: turns of the conversation (qa), the best of a ranking (rag), the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.retrieval.rankings import DEPTH
from locomo.retrieval.units import UNITS, Unit
from locomo.schema import Conversation, Question
from locomo.validation.tables import as_list, few, json_objects

_DIA_ID: Final = re.compile(r"D\d+:\d+")


class Contexts:
    """Compares contexts with the conversations and, if there are any, with the rankings and memories of the run."""

    def __init__(
        self, conversations: Iterable[Conversation], rankings: Path | None, memories: Path | None = None
    ) -> None:
        self._conversations = {conversation.sample_id: conversation for conversation in conversations}
        self._units: tuple[str, dict[str, list[Unit]]] = ("", {})
        """Those of the conversation that was looked at last, by kind: rows stand by conversation."""
        self._turns = {
            sample_id: [turn.dia_id for turn in conversation.turns]
            for sample_id, conversation in self._conversations.items()
        }
        self._rankings = None
        if rankings is not None and rankings.is_file():
            self._rankings = {
                (str(row.get("unit")), str(row.get("id"))): as_list(row.get("ranking"))
                for _, row in json_objects(rankings)
            }
        self._memories: dict[tuple[str, str], list[Any]] = {}
        if memories is not None and memories.is_file():
            self._memories = {
                (str(row.get("system")), str(row.get("id"))): as_list(row.get("memories"))
                for _, row in json_objects(memories)
            }
        self._systems = {system for system, _ in self._memories}
        self._of_qa: dict[str, tuple[list[Any], bool]] = {}

    def wrong(self, row: Mapping[str, Any], question: Question | None) -> str | None:
        """Return what is wrong with the context of a row; None if nothing is, or if it cannot be known."""
        sample_id = str(row.get("id")).rpartition(":")[0]
        ids = row.get("context_ids")
        if sample_id not in self._conversations or question is None or not isinstance(ids, list):
            return None
        match row.get("task"), row.get("unit"):
            case "qa", _:
                fine = not ids or self._fine_of_qa(sample_id, ids)  # none: a server has cut it, nobody knows where
            case "baseline", "no_memory":
                fine = not ids
            case "baseline", "gold_evidence":
                fine = _begins(self._cited(sample_id, question), ids)
            case "rag", kind if self._rankings is not None and kind in UNITS:
                fine = self._fine_of_rag(sample_id, row, ids)
            case "rag", system if system in self._systems:
                fine = self._fine_of_memory(row, ids)
            case _:
                fine = True
        return None if fine else few(ids) or "no context"

    def _fine_of_qa(self, sample_id: str, ids: list[Any]) -> bool:
        """Whether these are the latest turns, or (protocol `head`) the oldest sessions', the same in all rows."""
        if sample_id not in self._of_qa:
            sessions = self._conversations[sample_id].sessions
            oldest = [turn.dia_id for session in sessions for turn in reversed(session.turns)]
            latest = self._turns[sample_id][-len(ids) :]
            self._of_qa[sample_id] = ids, bool(ids) and (latest == ids or oldest[: len(ids)] == ids[::-1])
        first, fine = self._of_qa[sample_id]
        return fine and ids == first

    def _cited(self, sample_id: str, question: Question) -> list[str]:
        cited = {dia_id for citation in question.evidence for dia_id in _DIA_ID.findall(citation)}
        return [dia_id for dia_id in self._turns[sample_id] if dia_id in cited]

    def _fine_of_rag(self, sample_id: str, row: Mapping[str, Any], ids: list[Any]) -> bool:
        """Whether these are the ids of the first units of the ranking, k of them or as many as the prompt held."""
        kind, k = str(row.get("unit")), row.get("k")
        ranking = (self._rankings or {}).get((kind, str(row.get("id"))))
        if self._units[0] != sample_id:
            conversation = self._conversations[sample_id]
            self._units = sample_id, {kind: units_of(conversation) for kind, units_of in UNITS.items()}
        units = self._units[1][kind]
        if ranking is None or not isinstance(k, int) or not _places(ranking, len(units)):
            return ranking is not None  # other rules speak of these
        best = [units[place] for place in ranking[:k]]
        if k > DEPTH and len(ranking) >= DEPTH:  # not all of what was shown is recorded
            return _names(best) == ids[: len(_names(best))]
        if not ids:
            return not best
        return _in_some_order(best, ids)

    def _fine_of_memory(self, row: Mapping[str, Any], ids: list[Any]) -> bool:
        """Whether these are the turns that the first memories cite, k of them or as many as the prompt held."""
        found, k = self._memories.get((str(row.get("unit")), str(row.get("id")))), row.get("k")
        if found is None or not isinstance(k, int):
            return False
        cited = [as_list(each.get("dia_ids")) if isinstance(each, dict) else [] for each in found[:k]]
        best = [Unit(tuple(map(str, each)), 0, None, "", "") for each in cited]
        if not ids:
            return not best or not best[0].ids
        return _in_some_order(best, ids)


def _in_some_order(best: Sequence[Unit], ids: list[Any]) -> bool:
    """Whether ids are those of the first units, best first or (rag.order: time) in the order of the conversation."""
    if _begins(names := _names(best), ids):
        ends = {len(_names(best[:count])) for count in range(1, len(best) + 1)}
        if len(ids) in ends:
            return True
    if not set(ids) <= set(names):
        return False
    return any(
        len(shown := _names(best[:count])) == len(ids) and set(shown) == set(ids) for count in range(1, len(best) + 1)
    ) and _rises(ids)


def _rises(ids: Sequence[Any]) -> bool:
    """Whether ids stand by session."""
    sessions = [int(match[0]) for name in ids if (match := re.search(r"\d+", str(name)))]
    return sessions == sorted(sessions)


def _names(units: Iterable[Unit]) -> list[str]:
    return list(dict.fromkeys(name for unit in units for name in unit.ids))


def _begins(whole: Sequence[str], part: Sequence[Any]) -> bool:
    return list(whole[: len(part)]) == list(part)


def _places(values: Sequence[Any], size: int) -> bool:
    """Whether all are places among so many units: a ranking has a hundred, and a grid thousands of rankings."""
    return not values or (set(map(type, values)) == {int} and min(values) >= 0 and max(values) < size)
