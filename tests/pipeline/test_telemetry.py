"""OpenTelemetry: what a collector gets of a run, and that no collector can disturb one."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from collector import Collector, attributes, collecting
from conftest import ROOT, SAMPLE
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode
from typer.testing import CliRunner
from workshop import WORK, Workshop

from locomo import evaluate
from locomo.cli.main import app
from locomo.errors import ProviderError
from locomo.llm import (
    Client,
    LlmSettings,
    Message,
    Price,
    Request,
    RequestCache,
    Spending,
    addressed,
    observing,
    open_model,
)
from locomo.llm.embedding import EmbeddingClient
from locomo.llm.spending import ASKING
from locomo.pipeline.ask import Asked
from locomo.pipeline.call_telemetry import AT_ONCE, CallTelemetry
from locomo.pipeline.span_exporter import CallSpanExporter
from locomo.pipeline.telemetry import ENDPOINT, FLUSH, telemetry

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
PLAIN, AGAIN = 10, 5
INPUT, OUTPUT = 100, 7
KEY = "planted-key-of-a-collector"
SCRIPT = f"""
- {{match: limited, fault: rate_limit, times: 1, answer: marmalade, input_tokens: {INPUT}, output_tokens: {OUTPUT}}}
- {{match: refused, fault: refused}}
- {{answer: marmalade, input_tokens: {INPUT}, output_tokens: {OUTPUT}}}
"""
PRICE = Price(input=10.0, output=100.0)
"""US dollars per million tokens."""

Journal = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


def ask(folder: Path) -> Journal:
    """Make a run's calls of a model, and return its journal."""
    (folder / "script.yaml").write_text(SCRIPT)
    journal = folder / "calls.jsonl"
    model = open_model(f"mock/script:{folder / 'script.yaml'}", context_window=None)
    cache = RequestCache(folder / "requests")
    client = Client(model, cache, LlmSettings(), Spending(PRICE, journal=journal, run="r", stage="qa"))
    texts = [f"pelican {number}" for number in range(PLAIN)] + ["pelican limited", "pelican refused"]
    requests = [Request(**addressed(model), messages=(Message("user", text),), max_tokens=8) for text in texts]

    async def main() -> None:
        await client.ask_all(requests, lambda: None)
        await client.ask_all(requests[:AGAIN], lambda: None)

    asked = ASKING.set({"system": "some-memory"})
    try:
        asyncio.run(main())
    finally:
        ASKING.reset(asked)
        cache.close()
    return [json.loads(line) for line in journal.read_text().splitlines()]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> tuple[Collector, Journal]:
    """What a collector has got of a run, and the run's journal."""
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.endpoint)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=birds")
        with telemetry("qa", "r"):
            journal = ask(tmp_path)
    return collector, journal


def test_each_call_is_a_span_of_its_stage(run: tuple[Collector, Journal]) -> None:
    collector, journal = run
    (stage,) = collector.stages
    assert stage.name == "stage qa"
    assert len(collector.calls) == PLAIN + 2 + 1  # one was tried again, one was refused
    assert {(span.trace_id, span.parent_span_id) for span in collector.calls} == {(stage.trace_id, stage.span_id)}
    told = [attributes(span) for span in collector.calls]
    assert {each["gen_ai.operation.name"] for each in told} == {"chat"}
    assert {each["gen_ai.provider.name"] for each in told} == {"mock"}
    assert all(each["gen_ai.request.model"].startswith("script:") for each in told)
    answered = [each for each in told if "error.type" not in each]
    assert len(answered) == PLAIN + 1
    billed = [each for each in told if "gen_ai.usage.input_tokens" in each]  # a refusal is, its two words
    assert sorted(each["locomo.request"] for each in billed) == sorted(line["request"] for line in journal)
    assert {each["locomo.system"] for each in told} == {"some-memory"}
    for name in ("input_tokens", "output_tokens"):
        assert sum(each[f"gen_ai.usage.{name}"] for each in billed) == sum(line[name] for line in journal)
    assert sum(each["gen_ai.usage.output_tokens"] for each in answered) == OUTPUT * (PLAIN + 1)
    assert sum(each["locomo.usd"] for each in told) == pytest.approx(sum(line["usd"] for line in journal))
    failed = {attributes(span)["error.type"]: span.status.code for span in collector.calls if span.status.code}
    assert failed == {
        "rate_limited": trace_pb2.Status.STATUS_CODE_ERROR,
        "AnswerError": trace_pb2.Status.STATUS_CODE_ERROR,
    }
    for span in collector.calls:
        assert stage.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= stage.end_time_unix_nano


