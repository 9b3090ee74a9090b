"""GGUF files through llama.cpp, in this process: `gguf/smollm2-135m-instruct` (embedded) or `gguf/<path of a file>`.

Reproducible to the letter at temperature 0, whatever was asked before: with flash attention, or with several slots,
llama.cpp sums in another order when the cache is warm or a neighbour is being served, and texts differ. One slot with
flash attention off gave the same texts for cold, warm and reversed orders; on a CPU it is also the fastest, since one
slot evaluates a shared prefix once.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from functools import cached_property
from pathlib import Path
from typing import Any

from locomo import weights
from locomo.errors import InputError, ProviderError, did_you_mean
from locomo.files import sha256
from locomo.llm.catalog import Facts, check_window
from locomo.llm.provider import AnswerError, Needs, SchemaError
from locomo.llm.providers.messages import checked_text
from locomo.llm.types import Capabilities, Request, Response
from locomo.machine import thread_count
from locomo.manifest import check_weights, where_kept

NEEDS = Needs(package="xllamacpp", install="xllamacpp")
EMBEDDED = "smollm2-135m-instruct"
EMBEDDED_WINDOW = 8192
"""Tokens, as its file declares (reading that takes a second)."""


def open_model(model: str, facts: Facts) -> GgufModel:
    """Open the embedded model or a file; InputError if there is no such file, or it is not what it has to be."""
    if model == EMBEDDED:
        return GgufModel(model, weights.smollm2(), weights.SMOLLM2_SHA256, EMBEDDED_WINDOW, facts)
    path = Path(model).expanduser()
    if not path.is_file():
        raise InputError(
            f"model 'gguf/{model}': no such file; expected '{EMBEDDED}' or the path of a .gguf file"
            + (where_kept(path) or did_you_mean(model, [EMBEDDED]))
        )
    file_hash = sha256(path)
    check_weights(path, file_hash)
    return GgufModel(path.stem, path, file_hash, _trained_window(path), facts)


class GgufModel:
    """One GGUF file, loaded when it is first needed (a run that is answered by the cache never loads it)."""

    name = "gguf"
    concurrency = 1
    limits = None

    def __init__(self, model: str, path: Path, file_hash: str, trained: int, facts: Facts) -> None:
        self.model = model
        self.path = path
        self.revision = f"sha256:{file_hash}"
        check_window(f"gguf/{model}", facts.context_window, trained)
        self.capabilities = facts.capabilities(Capabilities(context_window=trained, json_schema=True))

    @cached_property
    def _server(self) -> Any:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self.path)
        params.n_ctx = self.capabilities.context_window
        params.n_gpu_layers = -1  # as many as its memory holds, where this build of llama.cpp has a GPU
        params.n_parallel = 1
        params.kv_unified = False
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_ram_mib = 0
        params.warmup = False
        params.verbosity = -1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = thread_count()
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise ProviderError(f"model 'gguf/{self.model}': llama.cpp cannot load {self.path} ({error})") from None

    def count_tokens(self, text: str) -> int:
        """Return the exact number of tokens, by the model's own tokenizer (llama.cpp offers it on loopback only)."""
        call = urllib.request.Request(  # noqa: S310  (the address is our own loopback server's)
            f"{self._server.listening_address}/tokenize",
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
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed or 0,
            "stop": list(request.stop or ()),
            "cache_prompt": True,
        }
        if request.schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"schema": dict(request.schema)}}
        try:
            result = await asyncio.to_thread(self._server.handle_chat_completions, body)
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
        return Response(
            text=checked_text(choice["message"].get("content"), choice["finish_reason"]),
            model=self.model,
            input_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            finish_reason=choice["finish_reason"],
            reused_tokens=usage.get("prompt_tokens_details", {}).get("cached_tokens", 0),
        )

    async def close(self) -> None:
        """Free the model's memory."""
        self.__dict__.pop("_server", None)


def _trained_window(path: Path) -> int:
    """Return the context length that a GGUF file declares, in tokens; ProviderError if it declares none."""
    from gguf import GGUFReader

    try:
        fields = GGUFReader(path).fields
        architecture = fields["general.architecture"].contents()
        return int(fields[f"{architecture}.context_length"].contents())
    except (LookupError, ValueError) as error:
        raise ProviderError(f"{path}: not a GGUF file of a language model ({error})") from None
