"""A server that speaks OpenAI's chat completions, in a process of its own: quick, limited or faulty as it is told.

    python chat_server.py '{"delay": 0.05, "limit": 3500, "window": 60, "faults": 0.2, "hang": 5, "seed": 1}'

prints its port. It answers each request with the SHA-256 of the last message. `limit` requests within any `window`
seconds are answered, the others refused with 429; `refuse` is a status that all get. A share `faults` of the requests
fails in one of many ways. GET /journal returns what it saw: {"requests", "answered", "answered_again", "refused",
"faults": {kind: count}, "first", "last"}, times in seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sys
import time
from collections import Counter, deque

from http_connections import HttpConnections

FAULTS = ("429", "500", "503", "529", "hang", "truncated", "html", "dropped")


class ChatServer(HttpConnections):
    def __init__(self, delay: float = 0, limit: int = 0, window: float = 60, **faults: float) -> None:
        self.delay, self.limit, self.window = delay, limit, window
        self.refuse = int(faults.get("refuse", 0))
        self.share, self.hang = faults.get("faults", 0), faults.get("hang", 1)
        self.random = random.Random(faults.get("seed", 0))
        self.recent: deque[float] = deque()
        self.requests = self.answered = self.refused = 0
        self.faults: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.times: list[float] = []

    async def respond(self, writer: asyncio.StreamWriter, line: bytes, body: bytes) -> bool:
        if line.startswith(b"GET"):
            self.reply(writer, 200, json.dumps(self.journal()))
            return True
        return await self.answer(writer, body)

    def journal(self) -> dict:
        names = {"requests": self.requests, "answered": self.answered, "refused": self.refused}
        again = sum(count - 1 for count in self.answers.values())
        times = {"first": self.times[0], "last": self.times[-1]} if self.times else {}
        return {**names, "answered_again": again, "faults": dict(self.faults), **times}

    async def answer(self, writer: asyncio.StreamWriter, body: bytes) -> bool:
        """Answer one request; return whether the connection stays open."""
        now = time.monotonic()
        self.requests += 1
        while self.recent and self.recent[0] <= now - self.window:
            self.recent.popleft()
        if self.limit and len(self.recent) >= self.limit:
            self.refused += 1
            self.reply(writer, 429, '{"error": {"message": "slow down"}}')
            return True
        if self.refuse:
            self.reply(writer, self.refuse, '{"error": {"message": "no"}}')
            return True
        self.recent.append(now)
        self.times.append(now)
        await asyncio.sleep(self.delay)
        fault = self.random.choice(FAULTS) if self.random.random() < self.share else None
        if fault is None:
            self.answered += 1
            text = hashlib.sha256(json.loads(body)["messages"][-1]["content"].encode()).hexdigest()
            self.answers[text] += 1
            self.reply(writer, 200, completion(text))
            return True
        self.faults[fault] += 1
        if fault.isdigit():
            self.reply(writer, int(fault), '{"error": {"message": "a fault"}}')
        elif fault == "html":
            self.reply(writer, 200, "<html>bad gateway")
        elif fault == "truncated":
            whole = completion("cut")
            self.reply(writer, 200, whole[:40], length=len(whole))
        elif fault == "hang":
            await asyncio.sleep(self.hang)
        return fault.isdigit() or fault == "html"


def completion(text: str) -> str:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], "usage": usage}
    )


if __name__ == "__main__":
    asyncio.run(ChatServer(**json.loads(sys.argv[1])).serve())