def test_spans_are_encoded_as_the_library_encodes_them() -> None:
    parent = SpanContext(2**100 + 1, 7, is_remote=False)
    told: list[dict[str, Any]] = [
        {"name": "a", "number": 3, "usd": 0.5, "yes": True},
        {"name": "ü" * 300, "number": -(2**62), "usd": 1.0, "yes": False},
        {"name": "a", "number": 3.0, "usd": 1, "yes": True},  # alike in Python, of other types
        {"name": "a", "number": 0},
        {"reasons": ("length", "stop")},
        {},
    ]
    spans = [
        ReadableSpan(
            name,
            context=SpanContext(parent.trace_id, 100 + place, is_remote=False),
            parent=parent,
            resource=Resource({"team": "birds"}),
            attributes=attributes,
            kind=kind,
            status=Status(code),
            start_time=place,
            end_time=10**18 + place,
            instrumentation_scope=InstrumentationScope("locomo"),
        )
        for place, (attributes, kind, code, name) in enumerate(
            itertools.product(told, (SpanKind.CLIENT, SpanKind.INTERNAL), StatusCode, ("chat m", "chat n"))
        )
    ]
    exporter = CallSpanExporter(None)
    for _ in range(2):  # the second time, it knows all forms
        found = ExportTraceServiceRequest.FromString(exporter.encode(spans))
        expected = encode_spans(spans)
        for message in (found, expected):
            message.resource_spans[0].scope_spans[0].spans.sort(key=lambda span: span.span_id)
        assert found == expected


def test_calls_are_told_of_together_where_they_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    with telemetry("qa", "r"):
        calls = observing.observer
        assert isinstance(calls, CallTelemetry)
        call = partial(calls.called, Request("p", "m", (), 8), ProviderError("no"), (), seconds=1.0, usd=None)
        call()
        assert len(calls._ended) == 0  # long after the last, of which there is none
        for _ in range(AT_ONCE - 1):
            call()
        assert len(calls._ended) == AT_ONCE - 1
        call()
        assert len(calls._ended) == 0
        call()
        monkeypatch.setattr("locomo.pipeline.call_telemetry.LATE", 0)
        call()
        assert len(calls._ended) == 0


def test_metrics_are_what_the_client_has_counted(run: tuple[Collector, Journal]) -> None:
    collector, journal = run
    metrics = collector.last_metrics()
    usd = metrics.pop("locomo.spent")
    assert usd == pytest.approx(sum(line["usd"] for line in journal))
    assert metrics == {
        "gen_ai.client.operation.duration": PLAIN + 3,
        "locomo.requests": PLAIN + 2 + AGAIN,
        "locomo.cache.hits": AGAIN,
        "locomo.answered": PLAIN + 1,
        "locomo.failures": 1,
        "locomo.retries": 1,
        "locomo.tokens.input": INPUT * (PLAIN + 1) + len(["pelican", "refused"]),
        "locomo.tokens.output": OUTPUT * (PLAIN + 1),
        "locomo.in_flight": 0,
        "locomo.queued": 0,
        "locomo.stage.running": 1,
        "locomo.steps": 0,
    }
    alarms = (ROOT / "deploy/aws/alarms.yaml").read_text()
    assert set(re.findall(r"MetricName: (\S+)", alarms)) <= {*metrics, "locomo.spent"}
    (resource,) = collector.resources()
    assert (resource["service.name"], resource["locomo.stage"], resource["team"]) == ("locomo", "qa", "birds")


