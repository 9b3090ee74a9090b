"""A server of batches on loopback, in both dialects, for what llmock cannot do: it fails as a test says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from serving import running

KINDS = {400: "invalid_request_error", 401: "authentication_error", 500: "api_error", 529: "overloaded_error"}


@dataclass
class Batch:
    id: str
    items: list[dict]
    metadata: dict | None
    created: float
    state: str = "ended"
    """'running', 'ended', 'expired', 'cancelled' or 'failed'."""


class Refused(int):
    """The status of a refusal in its own words."""

    def __new__(cls, words: str) -> Refused:
        made = super().__new__(cls, 400)
        made.words = words
        return made

    words: str = "no\nway"


def upper(prompt: str) -> object:
    return prompt.upper()


@dataclass
class Script:
    """What happens: a test changes it, also while the server runs."""

    answer: Callable[[str], object] = upper
    """Prompt to text, to an HTTP status, to 'expired!', or to None for no line at all."""
    refuses: Callable[[dict], str | None] = lambda _: None
    """The body of a request to why it is refused with status 400."""
    state: str = "ended"
    polls_until_done: int = 0
    trouble: list[tuple[str, Callable[[Handler], None]]] = field(default_factory=list)
    """(Part of 'METHOD /path', what to do instead), each once."""
    after_create: Callable[[Handler], bool] = lambda _: False
    """Called when a batch is made; whether it has answered the call itself."""
    reverse: bool = False
    queue: int | None = None
    """Requests that may wait at once: more is refused, as OpenAI does."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = Script()
        self.batches: dict[str, Batch] = {}
        self.files: dict[str, str] = {}
        self.calls: list[str] = []
        self.polls = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def handed_in(self) -> list[str]:
        """All prompts ever submitted, in order."""
        return [item["prompt"] for batch in self.batches.values() for item in batch.items]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""

    def send(self, status: int, body: object, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        kind = "application/jsonl" if isinstance(body, str) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.take(b"")

    def do_POST(self) -> None:
        self.take(self.rfile.read(int(self.headers["Content-Length"])))

    def take(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        call = f"{self.command} {path}"
        self.server.calls.append(call)
        for trouble in self.server.script.trouble:
            if trouble[0] in call:
                self.server.script.trouble.remove(trouble)
                trouble[1](self)
                return
        (Anthropic if "/messages/" in path else OpenAI)(self).route(call, path, body, self.headers)


class Dialect:
    def __init__(self, handler: Handler) -> None:
        self.handler, self.server, self.script = handler, handler.server, handler.server.script

    def make(self, items: list[dict], metadata: dict | None) -> None:
        number = len(self.server.batches)
        full = self.script.queue is not None and len(items) > self.script.queue
        state = "failed" if full else self.script.state
        batch = Batch(f"batch_{number}", items, metadata, time.time(), state=state)
        self.server.batches[batch.id] = batch
        if not self.script.after_create(self.handler):
            self.handler.send(200, self.shown(batch))

    def state(self, batch: Batch) -> str:
        return "running" if self.server.polls <= self.script.polls_until_done else batch.state

    def found(self, path: str) -> Batch | None:
        batch = self.server.batches.get(re.search(r"/batches/(\w+)", path)[1])
        if batch is None:
            self.handler.send(404, {"error": {"message": "no such batch", "type": "not_found_error"}})
        return batch

    def outcomes(self, batch: Batch) -> list[tuple[dict, object]]:
        lines = [
            (item, Refused(why) if (why := self.script.refuses(item["body"])) else self.script.answer(item["prompt"]))
            for item in batch.items
        ]
        return lines[::-1] if self.script.reverse else lines

    def shown(self, batch: Batch) -> dict:
        raise NotImplementedError


class OpenAI(Dialect):
    def route(self, call: str, path: str, body: bytes, headers: Headers) -> None:
        if call == "POST /v1/files":
            boundary = headers["Content-Type"].partition("boundary=")[2].encode()
            part = next(part for part in body.split(b"--" + boundary) if b'name="file"' in part)
            file = f"file_{len(self.server.files)}"
            self.server.files[file] = part.partition(b"\r\n\r\n")[2].decode().removesuffix("\r\n")
            shown = {"id": file, "object": "file", "purpose": "batch", "bytes": 1, "created_at": 1, "filename": "x"}
            self.handler.send(200, shown | {"status": "processed"})
        elif call == "POST /v1/batches":
            asked = json.loads(body)
            lines = [json.loads(line) for line in self.server.files[asked["input_file_id"]].split("\n") if line]
            items = [
                {"id": line["custom_id"], "body": line["body"], "prompt": line["body"]["messages"][-1]["content"]}
                for line in lines
            ]
            self.make(items, asked.get("metadata"))
        elif call == "GET /v1/batches":
            data = [self.shown(batch) for batch in reversed(self.server.batches.values())]
            self.handler.send(200, {"object": "list", "data": data, "has_more": False})
        elif "/files/" in path:
            batch = self.server.batches[path.split("/")[3].rpartition("-")[0]]
            self.handler.send(200, self.results(batch, good="output" in path))
        elif batch := self.found(path):
            self.server.polls += 1
            self.handler.send(200, self.shown(batch))

    def shown(self, batch: Batch) -> dict:
        state = self.state(batch)
        status = {"running": "in_progress", "ended": "completed"}.get(state, state)
        readable = state not in ("running", "failed")
        code = "bad" if self.script.queue is None else "token_limit_exceeded"
        total = len(batch.items)
        return {
            "id": batch.id,
            "object": "batch",
            "status": status,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": int(batch.created),
            "input_file_id": "f",
            "metadata": batch.metadata,
            "output_file_id": f"{batch.id}-output" if readable else None,
            "error_file_id": f"{batch.id}-error" if readable else None,
            "errors": {"data": [{"code": code, "message": "the file\nis no good"}]} if status == "failed" else None,
            "request_counts": {"total": total, "completed": total if readable else 0, "failed": 0},
        }

    def results(self, batch: Batch, *, good: bool) -> str:
        lines = []
        for item, outcome in self.outcomes(batch):
            if outcome is None or (isinstance(outcome, str) and outcome != "expired!") != good:
                continue
            line: dict = {"id": "x", "custom_id": item["id"], "response": None, "error": None}
            if good:
                message = {"role": "assistant", "content": outcome}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
                answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice]}
                line["response"] = {"status_code": 200, "request_id": "r", "body": answer | {"usage": usage}}
            elif outcome == "expired!":
                line["error"] = {"code": "batch_expired", "message": "This request could not be executed in time."}
            else:
                words = getattr(outcome, "words", Refused.words)
                error = {"error": {"message": words, "type": "t", "code": None}}
                line["response"] = {"status_code": outcome, "request_id": "r", "body": error}
            lines.append(json.dumps(line, ensure_ascii=False))
        return "\n".join(lines)


