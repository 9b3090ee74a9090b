"""Warning where a protocol's F1 cannot compare what is written."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from locomo.schema import Conversation
from locomo.scoring.f1 import gold_text
from locomo.scoring.protocol import ScoringProtocol
from locomo.scoring.scripts import foreign

log = logging.getLogger("locomo")


def warn_of_scripts(conversations: Sequence[Conversation], protocol: ScoringProtocol) -> None:
    """Say once if gold answers are in scripts that the protocol's words mean nothing in, and what to use."""
    golds = [gold for each in conversations for _, question in each.chosen() if (gold := gold_text(question))]
    if protocol.strict or not (count := foreign(golds)):
        return
    log.warning(
        "%d of %d gold answers are in a script that protocol '%s' cannot compare: its F1 divides at spaces and stems "
        "English words. Use protocol strict, or a judge",
        count,
        len(golds),
        protocol.name,
    )
