"""What a stage's captioner needs, as params.yaml says, and the words for what it lacked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final

from locomo.captioning.result import CaptionResult
from locomo.llm import Client, Provider, RequestCache, open_cache
from locomo.llm.images import check_sight
from locomo.pipeline.guard import Stage
from locomo.pipeline.models import open_client, open_whole

_LISTED: Final = 20
"""Pictures that the log names; data/captions.jsonl has all."""

log = logging.getLogger("locomo")


def captioner_cache(stage: Stage) -> RequestCache:
    """Open the request cache of params.yaml."""
    return open_cache(stage.params.llm.cache)


def captioner_client(stage: Stage) -> AbstractContextManager[Client]:
    """Open the model that `caption.captioner` names; what it is asked is logged as for any stage.

    ProviderError if it sees no pictures.
    """
    return open_client(stage, stage.params.caption.captioner, _open_seeing)


def _open_seeing(model: str, *, to_ask: bool) -> Provider:
    provider = open_whole(model, to_ask=to_ask)
    check_sight(provider)  # before pictures are fetched for it
    return provider


def log_missing(results: Sequence[CaptionResult]) -> None:
    """Log which pictures could not be had or captioned, and why; the first ones if they are many."""
    missing = [row for result in results if (row := result.row())["error"]]
    for row in missing[:_LISTED]:
        log.info("caption: %s: %s%s", row["id"], row["error"], f" ({row['source']})" if row["source"] else "")
    if len(missing) > _LISTED:
        log.info("caption: and %d more; all are in data/captions.jsonl", len(missing) - _LISTED)
