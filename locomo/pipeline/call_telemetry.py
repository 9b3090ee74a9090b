"""Calls as OpenTelemetry has them: a span for each, by the conventions for generative AI, and metrics of all.

https://opentelemetry.io/docs/specs/semconv/gen-ai/. Spans are made of calls that have ended, many at once: one by one,
among all that a call does, they take two to three times the processor time, since nothing that they need is in its
caches. What clients count anyway is read from their books as metrics are sent, which costs a call nothing. Prompts and
answers are in spans only where `content` says so.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter as Sums
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from locomo.llm.observing import Asking
from locomo.llm.provider import TransientError
from locomo.llm.spending import ASKING
from locomo.llm.types import Message, Request, Response
from locomo.progress import Progress

CAPTURE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
SCOPE: Final = "locomo"
SECONDS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Bounds of the histogram of durations, as the conventions have them."""
PROVIDERS: Final = {"google": "gcp.gemini", "google-genai": "gcp.gemini"}
"""Names of the conventions, where ours are others."""
FAILED: Final = Status(StatusCode.ERROR)
UNSET: Final = Status(StatusCode.UNSET)
SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)

AT_ONCE: Final = 256
"""Ended calls that wait until they are told of together, which takes some 4 ms; with content, none waits."""
LATE: Final = 1_000_000_000
"""Nanoseconds since the last were told of, after which the next call does not wait."""

Attributes = dict[str, AttributeValue]


class _Ended(NamedTuple):
    """A call that has ended; see `Observer.called`."""

    at: int
    request: Request
    error: str | None
    received: tuple[Response | None, ...]
    seconds: float | None
    usd: float | None
    asking: Mapping[str, str]


def content_is_wanted() -> bool:
    """Return whether prompts and answers are to be in spans: `true`, or a word of the newer conventions."""
    return os.environ.get(CAPTURE, "").strip().lower() in {"true", "1", "span_only", "span_and_event"}


