"""OpenTelemetry where OTEL_EXPORTER_OTLP_ENDPOINT names a collector. It never stops, fails or delays a stage.

Nothing of OpenTelemetry is imported where the variable is not set. The standard's other variables hold too; a collector
is spoken to by OTLP over HTTP.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from locomo.extras import PROJECT
from locomo.llm.observing import observe

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    from locomo.pipeline.call_telemetry import CallTelemetry

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
TIMEOUT: Final = 5.0
"""Seconds that a collector may take to accept a batch, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise."""
FLUSH: Final = 3.0
"""Seconds that the end of a stage waits until a collector has all, at most."""
QUEUE: Final = 2**14
"""Spans that wait to be sent, at most; more are dropped."""
QUEUE_WITH_CONTENT: Final = 2**9
"""The same where prompts are in them."""
BATCH: Final = 2**11
BATCH_WITH_CONTENT: Final = 2**4
"""Spans of one message: collectors refuse messages above 20 MiB."""

log = logging.getLogger("locomo")


@contextmanager
def telemetry(stage: str, run: str) -> Iterator[None]:
    """Send spans and metrics of what is done inside, if there is a collector to send them to."""
    endpoint = os.environ.get(ENDPOINT, "").strip()
    if not endpoint or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield
        return
    warning = _Warning(endpoint)
    opened = _open(stage, run, warning)
    if opened is None:
        yield
        return
    try:
        yield
    except BaseException as error:
        opened.failed(error)
        raise
    finally:
        observe(None)
        opened.close()


class _Warning(logging.Handler):
    """One line for all trouble. OpenTelemetry's own say more, and may quote an address or a header with its key."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(logging.WARNING)
        self._where = _host(endpoint)
        self._said = threading.Lock()
        self.trouble = threading.Event()
        """Set once something could not be sent."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say what kind of trouble a record of OpenTelemetry tells of."""
        values = record.args if isinstance(record.args, tuple) else ()
        if record.exc_info and record.exc_info[1] is not None:
            values += (record.exc_info[1],)
        errors = [type(value).__name__ for value in values if isinstance(value, BaseException)]
        codes = [f"HTTP {value}" for value in values if isinstance(value, int)]
        self.say((codes or errors or ["it did not take all"])[0])

    def say(self, reason: str) -> None:
        """Warn, the first time, that telemetry is not whole."""
        self.trouble.set()
        if self._said.acquire(blocking=False):
            log.warning("%s: telemetry does not reach %s, and the run goes on: %s", ENDPOINT, self._where, reason)


class _Opened:
    """What sends a stage's telemetry."""

    def __init__(
        self,
        span: Span,
        calls: CallTelemetry,
        providers: tuple[TracerProvider, MeterProvider],
        warning: _Warning,
        quiet: Callable[[], None],
    ) -> None:
        self._span = span
        self._calls = calls
        self._providers = providers
        self._warning = warning
        self._quiet = quiet

    def failed(self, error: BaseException) -> None:
        """Note the kind of error that the stage ends with; its words may be of the data."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_attribute("error.type", type(error).__name__)
        self._span.set_status(Status(StatusCode.ERROR))

    def close(self) -> None:
        """Send what is left, for as long as `FLUSH` and for no longer than there is hope."""
        self._calls.tell()
        self._span.end()
        over = threading.Event()
        flushes = [threading.Thread(target=provider.shutdown, daemon=True) for provider in self._providers]

        def flush() -> None:
            for each in flushes:
                each.start()
            for each in flushes:
                each.join()
            over.set()

        threading.Thread(target=flush, daemon=True).start()
        waited = 0.0
        while not over.wait(0.05) and not self._warning.trouble.is_set():
            waited += 0.05
            if waited >= FLUSH:
                self._warning.say(f"no answer in {FLUSH:.0f} s")
        self._quiet()


def _open(stage: str, run: str, warning: _Warning) -> _Opened | None:
    """Return what sends telemetry, and tell it of calls; None, after a warning, where that cannot be."""
    try:
        return _set_up(stage, run, warning)
    except ModuleNotFoundError:
        log.warning("%s: OpenTelemetry is not installed: pip install '%s[telemetry]'", ENDPOINT, PROJECT)
    except Exception as error:  # such as a variable of the standard that is not what it has to be
        warning.say(type(error).__name__)
    return None


def _set_up(stage: str, run: str, warning: _Warning) -> _Opened:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from locomo.pipeline.call_telemetry import SCOPE, CallTelemetry, content_is_wanted
    from locomo.pipeline.span_exporter import CallSpanExporter

    class RunIds(RandomIdGenerator):
        """All stages of a run are one trace."""

        def generate_trace_id(self) -> int:
            return int.from_bytes(hashlib.sha256(f"{platform.node()}/{run}".encode()).digest()[:16])

    class OneResource(Resource):
        """The process: hashed for each span, which by all that is said of it is a sixth of what a span takes."""

        __hash__ = object.__hash__

    quiet = _hear(warning)
    own = {"service.name": "locomo", "service.version": _version(), "service.instance.id": f"{run}/{stage}"}
    own |= {"locomo.run": run, "locomo.stage": stage}
    said = Resource.create(own).merge(OTELResourceDetector().detect())  # what the user's variables say comes last
    resource = OneResource(said.attributes, said.schema_url)
    content = content_is_wanted()
    spans = None
    traces = TracerProvider(
        ALWAYS_ON,
        resource,
        shutdown_on_exit=False,  # the end waits for `FLUSH`, and not for as long as a collector may take
        id_generator=RunIds(),
    )
    if _is_wanted("TRACES"):
        spans = BatchSpanProcessor(
            CallSpanExporter(_timeout("TRACES")),
            max_queue_size=QUEUE_WITH_CONTENT if content else QUEUE,
            max_export_batch_size=BATCH_WITH_CONTENT if content else BATCH,
        )
        traces.add_span_processor(spans)
    readers = (
        [PeriodicExportingMetricReader(OTLPMetricExporter(timeout=_timeout("METRICS")))]
        if _is_wanted("METRICS")
        else []
    )
    metrics = MeterProvider(readers, resource, exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False)
    span = traces.get_tracer(SCOPE).start_span(f"stage {stage}", attributes={"locomo.stage": stage})
    calls = CallTelemetry(
        span.get_span_context(),
        spans,
        metrics.get_meter(SCOPE),
        resource,
        stage=stage,
        content=content,
        warn=warning.say,
    )
    observe(calls)
    return _Opened(span, calls, (traces, metrics), warning, quiet)


def _host(endpoint: str) -> str:
    """Return host and port of an address, which may have a name and a password before them."""
    try:
        url = urlsplit(endpoint)
        return f"{url.hostname}:{url.port}" if url.port else url.hostname or "the collector"
    except ValueError:  # it is none, as the exporter will find
        return "the collector"


def _version() -> str:
    try:
        return version(PROJECT)
    except PackageNotFoundError:  # run from its source
        return "unknown"


def _is_wanted(signal: str) -> bool:
    return os.environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower() != "none"


def _timeout(signal: str) -> float | None:
    """Return seconds; None where the exporter finds them in its own variables."""
    names = ("OTEL_EXPORTER_OTLP_TIMEOUT", f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT")
    return None if any(os.environ.get(name) for name in names) else TIMEOUT


def _hear(warning: _Warning) -> Callable[[], None]:
    """Let OpenTelemetry's loggers speak through the warning alone; return what lets them say nothing any more."""
    theirs = logging.getLogger("opentelemetry")
    theirs.propagate = False
    theirs.handlers = [warning]
    return lambda: setattr(theirs, "handlers", [logging.NullHandler()])
