"""What OpenTelemetry adds to the processor time of calls.

    python benchmarks/telemetry.py [--calls 2000] [--runs 5] [--words 2000]

Calls of a server of 50 ms (tests/llm/chat_server.py) with prompts of so many words, with cache and journal as a stage
makes them, without telemetry and with it in turn; server and collector are programs of their own. On a busy machine
runs vary by more than telemetry adds. So what its functions take is also measured by itself, by the clocks of the
threads that they run in: among the calls ("within"), and told of the same calls without a model ("alone").
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from llm_client import server
from opentelemetry.sdk.metrics.export import MetricReader

from locomo.llm import (
    Client,
    LlmSettings,
    Message,
    Price,
    Request,
    RequestCache,
    Response,
    Spending,
    observing,
    open_model,
)
from locomo.pipeline.call_telemetry import CallTelemetry
from locomo.pipeline.span_exporter import CallSpanExporter
from locomo.pipeline.telemetry import ENDPOINT, telemetry

BAR = 0.03
"""Of the processor time of the calls."""
COLLECTOR = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def collector() -> Iterator[str]:
    """Start a collector that reads and forgets; give its endpoint."""
    with subprocess.Popen([sys.executable, "-c", COLLECTOR], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def requests_of(calls: int, words: int) -> list[Request]:
    """Return so many requests, with the keys that the cache has asked for."""
    before = "word " * words
    requests = [Request("openai", "m", (Message("user", f"{before}Question {number}?"),), 8) for number in range(calls)]
    assert all(request.key for request in requests)
    return requests


def ask(requests: list[Request]) -> None:
    """Send requests, with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "calls.jsonl"
        spending = Spending(Price(input=1.0, output=1.0), journal=journal, run="benchmark", stage="qa")
        cache = RequestCache(Path(folder) / "requests")
        client = Client(open_model("openai/m", context_window=None), cache, LlmSettings(), spending)

        async def main() -> None:
            try:
                await client.ask_all(requests, lambda: None)
            finally:
                await client.provider.close()

        asyncio.run(main())
        cache.close()


def answers_of(calls: int) -> list[Response]:
    """Return so many answers, none of which took what another did."""
    return [Response("An answer.", "m-2026-11-29", 20 + each, each % 9, finish_reason="stop") for each in range(calls)]


def tell(answers: list[Response], requests: list[Request]) -> None:
    """Tell telemetry of the calls of requests."""
    assert observing.observer
    for number, (request, answer) in enumerate(zip(requests, answers, strict=True)):
        observing.observer.called(request, answer, (answer,), seconds=0.05 + number / 1e6, usd=0.001 + number / 1e6)


class Within:
    """The processor time of telemetry's functions, in whichever thread they run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        for kind, name in ((CallTelemetry, "called"), (CallSpanExporter, "export"), (MetricReader, "collect")):
            setattr(kind, name, self._timed(getattr(kind, name)))

    def _timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += time.thread_time() - began

        return timed

    def ms(self, work: Callable[[list[Request]], None], requests: list[Request]) -> float:
        """Return the milliseconds that they take of work with requests, without those of looking at the clock."""
        self.seconds = 0.0
        processor_ms(work, requests)
        began = time.thread_time()
        for _ in requests:
            time.thread_time()
        return 1000 * (self.seconds - (time.thread_time() - began))


def processor_ms(work: Callable[[list[Request]], None], requests: list[Request]) -> float:
    """Return the milliseconds of processor time that work with requests takes, with what is sent at its end."""
    began = time.process_time()
    with telemetry("qa", "benchmark"):
        work(requests)
    return 1000 * (time.process_time() - began)


def main(calls: int, runs: int, words: int) -> None:
    """Print the medians."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # as in a stage
    off, on, alone = list[float](), list[float](), list[float]()
    requests, answers = requests_of(calls, words), answers_of(calls)
    with collector() as endpoint, server(delay=0.05):
        processor_ms(ask, requests[:100])  # imports what calls need
        os.environ[ENDPOINT] = endpoint
        start = processor_ms(lambda _: None, [])
        for _ in range(runs):
            del os.environ[ENDPOINT]
            off.append(processor_ms(ask, requests))
            os.environ[ENDPOINT] = endpoint
            on.append(processor_ms(ask, requests))
            alone.append(processor_ms(partial(tell, answers), requests))
        within = Within()
        inside = [within.ms(ask, requests) for _ in range(runs)]
    print(f"{calls:,} calls, prompts of {words:,} words, {runs} runs, median milliseconds of processor time")
    for name, took in (("off", off), ("on", on), ("telemetry within", inside), ("telemetry alone", alone)):
        print(f"{name}: {median(took):,.0f} ({min(took):,.0f} to {max(took):,.0f}), {median(took) / calls:.3f} a call")
    print(f"its start, once: {start:,.0f}")
    print(f"added: {median(inside) / median(off):.1%} of the calls' own; bar: {BAR:.0%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--words", type=int, default=2000)
    main(**vars(parser.parse_args()))
