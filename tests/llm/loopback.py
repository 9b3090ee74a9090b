"""A server on loopback that answers every call as a test says, and keeps the last call."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from serving import running

Reply = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    reply: Reply
    path: str
    headers: Headers
    body: dict

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.path, self.server.headers = self.path, self.headers
        self.server.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.reply(self)

    def do_GET(self) -> None:
        self.server.path, self.server.headers, self.server.body = self.path, self.headers, {}
        self.server.reply(self)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextmanager
def serve() -> Iterator[Server]:
    with running(Server(("127.0.0.1", 0), Handler)) as server:
        yield server


def reply(status: int, body: object, *, length: int | None = None, **headers: str) -> Reply:
    """Return a reply; `body` is JSON unless it is bytes, `length` makes the reply claim to be longer than it is."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length or len(data))}.items():
            handler.send_header(name, headers.pop(name.replace("-", "_"), value))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return send


def in_turn(*replies: Reply) -> Reply:
    """Return a reply that is each of these once."""
    left = iter(replies)

    def send(handler: BaseHTTPRequestHandler) -> None:
        next(left)(handler)

    return send


def dropped(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""


def hanging(until: threading.Event) -> Reply:
    """Return a reply that says nothing until the event is set."""
    return lambda handler: until.wait(30) and None
