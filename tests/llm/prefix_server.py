"""A server that keeps the beginnings of prompts as vLLM does: in blocks; the least recently used go first.

    python prefix_server.py '{"blocks": 500, "batch": 8, "seconds_a_block": 0.0002}'

prints its port. It speaks OpenAI's chat completions. A word is a token, `BLOCK` tokens are a block that is known
by all that comes before it. `batch` prompts are read at once; a block is kept from when it has been read, so prompts
that are read together do not help each other. It says in `cached_tokens` what it did not have to read.
"""

from __future__ import annotations

import asyncio
import json
import sys

from http_connections import HttpConnections

BLOCK = 16


class PrefixServer(HttpConnections):
    def __init__(self, blocks: int, batch: int = 8, seconds_a_block: float = 0.0) -> None:
        self.blocks, self.seconds_a_block = blocks, seconds_a_block
        self.kept: dict[int, None] = {}
        self.reading = asyncio.Semaphore(batch)

    async def respond(self, writer: asyncio.StreamWriter, line: bytes, body: bytes) -> bool:
        self.reply(writer, 200, json.dumps(await self.answer(json.loads(body))))
        return True

    async def answer(self, body: dict) -> dict:
        words = " ".join(message["content"] for message in body["messages"]).split()
        chain, key = [], 0
        for start in range(0, len(words) - BLOCK + 1, BLOCK):
            key = hash((key, *words[start : start + BLOCK]))
            chain.append(key)
        async with self.reading:
            found = 0
            while found < len(chain) and chain[found] in self.kept:
                found += 1
            self.use(chain[:found])
            await asyncio.sleep(self.seconds_a_block * (len(chain) - found))
            self.use(chain)
        details = {"cached_tokens": found * BLOCK}
        usage = {"prompt_tokens": len(words), "completion_tokens": 1, "total_tokens": len(words) + 1}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words[-1]}}
        what = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return what | {"usage": usage | {"prompt_tokens_details": details}}

    def use(self, chain: list[int]) -> None:
        """Keep blocks as the most recently used; of a prompt, the last block goes first."""
        for key in reversed(chain):
            self.kept.pop(key, None)
            self.kept[key] = None
        while len(self.kept) > self.blocks:
            del self.kept[next(iter(self.kept))]


if __name__ == "__main__":
    asyncio.run(PrefixServer(**json.loads(sys.argv[1])).serve())
