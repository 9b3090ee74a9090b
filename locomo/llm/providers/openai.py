"""OpenAI and every server that speaks its chat completions (vLLM, Ollama, llama-server) by `OPENAI_BASE_URL`."""

from __future__ import annotations

import json
import os
from functools import cached_property
from typing import Any

from locomo.errors import ProviderError
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.types import Capabilities, Request, Response

DEFAULT_WINDOW = 16_384
"""Tokens assumed where params.yaml does not say."""
DEFAULT_BASE_URL = "https://api.openai.com/v1"


def open_model(model: str, context_window: int | None) -> OpenAIModel:
    """Open a model; ProviderError if there is no usable key or address."""
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key:
        raise ProviderError(
            f"model 'openai/{model}': OPENAI_API_KEY is not set; export it (any text will do for a local server)"
        )
    if not (key.isascii() and key.isprintable()):
        raise ProviderError(f"model 'openai/{model}': OPENAI_API_KEY holds characters that no key has; copy it again")
    base_url = os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
    if not base_url.startswith(("http://", "https://")):
        raise ProviderError(
            f"model 'openai/{model}': OPENAI_BASE_URL is '{base_url}', expected one like http://localhost:8000/v1"
        )
    return OpenAIModel(model, context_window, key=key, base_url=base_url)


class OpenAIModel:
    """One model behind an OpenAI-compatible server."""

    name = "openai"
    revision = None
    concurrency = 16

    def __init__(self, model: str, context_window: int | None, *, key: str, base_url: str) -> None:
        self.model = model
        self.capabilities = Capabilities(context_window=context_window or DEFAULT_WINDOW)
        self._key = key
        self._base_url = base_url

    @cached_property
    def _client(self) -> Any:
        from openai import AsyncOpenAI

        # One retry policy: that of our own client.
        return AsyncOpenAI(api_key=self._key, base_url=self._base_url, max_retries=0, timeout=120)

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate: English has about four bytes a token, we assume three."""
        return len(text.encode()) // 3 + 1

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        import openai

        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        if request.seed is not None:
            body["seed"] = request.seed
        try:
            answer = await self._client.chat.completions.create(**body)
        except openai.APIStatusError as error:
            raise self._refusal(error) from None
        except openai.APIConnectionError as error:
            raise TransientError(f"{self._base_url}: {error.__cause__ or error}") from None
        except (openai.APIResponseValidationError, json.JSONDecodeError) as error:
            raise TransientError(f"{self._base_url}: the answer cannot be read ({error})") from None
        return self._response(answer)

    def _response(self, answer: Any) -> Response:
        from openai.types.chat import ChatCompletion

        if not isinstance(answer, ChatCompletion):
            raise ProviderError(
                f"model 'openai/{self.model}': {self._base_url} does not answer with chat completions; "
                "check OPENAI_BASE_URL (most end in /v1)"
            )
        if not answer.choices:
            raise TransientError(f"{self._base_url}: an answer without choices")
        choice, usage = answer.choices[0], answer.usage
        text = choice.message.content if choice.message else None
        if choice.finish_reason == "content_filter":
            raise AnswerError("the answer was cut short by the provider's content filter")
        if not isinstance(text, str) or not text.strip():
            raise AnswerError("the model gave an empty answer")
        details = usage.prompt_tokens_details if usage else None
        return Response(
            text=text.encode(errors="replace").decode(),  # an answer that is cut may end in half of a character
            model=answer.model,
            input_tokens=usage.prompt_tokens if usage else 0,
            output_tokens=usage.completion_tokens if usage else 0,
            cached_tokens=(details.cached_tokens or 0) if details else 0,
            finish_reason=choice.finish_reason,
        )

    def _refusal(self, error: Any) -> Exception:
        """Return what an HTTP status means: for now, for this request, or for good with what to do about it."""
        status, code, reason = error.status_code, error.code, _reason(error)
        if code == "insufficient_quota":
            cure = f"no credit is left ({reason}); top up, or use another OPENAI_API_KEY"
        elif status in (408, 409, 429) or status >= 500:
            return TransientError(f"HTTP {status}", retry_after=_retry_after(error))
        elif code == "content_filter":
            return AnswerError("the question was refused by the provider's content filter")
        elif status in (401, 403):
            cure = f"the key was refused ({status}); check OPENAI_API_KEY"
        elif status == 404:
            cure = f"{self._base_url} knows no such model; check its name and OPENAI_BASE_URL"
        elif code == "context_length_exceeded" or "context length" in reason:
            cure = f"the prompt is too long; set a smaller context window ({reason})"
        else:
            cure = f"HTTP {status}: {reason}"
        return ProviderError(f"model 'openai/{self.model}': {cure}")

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if (client := self.__dict__.pop("_client", None)) is not None:
            await client.close()


def _retry_after(error: Any) -> float | None:
    """Seconds in the Retry-After header, if it holds a number."""
    value = error.response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.replace(".", "", 1).isdigit() else None


def _reason(error: Any) -> str:
    """The server's own sentence, on one line."""
    body = error.body if isinstance(error.body, dict) else {}
    return " ".join(str(body.get("message") or error.message).split())
