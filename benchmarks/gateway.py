"""What the gateway adds: calls of 50 ms, 64 in flight, of the bare client and of the same client through the gateway.

    python benchmarks/gateway.py [--calls 2000] [--runs 3]

The gateway is the program `locomo gateway`, the server (tests/llm/chat_server.py) another one: both take a part of the
machine. Every call is a new one: nothing comes from the cache, and everything is stored in it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from llm_client import IN_FLIGHT, ROOT, bare, server

CALLS = 2000
TOKEN = "benchmark"  # noqa: S105  (nobody else can call it)


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start a gateway in front of what OPENAI_BASE_URL names, with a cache of its own; give address and process."""
    environment = os.environ | {"LOCOMO_CACHE_DIR": str(folder / "requests"), "LOCOMO_GATEWAY_TOKEN": TOKEN}
    command = [str(Path(sys.executable).with_name("locomo")), "gateway", "--model", "openai/m", "--port", "0"]
    command += ["-S", f"llm.concurrency={IN_FLIGHT}"]
    shutil.copy(ROOT / "params.yaml", folder)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[-1], psutil.Process(process.pid)
        finally:
            process.terminate()


def spent(process: psutil.Process) -> float:
    """Return the processor seconds that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def through(address: str, calls: int) -> float:
    """Return the seconds that the bare client takes through the gateway."""
    before = {name: os.environ[name] for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY")}
    os.environ |= {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": TOKEN}
    try:
        return asyncio.run(bare(calls, IN_FLIGHT))
    finally:
        os.environ |= before


def main(calls: int, runs: int) -> None:
    """Print both sides of each run."""
    for run in range(runs):
        with server(delay=0.05), tempfile.TemporaryDirectory() as name:
            ourselves = psutil.Process()
            before = spent(ourselves)
            alone = asyncio.run(bare(calls, IN_FLIGHT))
            client = spent(ourselves) - before
            with gateway(Path(name)) as (address, process):
                before = spent(process)
                new = through(address, calls)
                added = spent(process) - before
                again = through(address, calls)
        print(
            f"run {run + 1}: {calls} calls, bare client {alone:.2f} s, through the gateway {new:.2f} s "
            f"({new / alone:.2f} times), answered from its cache {again:.2f} s; processor seconds: bare client "
            f"{client:.2f}, gateway {added:.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--runs", type=int, default=3)
    main(**vars(parser.parse_args()))
