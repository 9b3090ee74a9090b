"""What a gateway does, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from locomo.gateway.counts import Caller
from locomo.llm import Price, Response

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Seconds."""


class Metrics:
    """The counters of one gateway."""

    def __init__(self, price: Price | None) -> None:
        self._price = price
        self._registry = CollectorRegistry()

        def counter(name: str, about: str, labels: tuple[str, ...] = ()) -> Counter:
            return Counter(f"locomo_gateway_{name}", about, labels, registry=self._registry)

        self._requests = counter(
            "requests", "Requests by endpoint, caller and HTTP status", ("endpoint", "system", "status")
        )
        self._answers = counter("answers", "Answers of the model by where they came from", ("system", "source"))
        self._tokens = counter("tokens", "Tokens of all answers", ("system", "direction"))
        self._usd = counter("spent_usd", "US dollars of answers that were not in the cache", ("system",))
        self._seconds = Histogram(
            "locomo_gateway_seconds", "Seconds a request", ("endpoint",), buckets=BUCKETS, registry=self._registry
        )
        self._in_flight = Gauge("locomo_gateway_in_flight", "Requests being served", registry=self._registry)

    def began(self) -> None:
        """Count a request in."""
        self._in_flight.inc()

    def ended(self, endpoint: str, caller: Caller, status: int, seconds: float) -> None:
        """Count a request out."""
        self._in_flight.dec()
        self._requests.labels(endpoint, caller.system, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def answered(self, caller: Caller, response: Response, *, hit: bool) -> None:
        """Count an answer."""
        self._answers.labels(caller.system, "cache" if hit else "model").inc()
        self._tokens.labels(caller.system, "input").inc(response.input_tokens)
        self._tokens.labels(caller.system, "output").inc(response.output_tokens)
        if self._price is not None and not hit:
            self._usd.labels(caller.system).inc(
                self._price.cost(
                    response.input_tokens,
                    response.output_tokens,
                    cached=response.cached_tokens,
                    written=response.cache_write_tokens,
                )
            )

    def text(self) -> bytes:
        """Return all of it as it is scraped."""
        return generate_latest(self._registry)
