"""How much of a question's evidence was retrieved."""

from __future__ import annotations

from collections.abc import Sequence


def evidence_recall(evidence: Sequence[str], context_ids: Sequence[str]) -> float:
    """Return the share of the evidence ids that are among the retrieved ids, compared as they are written.

    Session summaries (ids 'S3') count by session: evidence 'D3:7' is found where 'S3' was retrieved. 1 for a question
    without evidence. As the paper's code computes it (ACL 2024, section 4.1 and Table 3).
    """
    if not evidence:
        return 1.0
    retrieved = set(context_ids)
    if context_ids and context_ids[0].startswith("S"):
        found = [session_of(dia_id) in retrieved for dia_id in evidence]
    else:
        found = [dia_id in retrieved for dia_id in evidence]
    return sum(found) / len(evidence)


def session_of(dia_id: str) -> str:
    """Return the id of the session summary that stands for a turn: 'S3' for 'D3:7'."""
    return f"S{dia_id.split(':', maxsplit=1)[0][1:]}"
