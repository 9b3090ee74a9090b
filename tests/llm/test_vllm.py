"""The sample answered by vLLM behind a service of models.yaml, beside the same weights in this process.

Needs a vLLM for the CPU in an environment of its own: `make vllm-check` installs it (3.5 GB), and LOCOMO_VLLM names it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SAMPLE
from tiny_hf import save_model

from locomo.dataset import read_conversations
from locomo.llm import Client, Provider, RequestCache, open_model
from locomo.schema import Prediction
from locomo.tasks.job import Job, answer
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs

if "LOCOMO_VLLM" not in os.environ:
    pytest.skip("no vLLM: `make vllm-check` installs it and runs this", allow_module_level=True)

WINDOW, ANSWER = 2048, 32
"""Tokens; of these weights, a token is a byte."""
SIZES = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,  # the smallest that vLLM has for a CPU
    "max_position_embeddings": WINDOW,
}
MINUTES = 5
"""That the server may take to start: 1 to 2 on two busy cores."""
PROTOCOL = asking_protocol("strict")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    save_model(folder, "llama", **SIZES)
    return folder


@pytest.fixture(scope="module")
def project(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose models.yaml names the server that runs meanwhile."""
    folder = tmp_path_factory.mktemp("project")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "models.yaml").write_text(
        f"services:\n  vllm: {{base_url: 'http://127.0.0.1:{port}/v1', concurrency: 8, revision: tiny-1}}\n"
        f"models:\n  vllm/tiny: {{context_window: {WINDOW}}}\n"
    )
    options = {
        "--served-model-name": "tiny",
        "--host": "127.0.0.1",
        "--port": str(port),
        "--max-model-len": str(WINDOW),
        "--dtype": "float32",
    }
    command = [os.environ["LOCOMO_VLLM"], "serve", str(weights), "--enforce-eager", "--enable-prompt-tokens-details"]
    settings = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",  # threads that wait for each other are slow beside other work
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
    }
    log = folder / "vllm.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            [*command, *(word for pair in options.items() for word in pair)],
            env=os.environ | settings,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server, log)
            yield folder
        finally:
            os.killpg(server.pid, signal.SIGTERM)  # its engine is a process of its own
            server.wait(60)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(MINUTES * 60):
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310
            return
        except OSError:
            time.sleep(1)
    pytest.fail(f"vLLM did not start in {MINUTES} minutes: {log.read_text()[-3000:]}")


@pytest.fixture
def jobs(weights: Path) -> list[Job]:
    """The same prompts for both: cut to what the weights' own vocabulary counts."""
    exact = open_model(f"hf/{weights}", context_window=WINDOW)
    room = {"window": WINDOW - 64, "max_tokens": ANSWER, "seed": 1, "count_tokens": exact.count_tokens}
    return qa_jobs(read_conversations(SAMPLE), PROTOCOL, **room)


def asked(jobs: list[Job], model: Provider, folder: Path) -> tuple[list[Prediction], Client]:
    client = Client(model, RequestCache(folder))
    rows: list[Prediction] = []
    answer(jobs, client, PROTOCOL, keep=rows.append, max_tokens=ANSWER, seed=1)
    return rows, client


def said(rows: list[Prediction]) -> list[str]:
    """Answers, or that there is none: random weights may end at once. vLLM leaves out the half of a character that an
    answer may be cut in."""
    return [str(row.raw or row.error).rstrip("\N{REPLACEMENT CHARACTER}") for row in rows]


def test_the_sample_is_answered_as_by_the_weights_themselves(
    project: Path, weights: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(project)
    served, client = asked(jobs, open_model("vllm/tiny", context_window=None), tmp_path / "served")
    assert len(served) == len(jobs)
    assert {row.error for row in served} <= {None, "the model gave an empty answer"}
    assert client.tally.answered >= 0.9 * len(jobs)
    assert client.tally.retries.total() == 0

    own, _ = asked(jobs, open_model(f"hf/{weights}", context_window=WINDOW), tmp_path / "own")
    same = sum(left == right for left, right in zip(said(served), said(own), strict=True))
    print(f"{same} of {len(jobs)} answers as by hf, {client.tally.cached_tokens} of {client.tally.input_tokens} cached")
    assert same >= 0.98 * len(jobs)  # sums in another order may turn a word that is as likely as another
    # Three conversations are read once, in whole blocks of 128 tokens; a question is read for itself.
    assert client.tally.cached_tokens > 0.85 * client.tally.input_tokens

    again, client = asked(jobs, open_model("vllm/tiny", context_window=None), tmp_path / "served")
    assert client.tally.answered == 0
    assert [row.raw for row in again] == [row.raw for row in served]