class CallTelemetry:
    """The observer of one stage's calls."""

    def __init__(
        self,
        parent: SpanContext,
        spans: SpanProcessor | None,
        meter: Meter,
        resource: Resource,
        *,
        stage: str,
        content: bool,
        warn: Callable[[str], None],
    ) -> None:
        self._parent = parent
        self._spans = spans
        self._resource = resource
        self._stage = stage
        self._content = content
        self._warn = warn
        self._scope = InstrumentationScope(SCOPE)
        self._context = Context()
        self._ids = RandomIdGenerator()
        self._asking: list[Asking] = []
        self._ended: deque[_Ended] = deque()
        self._told_at = 0
        self._steps_before = Progress.steps
        self._seconds = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "Seconds a call", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._read(meter)

    def opened(self, asking: Asking) -> None:
        """See `Observer`."""
        self._asking.append(asking)

    def called(
        self,
        request: Request,
        answer: Response | BaseException,
        received: tuple[Response | None, ...],
        *,
        seconds: float | None,
        usd: float | None,
    ) -> None:
        """See `Observer`."""
        now = time.time_ns()
        error = None if isinstance(answer, Response) else _kind_of(answer)
        self._ended.append(_Ended(now, request, error, received, seconds, usd, ASKING.get()))
        if self._content or len(self._ended) >= AT_ONCE or now - self._told_at > LATE:
            self.tell()

    def tell(self) -> None:
        """Tell of the calls that have ended. A thread that sends metrics may do so beside the one that makes calls."""
        self._told_at = time.time_ns()
        with suppress(IndexError):
            while True:
                call = self._ended.popleft()
                try:
                    self._tell(call)
                except Exception as error:  # whatever it is, the call has been answered and paid for
                    self._warn(type(error).__name__)

    def _tell(self, call: _Ended) -> None:
        request = call.request
        operation = "embeddings" if request.kind == "embedding" else "chat"
        measured: Attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": PROVIDERS.get(request.provider, request.provider),
            "gen_ai.request.model": request.model,
        }
        if call.error is not None:
            measured["error.type"] = call.error
        if call.seconds is not None:
            self._seconds.record(call.seconds, measured, self._context)
        if self._spans is None:
            return
        context = SpanContext(self._parent.trace_id, self._ids.generate_span_id(), is_remote=False, trace_flags=SAMPLED)
        span = ReadableSpan(
            f"{operation} {request.model}",
            context=context,
            parent=self._parent,
            resource=self._resource,
            attributes=measured | self._told(call),
            kind=SpanKind.CLIENT,
            status=UNSET if call.error is None else FAILED,
            start_time=call.at - int((call.seconds or 0.0) * 1e9),
            end_time=call.at,
            instrumentation_scope=self._scope,
        )
        self._spans.on_end(span)

    def _told(self, call: _Ended) -> Attributes:
        told: Attributes = {"locomo.request": call.request.key}
        for name, value in call.asking.items():
            told[f"locomo.{name}"] = value
        if call.usd is not None:
            told["locomo.usd"] = call.usd
        answers = [each for each in call.received if each is not None]
        if answers:
            last = answers[-1]
            told["gen_ai.response.model"] = last.model
            told["gen_ai.usage.input_tokens"] = sum(each.input_tokens for each in answers)
            told["gen_ai.usage.output_tokens"] = sum(each.output_tokens for each in answers)
            if cached := sum(each.cached_tokens for each in answers):
                told["gen_ai.usage.cache_read.input_tokens"] = cached
            if last.finish_reason not in {None, "stop"}:
                told["gen_ai.response.finish_reasons"] = (str(last.finish_reason),)
        if self._content:
            told["gen_ai.input.messages"] = _json([_message(each) for each in call.request.messages])
            if answers and call.request.kind is None:
                told["gen_ai.output.messages"] = _json([_answer(each) for each in answers])
        return told

    def _read(self, meter: Meter) -> None:
        """Declare the metrics that are read as they are sent."""
        counters: tuple[tuple[str, str, str, Callable[[Asking], float]], ...] = (
            ("requests", "{request}", "Requests, with those that the cache answers", lambda each: each.tally.requests),
            ("cache.hits", "{request}", "Requests for which nothing was sent", lambda each: each.tally.hits),
            ("answered", "{request}", "Requests that were sent and answered", lambda each: each.tally.answered),
            ("failures", "{request}", "Requests without an answer", lambda each: each.tally.errors),
            ("retries", "{call}", "Calls that were tried again", lambda each: sum(list(each.tally.retries.values()))),
            ("tokens.input", "{token}", "Tokens of prompts", lambda each: each.tally.input_tokens),
            ("tokens.output", "{token}", "Tokens of answers", lambda each: each.tally.output_tokens),
            ("spent", "USD", "US dollars spent", lambda each: each.usd()),
        )
        for name, unit, about, read in counters:
            meter.create_observable_counter(f"{SCOPE}.{name}", [self._summed(read)], unit, about)
        gauges: tuple[tuple[str, str, str, Callable[[Asking], float]], ...] = (
            ("in_flight", "{call}", "Calls under way", lambda each: each.in_flight()),
            ("queued", "{request}", "Requests that wait to be sent", lambda each: each.queued()),
        )
        for name, unit, about, read in gauges:
            meter.create_observable_gauge(f"{SCOPE}.{name}", [self._summed(read)], unit, about)
        stage: Attributes = {"locomo.stage": self._stage}

        def running(_: CallbackOptions) -> Iterable[Observation]:
            self.tell()  # OpenTelemetry asks what is read before it collects what is recorded
            return [Observation(1, stage)]

        meter.create_observable_gauge(f"{SCOPE}.stage.running", [running], "{stage}", "1 while a stage runs")
        meter.create_observable_counter(
            f"{SCOPE}.steps",
            [lambda _: [Observation(Progress.steps - self._steps_before, stage)]],
            "{step}",
            "Steps of a stage's progress",
        )

    def _summed(self, read: Callable[[Asking], float]) -> Callable[[CallbackOptions], Iterable[Observation]]:
        """Return what reads a number of all clients; those of one model in one stage are one."""

        def observed(_: CallbackOptions) -> Iterable[Observation]:
            sums: Sums[tuple[str, str]] = Sums()
            for each in tuple(self._asking):
                sums[each.stage or self._stage, each.model] += read(each)  # type: ignore[assignment]  # of a number
            return [
                Observation(value, {"locomo.stage": stage, "locomo.model": model})
                for (stage, model), value in sums.items()
            ]

        return observed


def _kind_of(error: BaseException) -> str:
    """Return what a failed call is counted under, without the provider's words."""
    if isinstance(error, TransientError) and error.rate_limited:
        return "rate_limited"
    return type(error).__name__


def _message(message: Message) -> dict[str, object]:
    return {"role": message.role, "parts": [{"type": "text", "content": message.content}]}


def _answer(answer: Response) -> dict[str, object]:
    parts: list[dict[str, object]] = [{"type": "text", "content": answer.text}]
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
        for call in answer.tool_calls or ()
    ]
    return {"role": "assistant", "parts": parts, "finish_reason": answer.finish_reason or "stop"}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
