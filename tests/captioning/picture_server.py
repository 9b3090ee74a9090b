"""A web server on loopback with pictures that tests paint, which notes who asked for what and when."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image
from serving import running

Answer = Callable[["Handler"], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.begun: list[float] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        with server.lock:
            server.asked.append(self.path)
            server.headers.append(dict(self.headers))
            server.begun.append(time.monotonic())
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            server.answers.get(self.path, status(404))(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with server.lock:
                server.at_once -= 1

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextmanager
def serve() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


def body(data: bytes, kind: str = "image/png", *, code: int = 200, length: int | None = None, **headers: str) -> Answer:
    def send(handler: Handler) -> None:
        handler.send_response(code)
        if kind:
            handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)
        if length is not None:
            handler.close_connection = True

    return send


def status(code: int, **headers: str) -> Answer:
    return body(b"", "text/html", code=code, **headers)


def redirect(to: str, code: int = 302) -> Answer:
    return status(code, Location=to)


def in_turn(*answers: Answer) -> Answer:
    """Each once, the last one for ever."""
    left = list(answers)

    def send(handler: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return send


def endless(handler: Handler) -> None:
    """More than anybody takes, without saying so."""
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(400):
        handler.wfile.write(b"\0" * 2**16)


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def dropped(handler: Handler) -> None:
    handler.close_connection = True


def painted(colour: str = "red", kind: str = "PNG", size: tuple[int, int] = (8, 6), **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind, **options)
    return written.getvalue()