class Anthropic(Dialect):
    def route(self, call: str, path: str, body: bytes, headers: Headers) -> None:
        if call == "POST /v1/messages/batches":
            items = [
                {"id": each["custom_id"], "body": each["params"], "prompt": each["params"]["messages"][-1]["content"]}
                for each in json.loads(body)["requests"]
            ]
            self.make(items, None)
        elif call == "GET /v1/messages/batches":
            data = [self.shown(batch) for batch in reversed(self.server.batches.values())]
            self.handler.send(200, {"data": data, "has_more": False, "first_id": None, "last_id": None})
        elif batch := self.found(path):
            if path.endswith("/results"):
                self.handler.send(200, self.results(batch))
            else:
                self.server.polls += 1
                self.handler.send(200, self.shown(batch))

    def shown(self, batch: Batch) -> dict:
        running = self.state(batch) == "running"
        counts = {"processing": len(batch.items) if running else 0, "succeeded": 0 if running else len(batch.items)}
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "in_progress" if running else "ended",
            "request_counts": counts | {"errored": 0, "canceled": 0, "expired": 0},
            "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(batch.created)),
            "expires_at": "2030-01-01T00:00:00Z",
            "results_url": "https://elsewhere.invalid/results",
        }

    def results(self, batch: Batch) -> str:
        lines = []
        for item, outcome in self.outcomes(batch):
            if outcome is None:
                continue
            if outcome == "expired!" or batch.state in ("expired", "cancelled"):
                result: dict = {"type": "canceled" if batch.state == "cancelled" else "expired"}
            elif isinstance(outcome, str):
                message = {"id": "1", "type": "message", "role": "assistant", "model": "m-1", "stop_reason": "end_turn"}
                usage = {"input_tokens": 9, "output_tokens": 2}
                content = [{"type": "text", "text": outcome}]
                result = {"type": "succeeded", "message": message | {"content": content, "usage": usage}}
            else:
                error = {"type": KINDS[outcome], "message": getattr(outcome, "words", Refused.words)}
                result = {"type": "errored", "error": {"type": "error", "error": error}}
            lines.append(json.dumps({"custom_id": item["id"], "result": result}, ensure_ascii=False))
        return "\n".join(lines)


def dropped(handler: Handler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def failing(status: int, **headers: str) -> Callable[[Handler], None]:
    """Return a handling that answers with an HTTP error."""
    return lambda handler: handler.send(status, {"error": {"message": "no\nway", "type": "t"}}, **headers)


@contextmanager
def serve_batches() -> Iterator[Server]:
    with running(Server()) as server:
        yield server
