"""What Google's two libraries have in common: both speak the Gemini API, and name its fields alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from locomo.llm.images import image_bytes
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers.headers import wait_seconds
from locomo.llm.providers.messages import checked_text, merge_system, split_system
from locomo.llm.providers.remote import Service
from locomo.llm.types import Capabilities, Message, Request, Response

ADDRESS = "https://generativelanguage.googleapis.com"
WINDOW = 32_768
"""Tokens: that of their first model; no later one has less."""
FINISH_REASONS = {"STOP": "stop", "MAX_TOKENS": "length"}
FILTERED = ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")


def contents(messages: Sequence[Message], capabilities: Capabilities) -> tuple[str, list[dict[str, Any]]]:
    """Return the system instruction and the turns, as both libraries take them."""
    system, turns = split_system(messages) if capabilities.system else ("", merge_system(messages))
    roles = {"user": "user", "assistant": "model"}
    return system, [{"role": roles[turn.role], "parts": _parts(turn)} for turn in turns]


def _parts(turn: Message) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for image in turn.images or ():
        media_type, data = image_bytes(image)
        parts.append({"inline_data": {"mime_type": media_type, "data": data}})
    return [*parts, {"text": turn.content}]


def config(request: Request, capabilities: Capabilities) -> dict[str, Any]:
    """Return how the answer is to be generated, as both libraries take it."""
    settings: dict[str, Any] = {"max_output_tokens": request.max_tokens}
    if capabilities.sampling:
        settings["temperature"] = request.temperature
    if request.stop:
        settings["stop_sequences"] = list(request.stop)
    return settings


def response(answer: Any, service: Service) -> Response:
    """Read an answer; AnswerError if it was filtered or is empty."""
    if not answer.candidates:
        if answer.prompt_feedback and answer.prompt_feedback.block_reason:
            raise AnswerError("the question was refused by the provider's content filter")
        raise TransientError(f"{service.address}: an answer without candidates")
    candidate = answer.candidates[0]
    reason = candidate.finish_reason.name if candidate.finish_reason else None
    if reason in FILTERED:
        raise AnswerError("the answer was cut short by the provider's content filter")
    finish_reason = FINISH_REASONS.get(reason or "", reason)
    parts = (candidate.content.parts if candidate.content else None) or ()
    text = "".join(part.text or "" for part in parts if not getattr(part, "thought", False))
    usage = answer.usage_metadata
    return Response(
        text=checked_text(text, finish_reason),
        model=answer.model_version or service.model.partition("/")[2],
        input_tokens=_count(usage, "prompt_token_count"),
        output_tokens=_count(usage, "candidates_token_count") + _count(usage, "thoughts_token_count"),
        cached_tokens=_count(usage, "cached_content_token_count"),
        finish_reason=finish_reason,
    )


def refusal(status: int, body: Any, headers: Any, service: Service, key: str) -> Exception:
    """Return what a status other than 200 means, for a call made with this key.

    How long to wait stands in a header or in the body.
    """
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    details = [detail for detail in error.get("details") or () if isinstance(detail, dict)]
    delay = next((str(detail["retryDelay"]) for detail in details if "retryDelay" in detail), None)
    reason = str(error.get("message") or f"status {status}")
    return service.status(status, reason, key=key, wait=wait_seconds(headers, delay))


def _count(usage: Any, name: str) -> int:
    return getattr(usage, name, None) or 0
