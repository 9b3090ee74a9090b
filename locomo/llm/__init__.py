"""Talking to language models: one protocol, one module a provider, one cache. Knows nothing of LoCoMo."""

from locomo.llm.cache import RequestCache, open_cache
from locomo.llm.client import Client, MissingError, Outcome
from locomo.llm.prices import Price, read_prices
from locomo.llm.provider import AnswerError, Provider, TransientError, addressed
from locomo.llm.registry import open_model
from locomo.llm.settings import LlmSettings
from locomo.llm.spending import BudgetError, Spending
from locomo.llm.types import Capabilities, Image, Limits, Message, Request, Response, Tally

__all__ = [
    "AnswerError",
    "BudgetError",
    "Capabilities",
    "Client",
    "Image",
    "Limits",
    "LlmSettings",
    "Message",
    "MissingError",
    "Outcome",
    "Price",
    "Provider",
    "Request",
    "RequestCache",
    "Response",
    "Spending",
    "Tally",
    "TransientError",
    "addressed",
    "open_cache",
    "open_model",
    "read_prices",
]
