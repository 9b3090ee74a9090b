"""Reading, checking and writing conversations in the released LoCoMo shape, and predictions about them."""

from locomo.dataset.fingerprint import fingerprint
from locomo.dataset.predictions import read_predictions, write_predictions
from locomo.dataset.reader import read_conversations, read_folder
from locomo.dataset.writer import released_shape, write_conversation

__all__ = [
    "fingerprint",
    "read_conversations",
    "read_folder",
    "read_predictions",
    "released_shape",
    "write_conversation",
    "write_predictions",
]
