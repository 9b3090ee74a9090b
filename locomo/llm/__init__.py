"""Talking to language models: one protocol, one module a provider, one cache. Knows nothing of LoCoMo."""

from locomo.llm.cache import RequestCache, open_cache
from locomo.llm.client import Client, Outcome
from locomo.llm.provider import AnswerError, Provider, TransientError
from locomo.llm.registry import open_model
from locomo.llm.types import Capabilities, Limits, Message, Request, Response, Tally

__all__ = [
    "AnswerError",
    "Capabilities",
    "Client",
    "Limits",
    "Message",
    "Outcome",
    "Provider",
    "Request",
    "RequestCache",
    "Response",
    "Tally",
    "TransientError",
    "open_cache",
    "open_model",
]
