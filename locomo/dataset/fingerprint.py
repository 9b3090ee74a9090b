"""What stands for a dataset's content, whatever file it was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from locomo.dataset.writer import released_shape
from locomo.files import canonical_json
from locomo.schema import Conversation


def fingerprint(conversations: Sequence[Conversation]) -> str:
    """Return the SHA-256, in hex, of the conversations in the released shape: turns, captions, questions and golds."""
    found = hashlib.sha256(b"[")
    for number, conversation in enumerate(conversations):  # one text at a time, of a list as `canonical_json` has it
        found.update(("," * bool(number) + canonical_json(released_shape(conversation))).encode())
    found.update(b"]")
    return found.hexdigest()
