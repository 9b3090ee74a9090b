"""The services that remote providers speak to: how each is found, and the shapes of what it is sent and says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from locomo.llm import Limits


@dataclass(frozen=True)
class Service:
    """One provider's ways: how it is found, and the shapes of what its servers say."""

    model: str
    key: str
    address: str
    base: str
    answer: Callable[[str | None, str], object]
    error: Callable[[int, str], object]
    reasons: tuple[str, str]
    """How it says that an answer ended by itself, and that it was cut."""
    sent: Callable[[dict], tuple]
    """System text, turns, limit, stop sequences, temperature, as they stand in its requests."""
    schema: Callable[[dict], object]
    """The JSON schema that stands in its requests."""
    dialect: str
    cache_writes: int = 0
    """Tokens that its answers say were written to its cache."""
    limits: tuple[dict[str, str], Limits] | None = None
    """Headers of its answers with its limits, and what they mean."""

    @property
    def module(self) -> str:
        return f"locomo.llm.providers.{self.model.partition('/')[0].replace('-', '_')}"

    @property
    def library(self) -> str:
        """What speaks its API."""
        provider = self.model.partition("/")[0]
        return {"google": "google.generativeai", "google-genai": "google.genai"}.get(provider, provider)

    @property
    def timeout(self) -> str:
        """Where the seconds stand that one call may take."""
        return "locomo.llm.providers.sdk.TIMEOUT" if self.dialect != "gemini" else f"{self.module}.TIMEOUT"


def _openai(text: str | None, reason: str) -> object:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], "usage": usage}


def _anthropic(text: str | None, reason: str) -> object:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2, "output_tokens": 2}
    content = [] if text is None else [{"type": "text", "text": text}]
    message = {"id": "1", "type": "message", "role": "assistant", "model": "m-1", "stop_sequence": None}
    return message | {"content": content, "stop_reason": reason, "usage": usage}


def _gemini(text: str | None, reason: str) -> object:
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 2, "cachedContentTokenCount": 4, "totalTokenCount": 11}
    content = {"role": "model"} | ({} if text is None else {"parts": [{"text": text}]})
    candidate = {"index": 0, "finishReason": reason, "content": content}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-1"}


def _gemini_sent(body: dict) -> tuple:
    config = body["generationConfig"]
    system = body["systemInstruction"]["parts"][0]["text"]
    turns = [(turn["role"], turn["parts"][0]["text"]) for turn in body["contents"]]
    return system, turns, config["maxOutputTokens"], config["stopSequences"], config["temperature"]


def _json_schema(sent: dict) -> dict:
    """What Gemini's own kind of schema is in JSON schema's words."""
    schema = {"type": {1: "string", 5: "array", 6: "object"}[sent["type"]]}
    if "items" in sent:
        schema["items"] = _json_schema(sent["items"])
    if "properties" in sent:
        schema["properties"] = {name: _json_schema(value) for name, value in sent["properties"].items()}
        schema |= {"required": sent["required"], "additionalProperties": False}
    return schema


OPENAI = Service(
    model="openai/gpt-x",
    key="OPENAI_API_KEY",
    address="OPENAI_BASE_URL",
    base="/v1",
    answer=_openai,
    error=lambda status, message: {"error": {"message": message, "type": "t", "code": None}},
    reasons=("stop", "length"),
    sent=lambda body: (
        body["messages"][0]["content"],
        [(turn["role"], turn["content"]) for turn in body["messages"][1:]],
        body["max_tokens"],
        body["stop"],
        body["temperature"],
    ),
    schema=lambda body: body["response_format"]["json_schema"]["schema"],
    dialect="openai",
    limits=(
        {
            "x-ratelimit-limit-requests": "5000",
            "x-ratelimit-remaining-requests": "4999",
            "x-ratelimit-reset-requests": "12ms",
            "x-ratelimit-limit-tokens": "90000",
            "x-ratelimit-remaining-tokens": "89000",
            "x-ratelimit-reset-tokens": "666ms",
        },
        Limits(5000, 90_000),
    ),
)
ANTHROPIC = Service(
    model="anthropic/claude-x",
    key="ANTHROPIC_API_KEY",
    address="ANTHROPIC_BASE_URL",
    base="",
    answer=_anthropic,
    error=lambda status, message: {"type": "error", "error": {"type": "t", "message": message}},
    reasons=("end_turn", "max_tokens"),
    sent=lambda body: (
        body["system"],
        [(turn["role"], turn["content"]) for turn in body["messages"]],
        body["max_tokens"],
        body["stop_sequences"],
        body["temperature"],
    ),
    schema=lambda body: body["output_config"]["format"]["schema"],
    dialect="anthropic",
    cache_writes=2,
    limits=(
        {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-input-tokens-limit": "50000"},
        Limits(50, 50_000),
    ),
)
GOOGLE = Service(
    model="google/gemini-x",
    key="GOOGLE_API_KEY",
    address="GOOGLE_API_ENDPOINT",
    base="",
    answer=_gemini,
    error=lambda status, message: {"error": {"code": status, "message": message, "status": "S"}},
    reasons=("STOP", "MAX_TOKENS"),
    sent=_gemini_sent,
    schema=lambda body: _json_schema(body["generationConfig"]["responseSchema"]),
    dialect="gemini",
)
GENAI = replace(
    GOOGLE,
    model="google-genai/gemini-x",
    address="GOOGLE_GEMINI_BASE_URL",
    schema=lambda body: body["generationConfig"]["responseJsonSchema"],
)
SERVICES = (OPENAI, ANTHROPIC, GOOGLE, GENAI)
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "turns": {"type": "array", "items": {"type": "string"}}},
    "required": ["answer", "turns"],
    "additionalProperties": False,
}
