"""An OTLP/HTTP collector on loopback that keeps what it gets."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """What came in, as it was sent and as it is read."""

    endpoint: str = ""
    status: int = 200
    delay: float = 0.0
    """Seconds until it answers."""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        messages = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [
            span
            for message in messages
            for of_resource in message.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    @property
    def calls(self) -> list[Span]:
        return [span for span in self.spans if span.kind == Span.SPAN_KIND_CLIENT]

    @property
    def stages(self) -> list[Span]:
        return [span for span in self.spans if span.kind == Span.SPAN_KIND_INTERNAL]

    def resources(self) -> list[dict[str, Any]]:
        messages = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [attributes(each.resource) for message in messages for each in message.resource_spans]

    def last_metrics(self) -> dict[str, Any]:
        """The sum of a metric's points, or the count of a histogram, as they were last sent; by metric."""
        last = [body for path, body in self.bodies if path == "/v1/metrics"][-1]
        return {
            metric.name: sum(_value(point) for point in getattr(metric, str(metric.WhichOneof("data"))).data_points)
            for of_resource in ExportMetricsServiceRequest.FromString(last).resource_metrics
            for of_scope in of_resource.scope_metrics
            for metric in of_scope.metrics
        }


def _value(point: Any) -> float:
    if hasattr(point, "bucket_counts"):
        return point.count
    return getattr(point, str(point.WhichOneof("value")))


def attributes(of: Any) -> dict[str, Any]:
    """The attributes of a span or a resource."""

    def value(pair: KeyValue) -> Any:
        kind = str(pair.value.WhichOneof("value"))
        found = getattr(pair.value, kind)
        return [each.string_value for each in found.values] if kind == "array_value" else found

    return {pair.key: value(pair) for pair in of.attributes}


@contextmanager
def collecting(*, status: int = 200, delay: float = 0.0) -> Iterator[Collector]:
    collector = Collector(status=status, delay=delay)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(collector.delay)
            collector.bodies.append((self.path, body))
            collector.headers.append(dict(self.headers))
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