def test_what_was_said_is_sent_where_it_is_asked_for(
    run: tuple[Collector, Journal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, _ = run
    sent = b"".join(body for _, body in silent.bodies)
    assert b"pelican" not in sent
    assert b"marmalade" not in sent
    again = tmp_path / "again"
    again.mkdir()
    monkeypatch.setenv(CAPTURE, "true")
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.endpoint)
        with telemetry("qa", "r"):
            ask(again)
    told = [attributes(span) for span in collector.calls]
    asked = [json.loads(each["gen_ai.input.messages"]) for each in told]
    assert [{"role": "user", "parts": [{"type": "text", "content": "pelican 0"}]}] in asked
    answers = [json.loads(each["gen_ai.output.messages"]) for each in told if "error.type" not in each]
    said = {"role": "assistant", "parts": [{"type": "text", "content": "marmalade"}], "finish_reason": "stop"}
    assert answers == [[said]] * (PLAIN + 1)


@pytest.mark.parametrize(("signal", "path"), [("TRACES", "/v1/metrics"), ("METRICS", "/v1/traces")])
def test_a_collector_of_one_kind_gets_no_other(
    signal: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setenv(f"OTEL_{signal}_EXPORTER", "none")
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.endpoint)
        with telemetry("qa", "r"):
            ask(tmp_path)
    assert {each for each, _ in collector.bodies} == {path}


class Vectors:
    """An embedding model that counts letters, and then has no key any more."""

    name, model, revision, service = "openai", "letters", None, None
    concurrency = max_texts = 4
    max_tokens = window = 100

    def count_tokens(self, text: str) -> int:
        return len(text)

    async def embed(self, texts: Sequence[str], dimensions: int | None) -> tuple[np.ndarray, int]:
        if "no key" in texts:
            raise ProviderError("no key")
        return np.array([[len(text)] for text in texts], dtype=np.float32), sum(map(len, texts))

    async def close(self) -> None:
        """Nothing is held open."""


def embed(cache: RequestCache) -> None:
    with telemetry("embed", "r"):
        client = EmbeddingClient(Vectors(), cache, spending=Spending(PRICE, stage="embed"))
        asyncio.run(client.embed(["one", "three"]))
        asyncio.run(client.embed(["one", "no key"]))


def test_vectors_are_calls_and_so_is_what_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = RequestCache(tmp_path)
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.endpoint)
        with pytest.raises(ProviderError):
            embed(cache)
    cache.close()
    (stage,) = collector.stages
    assert attributes(stage)["error.type"] == "ProviderError"
    answered, failed = [attributes(span) for span in collector.calls]
    assert (answered["gen_ai.operation.name"], answered["gen_ai.usage.input_tokens"]) == ("embeddings", 8)
    assert (failed["error.type"], failed.get("gen_ai.usage.input_tokens")) == ("ProviderError", None)
    metrics, vectors = collector.last_metrics(), {"requests": 4, "cache.hits": 1, "answered": 2, "tokens.input": 8}
    assert {name: metrics[f"locomo.{name}"] for name in vectors} == vectors


# Stages, in processes of their own


@pytest.mark.parametrize(("how", "code", "kind"), [("mistake", 2, "InputError"), ("bug", 1, "RuntimeError")])
def test_a_stage_is_a_span_with_how_it_ended(tmp_path: Path, how: str, code: int, kind: str) -> None:
    with collecting() as collector:
        env = {ENDPOINT: collector.endpoint, "OTEL_EXPORTER_OTLP_HEADERS": f"api-key={KEY}"}
        assert Workshop(tmp_path).run(how, **env)[0] == code
    (stage,) = collector.stages
    assert (stage.name, attributes(stage)["error.type"]) == ("stage work", kind)
    assert collector.headers[0]["api-key"] == KEY
    assert b"expected 2" not in b"".join(body for _, body in collector.bodies)


