"""What stands for a dataset's content, whatever file it was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from locomo.dataset.writer import released_shape
from locomo.files import canonical_json
from locomo.schema import Conversation


def fingerprint(conversations: Sequence[Conversation]) -> str:
    """Return the SHA-256, in hex, of the conversations in the released shape: turns, captions, questions and golds."""
    text = canonical_json([released_shape(conversation) for conversation in conversations])
    return hashlib.sha256(text.encode()).hexdigest()
