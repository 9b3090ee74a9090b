"""Local models on the workers of a Ray cluster: the bytes of one process, whatever happens to the workers."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import PARAMS, ROOT

from locomo.dataset import read_conversations
from locomo.errors import InputError, ProviderError
from locomo.llm import Client, LlmSettings, Message, Request, Spending, addressed, open_cache, open_model
from locomo.llm.provider import AnswerError, Provider
from locomo.llm.workers import RayProvider, on_workers, places
from locomo.pipeline.encoder_workers import open_on_workers
from locomo.pipeline.encoders import open_stored_encoder
from locomo.pipeline.params import parse_params
from locomo.retrieval.embedding_store import StoredEncoder
from locomo.retrieval.encoder import open_encoder

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'locomo-pipeline[ray]'")

OPEN = partial(open_model, "mock/words", context_window=None)


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    """Workers inherit how long a call takes; the cluster ends with the tests."""
    before = os.environ.get("LOCOMO_MOCK_DELAY")
    os.environ["LOCOMO_MOCK_DELAY"] = "0.05"
    yield
    ray.shutdown()
    os.environ.pop("LOCOMO_MOCK_DELAY") if before is None else os.environ.update(LOCOMO_MOCK_DELAY=before)


def requests(provider: Provider, conversations: int = 3, questions: int = 10) -> list[Request]:
    """Questions about conversations: what they share comes first."""
    return [
        Request(
            **addressed(provider),
            messages=(Message("system", "You answer."), Message("user", f"Talk {c} of many words. Question {q}?")),
            max_tokens=8,
            temperature=0.0,
            shared_prefix=len(f"Talk {c} of many words. "),
        )
        for c in range(conversations)
        for q in range(questions)
    ]


def workers(title: str = "ray::_Worker") -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if " ".join(_line(process)).startswith(title)]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def serial(conversations: int = 3) -> list[str]:
    """The same answers by one process."""
    provider = OPEN()
    return [(await provider.complete(request)).text for request in requests(provider, conversations)]


async def killing(provider: RayProvider, folder: Path, *, times: int, conversations: int = 3) -> list[str]:
    """Ask all questions through a client while workers are killed, so many times."""
    client = Client(
        provider,
        open_cache(str(folder / "answers")),
        LlmSettings(),
        Spending(None, journal=folder / "calls.jsonl", run="r", stage="qa"),
    )
    asked = requests(provider, conversations)
    killed, chance = 0, random.Random(7)

    async def kill() -> None:
        nonlocal killed
        while killed < times:
            await asyncio.sleep(chance.uniform(0.2, 0.4))
            for process in workers()[:1]:
                process.send_signal(signal.SIGKILL)
                killed += 1

    killer = asyncio.create_task(kill())
    outcomes = await client.ask_all(asked, lambda: None)
    killer.cancel()
    await provider.close()
    assert killed == times
    assert (client.tally.answered, client.tally.hits) == (len(asked), 0)
    journal = (folder / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(journal) == len(asked)  # each is accounted for once
    return [outcome.response.text for outcome in outcomes if outcome.response]


def test_a_run_with_workers_killed_has_the_bytes_of_one_process(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")  # somebody's cluster: a number of workers is not about it
    answers = asyncio.run(killing(RayProvider(OPEN(), OPEN, 2), tmp_path, times=4))
    assert answers == asyncio.run(serial())
    assert "raylet" not in "".join(capfd.readouterr())


def test_encoders_have_the_bytes_of_one_process_though_a_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path))
    texts = [turn.text for turn in read_conversations(ROOT / "data" / "raw" / "sample.json")[0].turns]
    encoder = open_stored_encoder("minilm", LlmSettings(workers=2))
    assert isinstance(encoder, StoredEncoder)
    killed = threading.Event()

    def kill() -> None:
        while not (busy := workers("ray::_EncoderWorker.encode")):
            time.sleep(0.05)
        busy[0].send_signal(signal.SIGKILL)
        killed.set()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    vectors = encoder.encode(texts, side="passage")
    assert killed.is_set()
    np.testing.assert_array_equal(vectors, open_encoder("minilm").encode(texts, side="passage"))
    assert encoder.encode([], side="query").shape == (0, 384)

    monkeypatch.setattr("locomo.pipeline.encoder_workers.connected", None)  # not asked for what is stored
    again = open_stored_encoder("minilm", LlmSettings(workers=2)).encode(texts, side="passage")
    np.testing.assert_array_equal(again, vectors)


def test_what_begins_alike_goes_to_the_same_worker() -> None:
    provider = RayProvider(OPEN(), OPEN, 3)
    provider._busy = [0, 0, 0]
    first, second, *_ = requests(provider)
    other = requests(provider)[10]
    assert provider._place(first) == provider._place(second) == 0
    provider._busy[0] = 1
    assert provider._place(second) == 0  # it has slots left
    assert provider._place(other) == 1
    provider._busy = [provider._each, 1, 0]
    assert provider._place(second) == 2  # rather than wait


def test_workers_share_the_gpus_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0, "GPU": 2.0})
    assert places(3, on_gpu=True) == (3, 0.5)  # with more each, the third would wait for ever
    assert places("ray://HEAD:10001", on_gpu=True) == (2, 1.0)
    assert places(3, on_gpu=False) == (3, 0.0)
    assert places("ray://HEAD:10001", on_gpu=False) == (8, 0.0)


def test_trouble_of_a_model_is_told_as_ever(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- {match: Question 1, fault: refused}\n- {answer: fine}\n", encoding="utf-8")
    again = partial(open_model, f"mock/script:{script}", context_window=None)
    provider = RayProvider(again(), again, 1)

    async def ask() -> str:
        first, second, *_ = requests(provider)
        with pytest.raises(AnswerError, match="refused"):
            await provider.complete(second)
        answer = (await provider.complete(first)).text
        await provider.close()
        return answer

    assert asyncio.run(ask()) == "fine"


def test_models_behind_an_api_stay_here_and_nothing_starts_before_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    remote = open_model("openai/gpt-4o-mini", context_window=None)
    assert on_workers(remote, lambda: remote, 2) is remote
    local = OPEN()
    assert on_workers(local, OPEN, None) is local
    provider = on_workers(local, OPEN, "ray://127.0.0.1:1")
    assert provider.revision == local.revision
    asyncio.run(provider.close())


@pytest.mark.parametrize("value", ["127.0.0.1", "ray://", "0", "2.5", "true"])
def test_workers_that_cannot_be_meant_are_refused_in_one_line(value: str) -> None:
    with pytest.raises(InputError, match=r"llm\.workers: found .*, expected a number of workers or ray://HOST:PORT"):
        parse_params(PARAMS.read_text(encoding="utf-8"), [f"llm.workers={value}"])


def test_a_cluster_that_is_lost_is_one_line() -> None:
    """`make ray-test` loses a real one, which takes the half minute for which Ray tries to get it back."""
    provider = RayProvider(OPEN(), OPEN, "ray://HEAD:10001")

    class Lost:
        class complete:  # noqa: N801
            @staticmethod
            async def remote(_: Request) -> None:
                raise ConnectionError("Failed to reconnect")

    provider._actors, provider._busy = [Lost()], [0]
    line = r"llm\.workers: ray://HEAD:10001: the cluster is lost \(Failed to reconnect\); start it, and run again"
    with pytest.raises(ProviderError, match=line):
        asyncio.run(provider.complete(requests(provider)[0]))
    assert provider._busy == [0]


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    provider = RayProvider(OPEN(), OPEN, 2)
    with pytest.raises(ProviderError, match=r"llm.workers: Ray is not installed: pip install 'locomo-pipeline\[ray\]'"):
        asyncio.run(provider.complete(requests(provider)[0]))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("LOCOMO_RAY_CLUSTER"), reason="`make ray-test` starts a cluster of two nodes")
def test_two_nodes_lose_workers_and_a_run_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # both nodes are this machine
    ray.shutdown()
    command, port, gcs = Path(sys.executable).with_name("ray"), free_port(), free_port()
    head = ("--head", f"--port={gcs}", f"--ray-client-server-port={port}", "--include-dashboard=false")
    nodes = (head, (f"--address=127.0.0.1:{gcs}",))
    try:
        for node in nodes:
            subprocess.run([command, "start", *node, "--num-cpus=1", "--disable-usage-stats"], check=True)
        provider = RayProvider(OPEN(), OPEN, f"ray://127.0.0.1:{port}")
        answers = asyncio.run(killing(provider, tmp_path, times=10, conversations=20))
        assert answers == asyncio.run(serial(20))
        texts = [f"Text {number}" for number in range(100)]
        vectors = open_on_workers("minilm", f"ray://127.0.0.1:{port}").encode(texts, side="query")
        np.testing.assert_array_equal(vectors, open_encoder("minilm").encode(texts, side="query"))

        lost = RayProvider(OPEN(), OPEN, f"ray://127.0.0.1:{port}")

        async def lose() -> None:
            first, second, *_ = requests(lost)
            await lost.complete(first)
            subprocess.run([command, "stop", "--force"], check=True)
            with pytest.raises(ProviderError, match=r"the cluster is lost .*; start it, and run again"):
                await lost.complete(second)
            await lost.close()

        asyncio.run(lose())
    finally:
        ray.shutdown()
        subprocess.run([command, "stop", "--force"], check=True)