@pytest.mark.parametrize(
    "trouble", ["refused", "slow", "unauthorized", "unavailable", "no package", "bad variable", "no address"]
)
def test_no_collector_disturbs_a_run(tmp_path: Path, trouble: str) -> None:
    workshop = Workshop(tmp_path)
    env = {"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {KEY}"}
    status = {"unauthorized": 401, "unavailable": 503}.get(trouble, 200)
    with collecting(status=status, delay=60 if trouble == "slow" else 0) as collector:
        address = "127.0.0.1:9" if trouble == "refused" else collector.endpoint.removeprefix("http://")
        env[ENDPOINT] = f"http://somebody:{KEY}@{address}"
        if trouble == "no package":
            (tmp_path / "opentelemetry.py").write_text("raise ModuleNotFoundError(name='opentelemetry')")
            env["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
        elif trouble == "no address":
            address, env[ENDPOINT] = "the collector", f"http://somebody:{KEY}@nowhere:port"
        elif trouble == "bad variable":
            env["OTEL_METRIC_EXPORT_INTERVAL"] = "-1"
        started = time.monotonic()
        code, errors = workshop.run(**env)
    assert code == 0
    assert time.monotonic() - started < FLUSH + 20
    said = {
        "refused": "ConnectionError",
        "slow": "no answer in 3 s",
        "unauthorized": "HTTP 401",
        "unavailable": "it did not take all",
        "bad variable": "ValueError",
        "no address": "InvalidURL",
    }
    warning = f"{ENDPOINT}: telemetry does not reach {address}, and the run goes on: {said.get(trouble)}"
    if trouble == "no package":
        warning = f"{ENDPOINT}: OpenTelemetry is not installed: pip install 'locomo-pipeline[telemetry]'"
    lines = errors.splitlines()
    assert len(lines) == 3, errors
    assert [line for line in lines if line.startswith("OTEL_")] == [warning]
    assert KEY not in errors + (tmp_path / "logs/work.jsonl").read_text()
    assert (tmp_path / "out").read_text() == "done"


def test_nothing_of_it_is_imported_without_an_endpoint(tmp_path: Path) -> None:
    seen = "atexit.register(lambda: print([m for m in sys.modules if 'opentelemetry' in m], file=sys.stderr))"
    begin = f"import atexit, locomo.pipeline.models\n{seen}\n"
    work = WORK.replace("run_stage(", f"{begin}run_stage(")
    workshop = Workshop(tmp_path, work)
    assert workshop.run()[1].splitlines()[-1] == "[]"
    off = {ENDPOINT: "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}
    assert workshop.run(**off)[1].splitlines()[-1] == "[]"


@pytest.mark.parametrize("how", ["evaluate", "ask", "gateway"])
def test_what_is_no_stage_is_told_of_too(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    """Calls from a notebook, of `locomo ask` and of `locomo gateway`; the work of these two is a stand-in's."""
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "answers"))
    monkeypatch.chdir(tmp_path)
    unit = Asked("marmalade", "mock", [], None)
    monkeypatch.setattr("locomo.pipeline.ask.ask", lambda *_: ask(tmp_path) and unit)
    monkeypatch.setattr("locomo.pipeline.serving.serve", lambda *_, **__: ask(tmp_path))
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    with collecting() as collector:
        monkeypatch.setenv(ENDPOINT, collector.endpoint)
        if how == "evaluate":
            few = {"subset": {"first": 1}}
            assert evaluate("mock/words", SAMPLE, "paper", baselines=[], params=few).metrics
        else:
            command = ["ask", "Who?", "--conversation", "c"] if how == "ask" else ["gateway"]
            assert CliRunner().invoke(app, command).exit_code == 0
    (stage,) = collector.stages
    assert stage.name == f"stage {how}"
    assert len(collector.calls) > 2
    assert {span.parent_span_id for span in collector.calls} == {stage.span_id}
