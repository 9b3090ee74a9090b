"""What Google's two libraries have in common: both speak the Gemini API, and name its fields alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locomo.llm.catalog import Parameter
from locomo.llm.images import image_bytes
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers.adapting import Adaptation
from locomo.llm.providers.headers import wait_seconds
from locomo.llm.providers.messages import merge_system, split_system
from locomo.llm.providers.reading import with_answer
from locomo.llm.providers.remote import Service
from locomo.llm.providers.words import words_of
from locomo.llm.types import Capabilities, Message, Request, Response

WINDOW = 32_768
"""Tokens: that of their first model; no later one has less."""
MODELS = "models/"
"""What the names begin with in their list of models."""
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


def config(request: Request, capabilities: Capabilities, adapted: Adaptation) -> dict[str, Any]:
    """Return how the answer is to be generated, as both libraries take it."""
    settings: dict[str, Any] = {"max_output_tokens": adapted.max_tokens(request)}
    if capabilities.sampling and "temperature" not in adapted.left_out:
        settings["temperature"] = request.temperature
    if request.top_p is not None and capabilities.sampling and "top_p" not in adapted.left_out:
        settings["top_p"] = request.top_p
    if stop := adapted.stop(request):
        settings["stop_sequences"] = stop
    return settings


def parameters(config: Mapping[str, Any]) -> list[Parameter]:
    """Return what of a configuration a server may refuse and be asked without."""
    alike: tuple[Parameter, ...] = ("temperature", "seed", "top_p")
    names: dict[str, Parameter] = {"stop_sequences": "stop", **{name: name for name in alike}}
    return [ours for theirs, ours in names.items() if theirs in config]


def response(answer: Any, service: Service, request: Request, adapted: Adaptation) -> Response:
    """Read an answer; AnswerError if it was filtered or is empty."""
    candidate = answer.candidates[0] if answer.candidates else None
    reason = candidate.finish_reason.name if candidate and candidate.finish_reason else None
    usage = answer.usage_metadata
    read = _count(usage, "prompt_token_count")
    said = _count(usage, "candidates_token_count") + _count(usage, "thoughts_token_count")
    thoughts = _count(usage, "thoughts_token_count")
    received = Response(
        text="",
        model=answer.model_version or service.model.partition("/")[2],
        input_tokens=read,
        # The older library has no name for the tokens of thinking, which are in the total.
        output_tokens=max(said, _count(usage, "total_token_count") - read),
        cached_tokens=_count(usage, "cached_content_token_count"),
        finish_reason=FINISH_REASONS.get(reason or "", reason),
    )
    if candidate is None:
        billed = (received,) if received.input_tokens else ()
        if answer.prompt_feedback and answer.prompt_feedback.block_reason:
            raise AnswerError("the question was refused by the provider's content filter", billed=billed)
        raise TransientError(f"{service.address}: an answer without candidates", billed=billed)
    if reason in FILTERED:
        raise AnswerError("the answer was cut short by the provider's content filter", billed=(received,))
    parts = (candidate.content.parts if candidate.content else None) or ()
    stop = request.stop if len(adapted.stop(request)) < len(request.stop or ()) else None
    return with_answer(received, list(parts), stop=stop, thoughts=thoughts)


def refusal(status: int, body: Any, headers: Any, service: Service, key: str) -> Exception:
    """Return what a status other than 200 means, for a call made with this key.

    How long to wait stands in a header or in the body.
    """
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    details = [detail for detail in error.get("details") or () if isinstance(detail, dict)]
    delay = next((str(detail["retryDelay"]) for detail in details if "retryDelay" in detail), None)
    return service.status(status, words_of(body), key=key, wait=wait_seconds(headers, delay))


def _count(usage: Any, name: str) -> int:
    return getattr(usage, name, None) or 0
