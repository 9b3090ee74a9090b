"""Reading, checking and writing conversations in the released LoCoMo shape."""

from locomo.dataset.reader import read_conversations, read_folder
from locomo.dataset.writer import released_shape, write_conversation

__all__ = ["read_conversations", "read_folder", "released_shape", "write_conversation"]
