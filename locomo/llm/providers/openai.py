"""OpenAI and every server that speaks its chat completions (vLLM, Ollama, llama-server) by `OPENAI_BASE_URL`."""

from __future__ import annotations

import json
import os
from typing import Any

from locomo.errors import ProviderError
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.types import Capabilities, Request, Response

DEFAULT_WINDOW = 16_384
"""Tokens assumed where params.yaml does not say."""


def open_model(model: str, context_window: int | None) -> OpenAIModel:
    """Open a model; ProviderError if there is no key."""
    if not os.environ.get("OPENAI_API_KEY"):
        raise ProviderError(
            f"model 'openai/{model}': OPENAI_API_KEY is not set; export it (any text will do for a local server)"
        )
    return OpenAIModel(model, context_window)


class OpenAIModel:
    """One model behind an OpenAI-compatible server."""

    name = "openai"
    revision = None
    concurrency = 16

    def __init__(self, model: str, context_window: int | None) -> None:
        from openai import AsyncOpenAI

        self.model = model
        self.capabilities = Capabilities(context_window=context_window or DEFAULT_WINDOW)
        self._client = AsyncOpenAI(max_retries=0, timeout=120)  # one retry policy: the client's

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
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise ProviderError(
                f"model 'openai/{self.model}': the key was refused ({error.status_code}); check OPENAI_API_KEY"
            ) from None
        except openai.NotFoundError:
            raise ProviderError(f"model 'openai/{self.model}': {self._client.base_url} knows no such model") from None
        except (openai.RateLimitError, openai.InternalServerError, openai.ConflictError) as error:
            raise TransientError(f"HTTP {error.status_code}", retry_after=_retry_after(error)) from None
        except openai.APIStatusError as error:
            raise ProviderError(f"model 'openai/{self.model}': HTTP {error.status_code}: {_reason(error)}") from None
        except (openai.APIConnectionError, openai.APIResponseValidationError, json.JSONDecodeError) as error:
            raise TransientError(f"{type(error).__name__}: {error}") from None
        text = (answer.choices[0].message.content or "") if answer.choices else ""
        if not text.strip() or answer.usage is None:
            raise AnswerError("the model gave an empty answer")
        details = answer.usage.prompt_tokens_details
        return Response(
            text=text,
            model=answer.model,
            input_tokens=answer.usage.prompt_tokens,
            output_tokens=answer.usage.completion_tokens,
            cached_tokens=(details.cached_tokens or 0) if details else 0,
            finish_reason=answer.choices[0].finish_reason,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _retry_after(error: Any) -> float | None:
    """Seconds in the Retry-After header, if it holds a number."""
    value = error.response.headers.get("retry-after", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None


def _reason(error: Any) -> str:
    """The server's own sentence, on one line."""
    body = error.body if isinstance(error.body, dict) else {}
    return " ".join(str(body.get("message") or error.message).split())
