"""A server that bills by tokens, as OpenAI and Anthropic do, with all that goes wrong between it and its users.

It speaks both dialects and OpenAI's embeddings. Whatever it generates is billed, also what its user cannot use.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from serving import running

INPUT, OUTPUT, WRITTEN = 1.00, 4.00, 1.25
"""US dollars per million tokens; of what is written to the cache."""
UNUSABLE = ("filtered", "refused", "empty")
"""What is billed with its usage, and is no answer."""
UNREPORTED = ("malformed", "cut", "no_usage")
"""What is billed, and says nothing of its usage that its user could read."""
UNBILLED = ("429", "500", "503")
FAULTS = (*UNUSABLE, *UNREPORTED, *UNBILLED)
PRICES = """\
models:
  openai/gpt-billed: {input: 1.00, output: 4.00}
  openai/embed-billed: {input: 1.00, output: 0}
  anthropic/claude-billed: {input: 1.00, cache_write: 1.25, cached_input: 0.10, output: 4.00}
"""
"""The same in prices.yaml."""


def picodollars(usd: float) -> float:
    """Without what a sum of floats owes to the order of its calls, so that two sums of the same calls are equal."""
    return round(usd, 12)


class BillingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.answer: Callable[[str], str] = lambda prompt: "Ruth keeps bees."
        """To the last message of a prompt."""
        self.fault: Callable[[str], str | None] = lambda prompt: None
        """What goes wrong with a call."""
        self.on_call: Callable[[], None] = lambda: None
        self.usd = self.reported = 0.0
        """What has been billed; and that part of it whose usage was told."""
        self.calls: Counter[str] = Counter()
        """By fault; 'answered' and 'embedded' without one."""
        self.prompts: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def bill(self, fault: str | None, usd: float) -> None:
        with self.lock:
            if fault not in UNBILLED:
                self.usd = picodollars(self.usd + usd)
                self.reported = picodollars(self.reported + (0 if fault in UNREPORTED else usd))

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: BillingServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.on_call()
        if self.path.endswith("/embeddings"):
            self._embed(body)
        else:
            self._chat(body, anthropic=self.path.endswith("/messages"))

    def _embed(self, body: dict) -> None:
        tokens = sum(map(tokens_of, body["input"]))
        self.server.bill(None, tokens * INPUT / 1e6)
        self._note("embedded", "")
        rows = [
            {"index": index, "object": "embedding", "embedding": vector(text)}
            for index, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        self._say(200, {"object": "list", "model": "embed-billed", "data": rows, "usage": usage})

    def _chat(self, body: dict, *, anthropic: bool) -> None:
        prompt = text_of(body["messages"][-1])
        sent = sum(tokens_of(text_of(message)) for message in body["messages"]) + tokens_of(str(body.get("system", "")))
        fault = self.server.fault(prompt)
        text = "" if fault == "empty" else self.server.answer(prompt)
        said = min(tokens_of(text) + 1, body["max_tokens"])
        self.server.bill(fault, (sent * (WRITTEN if anthropic else INPUT) + said * OUTPUT) / 1e6)
        self._note(fault or "answered", prompt)
        if fault in UNBILLED:
            self._say(int(fault), {"error": {"message": "not now", "type": "t"}})
            return
        answer = (_anthropic if anthropic else _openai)(text, fault, sent, said)
        data = json.dumps(answer).encode()
        self._send(200, data[: len(data) // 2] if fault in ("malformed", "cut") else data, cut=fault == "cut")

    def _note(self, what: str, prompt: str) -> None:
        with self.server.lock:
            self.server.calls[what] += 1
            self.server.prompts.append(prompt)

    def _say(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, data: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) + 99 * cut))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = self.close_connection or cut

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextmanager
def billing() -> Iterator[BillingServer]:
    with running(BillingServer()) as server:
        yield server


def some(share: float, faults: tuple[str, ...] = FAULTS, seed: int = 1) -> Callable[[str], str | None]:
    """Return faults that befall a share of the calls."""
    pick = random.Random(seed)
    return lambda prompt: pick.choice(faults) if pick.random() < share else None


def tokens_of(text: str) -> int:
    return len(text.encode()) // 4 + 1


def vector(text: str) -> list[float]:
    pick = random.Random(text)
    return [pick.uniform(-1, 1) for _ in range(8)]


def text_of(message: dict) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _openai(text: str, fault: str | None, sent: int, said: int) -> dict:
    reason = "content_filter" if fault == "filtered" else "stop"
    message = {"role": "assistant", "content": text, "refusal": "no" if fault == "refused" else None}
    usage = {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}
    answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-billed"}
    choices = [{"index": 0, "finish_reason": reason, "message": message}]
    return answer | {"choices": choices} | ({} if fault == "no_usage" else {"usage": usage})


def _anthropic(text: str, fault: str | None, sent: int, said: int) -> dict:
    tokens = (0, 0) if fault == "no_usage" else (sent, said)
    usage = {"input_tokens": 0, "cache_creation_input_tokens": tokens[0], "output_tokens": tokens[1]}
    reason = "refusal" if fault in ("filtered", "refused") else "end_turn"
    message = {"id": "1", "type": "message", "role": "assistant", "model": "claude-billed", "stop_sequence": None}
    return message | {"content": [{"type": "text", "text": text}], "stop_reason": reason, "usage": usage}
