"""The LLM layer as a server: OpenAI's API on loopback, with our cache, limits, budget and journal behind it.

Knows nothing of what is asked, nor of who asks.
"""

from locomo.gateway.counts import Caller, Usage
from locomo.gateway.gateway import Gateway
from locomo.gateway.thread import running

__all__ = ["Caller", "Gateway", "Usage", "running"]
