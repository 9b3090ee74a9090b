"""One chat completion: asked through the LLM layer, told in OpenAI's shape."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from locomo.errors import InputError, LocomoError
from locomo.files import parse_json
from locomo.gateway.chat_body import ChatBody
from locomo.gateway.counts import Caller, Counts
from locomo.gateway.metrics import Metrics
from locomo.gateway.trouble import RefusedError
from locomo.llm import Client, Outcome, Request, Response, addressed, structured
from locomo.llm.providers.openai_tools import call_fields
from locomo.llm.spending import ASKING


class Chat:
    """Chat completions of one model."""

    def __init__(self, client: Client, counts: Counts, metrics: Metrics) -> None:
        self._client = client
        self._counts = counts
        self._metrics = metrics

    async def complete(self, body: ChatBody, caller: Caller) -> list[tuple[Request, Response]]:
        """Return an answer for each choice; RefusedError if there is none for one of them, LocomoError as `ask` says.

        A request that comes again after an answer that could not be used is a repeat of its own: the cache would give
        the same answer as before, whatever the caller hopes for.
        """
        named = addressed(self._client.provider)
        request = Request(**named, messages=body.messages, **body.fields)
        again = self._counts.bad_answers(caller, request.key)
        ASKING.set(caller.labels)
        asked = [self._numbered(request, again * body.n + choice) for choice in range(body.n)]
        try:
            outcomes = await asyncio.gather(*map(self._client.ask, asked))
        except LocomoError as error:
            self._counts.bad(caller, request.key, str(error))
            raise
        problems = [problem for outcome in outcomes if (problem := _problem(outcome, body)) is not None]
        for outcome in outcomes:
            if outcome.response is not None:
                self._counts.answered(caller, outcome.response, hit=outcome.hit)
                self._metrics.answered(caller, outcome.response, hit=outcome.hit)
        if not problems:
            self._counts.good(caller, request.key)
        else:
            self._counts.bad(caller, request.key, problems[0])
            if not any(outcome.transient for outcome in outcomes):
                self._counts.number(caller, request.key)
        return [(outcome.request, _answer(outcome)) for outcome in outcomes]

    @staticmethod
    def _numbered(request: Request, repeat: int) -> Request:
        return replace(request, repeat=repeat) if repeat else request


def completion(answers: Sequence[tuple[Request, Response]]) -> dict[str, Any]:
    """Return a chat completion. It is the same whenever the same is asked: no time and no random id is in it."""
    responses = [response for _, response in answers]
    return {
        "id": f"chatcmpl-{answers[0][0].key.rpartition('-')[2][:24]}",
        "object": "chat.completion",
        "created": 0,
        "model": responses[0].model,
        "choices": [
            {
                "index": index,
                "message": _message(response),
                "finish_reason": finish_reason(response),
                "logprobs": None,
            }
            for index, response in enumerate(responses)
        ],
        "usage": usage(responses),
    }


def finish_reason(response: Response) -> str:
    """Return why an answer ended, in OpenAI's words."""
    if response.tool_calls:
        return "tool_calls"
    return "length" if response.finish_reason == "length" else "stop"


def usage(responses: Sequence[Response]) -> dict[str, Any]:
    """Return what choices took together; their prompt is the same, and is counted for each, as it is billed."""
    read = sum(response.input_tokens for response in responses)
    said = sum(response.output_tokens for response in responses)
    return {
        "prompt_tokens": read,
        "completion_tokens": said,
        "total_tokens": read + said,
        "prompt_tokens_details": {"cached_tokens": sum(response.cached_tokens for response in responses)},
    }


def _message(response: Response) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": response.text, "refusal": None}
    if response.tool_calls:
        message["content"] = response.text or None
        message["tool_calls"] = [call_fields(call) for call in response.tool_calls]
    return message


def _problem(outcome: Outcome, body: ChatBody) -> str | None:
    """Return why an answer cannot be used, as far as that can be told from here; None if it can.

    Systems that ask for JSON in words alone take what cannot be read for "nothing to remember".
    """
    response = outcome.response
    if response is None:
        return str(outcome.error)
    for call in response.tool_calls or ():
        try:
            parse_json(call.arguments or "{}", "arguments")
        except InputError as error:
            return f"the arguments of {call.name} are no JSON: {error}"
    if body.fields["schema"] is not None or body.fields["tools"] or not body.json:
        return None
    try:
        structured.first_value(response)
    except ValueError as error:
        return f"JSON was asked for: {error}"
    return None


def _answer(outcome: Outcome) -> Response:
    if outcome.response is None:
        if outcome.transient:
            raise RefusedError(str(outcome.error), status=503, code="upstream_unavailable")
        raise RefusedError(str(outcome.error), status=422, code="unusable_answer")
    return outcome.response
