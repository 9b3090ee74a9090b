"""GGUF files through llama.cpp, in this process: `gguf/smollm2-135m-instruct` (embedded) or `gguf/<path of a file>`.

Reproducible to the letter at temperature 0, whatever was asked before: with flash attention, or with several slots,
llama.cpp sums in another order when the cache is warm or a neighbour is being served, and texts differ. One slot with
flash attention off gave the same texts for cold, warm and reversed orders, for one and two threads. The embedded model,
which is small, is loaded once for each thread; a file of yours once, with all threads.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locomo.errors import InputError, ProviderError, did_you_mean
from locomo.files import sha256
from locomo.llm.catalog import Facts, check_window
from locomo.llm.provider import AnswerError, Needs, SchemaError
from locomo.llm.providers.adapting import Adaptation
from locomo.llm.providers.gguf_copies import Copies
from locomo.llm.providers.reading import with_answer
from locomo.llm.types import Capabilities, Request, Response
from locomo.models import smollm2
from locomo.models.manifest import check_weights, where_kept
from locomo.threads import thread_count

NEEDS = Needs(package="xllamacpp", install="xllamacpp")

MOST_COPIES = 8
"""Of the embedded model, on machines with many CPUs: each takes memory of its own for what it reads."""


def open_model(model: str, facts: Facts) -> GgufModel:
    """Open the embedded model or a file; InputError if there is no such file, or it is not what it has to be."""
    if model == smollm2.NAME:
        copies = min(thread_count(), MOST_COPIES)
        return GgufModel(model, smollm2.embedded_file, smollm2.SHA256, smollm2.WINDOW, facts, copies=copies)
    path = Path(model).expanduser()
    if not path.is_file():
        raise InputError(
            f"model 'gguf/{model}': no such file; expected '{smollm2.NAME}' or the path of a .gguf file"
            + (where_kept(path) or did_you_mean(model, [smollm2.NAME]))
        )
    file_hash = sha256(path)
    check_weights(path, file_hash)
    return GgufModel(path.stem, lambda: path, file_hash, _trained_window(path), facts)


class GgufModel:
    """One GGUF file, loaded when it is first needed (a run that is answered by the cache never loads it)."""

    name = "gguf"
    limits = None
    keeps_last_prompt = True

    def __init__(
        self,
        model: str,
        find: Callable[[], Path],
        file_hash: str,
        trained: int,
        facts: Facts,
        *,
        copies: int | None = None,
    ) -> None:
        """`find` returns the file when it is needed. `copies` are loaded with a thread each; None: one, with all."""
        self.model = model
        self.revision = f"sha256:{file_hash}"
        check_window(f"gguf/{model}", facts.context_window, trained)
        self._adaptation = Adaptation(f"gguf/{model}", facts, trained=trained)
        self.thinking_tokens = facts.thinking_tokens
        capabilities = facts.capabilities(Capabilities(context_window=trained, json_schema=True))
        self.capabilities = self._adaptation.beside(capabilities, trained)
        self.concurrency = copies or 1
        self._copies = Copies(
            f"gguf/{model}",
            find,
            window=self.capabilities.context_window + self._adaptation.room,
            most=self.concurrency,
            threads=1 if copies else thread_count(),
        )

    def _ask(self, body: dict[str, Any]) -> Any:
        with self._copies.lent(json.dumps(body["messages"])) as server:
            return server.handle_chat_completions(body)

    def count_tokens(self, text: str) -> int:
        """Return the exact number of tokens, by the model's own tokenizer (llama.cpp offers it on loopback only)."""
        call = urllib.request.Request(  # noqa: S310  (the address is our own loopback server's)
            f"{self._copies.any().listening_address}/tokenize",
            data=json.dumps({"content": text}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(call, timeout=60) as answer:  # noqa: S310
            return len(json.load(answer)["tokens"])

    async def complete(self, request: Request) -> Response:
        """Answer one request; ProviderError if the prompt does not fit, AnswerError if nothing came back.

        SchemaError if its schema makes no grammar.
        """
        body: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": self._adaptation.max_tokens(request),
            "temperature": request.temperature,
            "seed": request.seed or 0,
            "stop": self._adaptation.stop(request),
            "cache_prompt": True,
        }
        if request.top_p is not None:
            body["top_p"] = request.top_p
        if request.schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"schema": dict(request.schema)}}
        try:
            result = await asyncio.to_thread(self._ask, body)
        except ValueError as error:
            if request.schema is None:
                raise
            raise SchemaError(f"llama.cpp makes no grammar of the schema ({error})") from None
        if "error" in result:
            reason = result["error"].get("message", result["error"])
            if result["error"].get("type") == "exceed_context_size_error":
                raise ProviderError(
                    f"model 'gguf/{self.model}': the prompt is too long; set a smaller context window ({reason})"
                )
            raise AnswerError(str(reason))
        choice, usage = result["choices"][0], result["usage"]
        received = Response(
            text="",
            model=self.model,
            input_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            finish_reason=choice["finish_reason"],
            reused_tokens=usage.get("prompt_tokens_details", {}).get("cached_tokens", 0),
        )
        message = choice["message"]
        stop = request.stop if self._adaptation.thinks(request) else None
        return with_answer(received, message.get("content"), stop=stop, thoughts=message.get("reasoning_content"))

    async def close(self) -> None:
        """Free the model's memory."""
        self._copies.close()


def _trained_window(path: Path) -> int:
    """Return the context length that a GGUF file declares, in tokens; ProviderError if it declares none."""
    from gguf import GGUFReader

    try:
        fields = GGUFReader(path).fields
        architecture = fields["general.architecture"].contents()
        return int(fields[f"{architecture}.context_length"].contents())
    except (LookupError, ValueError) as error:
        raise ProviderError(f"{path}: not a GGUF file of a language model ({error})") from None
