"""`locomo gateway`: who may call it, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PARAMS, ROOT
from openai import OpenAI
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError


def test_others_than_this_machine_need_a_token_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCOMO_GATEWAY_TOKEN", raising=False)
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["gateway", "--model", "mock/refuse", "--host", "0.0.0.0"])  # noqa: S104
    assert isinstance(done.exception, InputError)
    assert "choose a token" in str(done.exception)


@pytest.mark.slow
def test_it_serves_until_it_is_ended(tmp_path: Path) -> None:
    environment = os.environ | {"LOCOMO_CACHE_DIR": str(tmp_path / "requests"), "PYTHONPATH": str(ROOT)}
    (tmp_path / "params.yaml").write_bytes(PARAMS.read_bytes())
    command = [sys.executable, "-c", "from locomo.cli.main import main; main()"]
    command += ["gateway", "--model", "mock/refuse", "--embedder", "minilm", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as process:
        assert process.stdout
        said, token = process.stdout.readline(), process.stdout.readline().removeprefix("token: ").strip()
        assert said.startswith("mock/refuse and minilm at http://127.0.0.1:")
        client = OpenAI(base_url=said.split()[-1], api_key=token)
        answer = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Who?"}])
        assert answer.choices[0].message.content == "Not mentioned in the conversation"
        assert len(client.embeddings.create(model="any", input="bees").data[0].embedding) == 384
        busy = subprocess.run(
            [*command[:-1], said.rpartition(":")[2].partition("/")[0]],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            check=False,
        )
        assert busy.returncode == 2
        assert "cannot listen there" in busy.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert '"stage": "gateway"' in (tmp_path / "logs/calls.jsonl").read_text()
