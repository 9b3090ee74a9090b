"""A process that has imported the libraries, and runs Python programs in forks of itself: see client.py.

    python server.py SOCKET

None of this project's own modules is imported here: those of the program's own folder are, in the fork. The server ends
with the process that started it.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import io
import json
import logging
import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

WARM = (
    *("great_expectations", "great_expectations.expectations.core", "pandas", "numpy", "scipy.stats", "pyarrow"),
    *("faiss", "torch", "transformers", "transformers.models.bert.modeling_bert", "bm25s", "nltk"),
    *("openai", "openai.resources", "anthropic", "anthropic.resources", "aiohttp", "tiktoken", "pydantic", "jinja2"),
    *("diskcache", "filelock", "jsonschema", "ir_measures", "gguf", "xllamacpp", "PIL.Image", "psutil", "requests"),
    *("dvc.cli", "dvc.cli.parser", "dvc.repo", "dvc.repo.reproduce", "dvc.repo.status", "dvc.repo.experiments"),
    *("dvc.api", "dvc_data", "dvc_data.index", "dvc_objects", "scmrepo", "scmrepo.git", "dvc.commands.repro"),
    *("dvc.repo.experiments.run", "dvc.repo.experiments.queue.workspace", "dvc.repo.experiments.queue.celery"),
    *("networkx", "hydra", "dvc_render", "prometheus_client", "aiohttp.web", "rouge_score.rouge_scorer"),
    *("safetensors", "huggingface_hub", "tenacity", "tqdm", "yaml", "dotenv", "platformdirs", "bert_score"),
    *("pygit2", "dulwich.repo", "flatten_dict", "configobj", "celery", "kombu", "dvc_task", "antlr4", "s3fs", "dvc_s3"),
    *("dvc.commands.experiments", "dvc.commands.metrics", "dvc.commands.data_sync", "aiobotocore.session", "wrapt"),
    *("aioitertools", "typer", "rich.console", "rich.table", "wcwidth", "tabulate", "absl.logging"),
)


def main() -> None:
    path = Path(sys.argv[1])
    starter = os.getppid()
    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError as error:  # an optional one; programs say so themselves
            print(f"warm: {error}", file=sys.stderr)
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(64)
    listening.settimeout(1)
    while os.getppid() == starter:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            connection = None
        if connection is not None:
            if os.fork() == 0:
                listening.close()
                serve(connection)
            connection.close()
        while _reaped():
            pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def serve(connection: socket.socket) -> None:
    """Run the program that a client asks for, and end with its exit code."""
    connection.settimeout(None)
    head, descriptors, _, _ = socket.recv_fds(connection, 8, 3)
    job = json.loads(_exactly(connection, int.from_bytes(head, "big")))
    # Die with the client: its end of the connection closes, and SIGIO ends a process that has not asked for it.
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, fcntl.fcntl(connection, fcntl.F_GETFL) | os.O_ASYNC)
    for standard, given in enumerate(descriptors):
        os.dup2(given, standard)
        os.close(given)
    _begin(job)
    code = _run(job["name"], job["arguments"])
    fcntl.fcntl(connection, fcntl.F_SETFL, fcntl.fcntl(connection, fcntl.F_GETFL) & ~os.O_ASYNC)
    connection.send(bytes([code & 0xFF]))
    os._exit(code & 0xFF)


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            os._exit(1)
        received += part
    return bytes(received)


def _begin(job: dict[str, Any]) -> None:
    """Be the process that the client would have become."""
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    time.tzset()
    tempfile.tempdir = None
    parent = job["parent"]
    os.getppid = lambda: parent
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding=sys.stdin.encoding)
    for name, number in (("stdout", 1), ("stderr", 2)):
        was = getattr(sys, name)
        buffered = io.BufferedWriter(io.FileIO(number, "wb", closefd=False))
        new = io.TextIOWrapper(
            buffered, encoding=was.encoding, errors=was.errors, line_buffering=number == 2 or os.isatty(number)
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)
    signal.set_wakeup_fd(-1)


def _run(name: str, arguments: list[str]) -> int:
    """Run a program in this process; return its exit code."""
    here, own = sys.path[0], os.environ.get("PYTHONPATH")
    added = [own] if own else []
    rest = [entry for entry in sys.path if entry != here]
    try:
        if name == "python" and arguments[0] == "-c":
            sys.argv, sys.path = ["-c", *arguments[2:]], ["", *added, *rest]
            exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
        else:
            real = Path(os.environ["LOCOMO_TEST_WARM_REAL"], name)
            script, *arguments = arguments if name == "python" else [str(real), *arguments]
            sys.argv = [script, *arguments]
            sys.path = [str(Path(script).resolve().parent), *added, *rest]
            runpy.run_path(script, run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if ended.code is not None and not isinstance(ended.code, int):
            print(ended.code, file=sys.stderr)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        code = code or 120
    return code


if __name__ == "__main__":
    main()
