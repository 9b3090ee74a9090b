"""Every answer that was paid for, by what was asked: on disk, or in a Redis that a team shares. Nothing is evicted."""

from locomo.llm.cache.backend import Backend
from locomo.llm.cache.entry import Found, Refusal
from locomo.llm.cache.locations import default_folder, open_backend
from locomo.llm.cache.request_cache import RequestCache, open_cache

__all__ = ["Backend", "Found", "Refusal", "RequestCache", "default_folder", "open_backend", "open_cache"]
