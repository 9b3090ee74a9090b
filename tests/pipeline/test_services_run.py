"""A run whose model and judge are two services by name, which say what real servers say: the stages as shipped."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from conftest import QA, Project
from serving import running

CUT = 300
"""Tokens that the model's server reads of a prompt, whatever it is sent."""


class Service(ThreadingHTTPServer):
    answer: Callable[[dict], tuple[str | None, str]]

    def __init__(self, answer: Callable[[dict], tuple[str | None, str]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.seen: list[dict] = []
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.seen.append({"key": self.headers.get("Authorization"), "path": self.path, **body})
        text, reason = self.server.answer(body)
        read = min(CUT, sum(len(message["content"]) for message in body["messages"]) // 4)
        choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": read, "completion_tokens": 9, "total_tokens": read + 9}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice]}
        data = json.dumps(answer | {"usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextmanager
def serving(answer: Callable[[dict], tuple[str | None, str]]) -> Iterator[Service]:
    with running(Service(answer)) as server:
        yield server


def thinking(body: dict) -> tuple[str | None, str]:
    """Answer after thinking; about music never, since the thinking takes all the room."""
    if "music" in body["messages"][-1]["content"][-200:]:
        return "<think>\nMusic?", "length"
    return "<think>\nWho?\n</think>\n\nRuth\nor Ivo", "stop"


def no_verdict(body: dict) -> tuple[str | None, str]:
    return '<think>{"reasoning": "a draft", "correct": true}</think>I would rather not say.', "stop"


def rows(project: Project, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in project.path(name).read_text().splitlines()]


def test_a_model_and_its_judge_are_two_services(project: Project) -> None:
    project.environment |= {"LOCOMO_VALIDATION": "on", "HOUSE_KEY": "sk-planted-house"}
    project.edit("params.yaml", "model: mock/words", "model: house/qwen3")
    project.edit("params.yaml", "context_window: 2048", "context_window: 8192")
    with serving(thinking) as house, serving(no_verdict) as lab:
        project.path("models.yaml").write_text(
            f"services:\n  house: {{base_url: 'http://127.0.0.1:{house.server_port}/v1', key: HOUSE_KEY}}\n"
            f"  lab: {{base_url: 'http://127.0.0.1:{lab.server_port}/v1'}}\n"
            "models:\n  house/qwen3: {thinking: true}\n  lab/judge: {thinking: true}\n"
        )
        project.must(sys.executable, "stages/resolve.py")
        code, output = project.run(sys.executable, "stages/qa.py")
        assert code == 0, output
        assert {call["key"] for call in house.seen} == {"Bearer sk-planted-house"}
        assert all("stop" not in call and call["max_tokens"] == 32 + 8192 for call in house.seen)
        found = rows(project, "data/predictions/qa.jsonl")
        lost = [row for row in found if row["error"]]
        assert {row["prediction"] for row in found if not row["error"]} == {"Ruth"}
        assert 0 < len(lost) < len(found)
        # Why calls failed, and that prompts were cut, is on the console, once.
        assert re.search(rf"of {QA} requests \(.*%\) have no usable answer: \d+ × the model gave an empty", output)
        assert output.count("prompts: it read at most 300 tokens") == 1
        assert "set answer.context_window=300" in output
        assert all(row["context_ids"] == [] for row in found if not row["error"])

        project.edit("params.yaml", "  model: null # null: nobody", "  model: lab/judge # null: nobody")
        project.edit("params.yaml", "max_failed: 0.5", "max_failed: 1.0")
        project.must(sys.executable, "stages/resolve.py")
        code, output = project.run(sys.executable, "stages/score.py")
        assert code == 0, output
        assert {call["key"] for call in lab.seen} == {None}
        assert all(call["max_tokens"] == 300 + 8192 for call in lab.seen)
    unusable = (
        r"(\d+) of \1 requests \(100\.0%\) have no usable answer: \d+ × no JSON by the schema in 3 attempts: no verdict"
    )
    assert re.search(unusable, output)
    recall = json.loads(project.path("metrics/recall.json").read_text())
    assert "qa" not in json.dumps(recall)
    verdicts = json.loads(project.path("metrics/verdicts.json").read_text())
    assert set(verdicts["judge_accuracy[balanced]"]) == {"always_refuse"}, "which needs no judge"
    assert verdicts["judge_no_verdict[balanced]"]["rag_dialog_k5"]["overall"] == 1.0
    shown = project.must("locomo", "results")
    assert "sk-planted-house" not in output + shown
