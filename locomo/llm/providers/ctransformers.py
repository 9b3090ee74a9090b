"""GGUF and GGML files of the LLaMA-2 and Mistral era through ctransformers, in this process: `ctransformers/<path>`.

Its llama.cpp is of 2023. What came later it refuses, or worse: so files are looked at first, and `gguf/` recommended.
"""

from __future__ import annotations

import asyncio
import ctypes
from functools import cached_property
from pathlib import Path
from typing import Any

from locomo.errors import InputError, ProviderError
from locomo.files import sha256
from locomo.llm.catalog import Facts, check_window
from locomo.llm.provider import Needs
from locomo.llm.providers.adapting import Adaptation
from locomo.llm.providers.reading import cut_at_stop, with_answer
from locomo.llm.providers.templates import Turns, in_template
from locomo.llm.types import Capabilities, Request, Response
from locomo.models.manifest import check_weights, where_kept
from locomo.threads import thread_count

NEEDS = Needs(package="ctransformers", install="ctransformers")
GGML_WINDOW = 4096
"""Tokens: LLaMA 2's, since GGML files do not say."""
_GGML_MAGIC = (b"lmgg", b"fmgg", b"tjgg")
_WEIGHT_TYPES = {"F32", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"}
_INSTRUCT = (
    "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
    "{% elif m.role == 'assistant' %}{{ m.content }}{% endif %}{% endfor %}"
)
"""The form that both families were taught, for files without a template of their own."""


def open_model(model: str, facts: Facts) -> CtransformersModel:
    """Open a file; InputError if there is none, ProviderError if it is of another kind or time."""
    path = Path(model).expanduser()
    if not path.is_file():
        raise InputError(
            f"model 'ctransformers/{model}': no such file; expected the path of a GGUF or GGML file{where_kept(path)}"
        )
    check_weights(path)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic in _GGML_MAGIC:
        return CtransformersModel(path, facts.context_window or GGML_WINDOW, _INSTRUCT, "llama", facts)
    trained, template = _read_gguf(path)
    return CtransformersModel(path, trained, template or _INSTRUCT, "gguf", facts)


class CtransformersModel:
    """One file, loaded when it is first needed."""

    name = "ctransformers"
    concurrency = 1
    limits = None

    def __init__(self, path: Path, trained: int, template: str, kind: str, facts: Facts) -> None:
        self.model = path.stem
        self.revision = f"sha256:{sha256(path)}"
        check_window(f"ctransformers/{self.model}", facts.context_window, trained)
        self._adaptation = Adaptation(f"ctransformers/{self.model}", facts, trained=trained)
        self.thinking_tokens = facts.thinking_tokens
        capabilities = facts.capabilities(Capabilities(context_window=trained))
        self.capabilities = self._adaptation.beside(capabilities, trained)
        self._path = path
        self._template = template
        self._kind = kind

    @cached_property
    def _llm(self) -> Any:
        from ctransformers.llm import LLM, Config

        window = self.capabilities.context_window + self._adaptation.room
        config = Config(context_length=window, threads=thread_count(), batch_size=64)
        try:
            return LLM(str(self._path), self._kind, config=config)
        except (RuntimeError, OSError) as error:
            raise ProviderError(
                f"model 'ctransformers/{self.model}': cannot be loaded ({error}); try 'gguf/{self._path}'"
            ) from None

    def count_tokens(self, text: str) -> int:
        """Return the exact number of tokens, by the model's own tokenizer."""
        return len(self._tokens(text, start=False))

    async def complete(self, request: Request) -> Response:
        """Answer one request; ProviderError if the prompt does not fit."""
        return await asyncio.to_thread(self._answer, request)

    async def close(self) -> None:
        """Free the model's memory."""
        self.__dict__.pop("_llm", None)

    def _answer(self, request: Request) -> Response:
        text = in_template(request.messages, self._render, system=self.capabilities.system)
        if text is None:
            raise ProviderError(f"model 'ctransformers/{self.model}': its chat template does not take these messages")
        prompt = self._tokens(text, start=True)
        adapted = self._adaptation
        room = min(adapted.max_tokens(request), self.capabilities.context_window + adapted.room - len(prompt))
        if room < 1:
            raise ProviderError(
                f"model 'ctransformers/{self.model}': the prompt is too long; set a smaller context window "
                f"(it has {len(prompt)} tokens, and the window {self.capabilities.context_window})"
            )
        text, used, finish_reason = self._generate(prompt, room, request)
        received = Response(
            text="", model=self.model, input_tokens=len(prompt), output_tokens=used, finish_reason=finish_reason
        )
        return with_answer(received, text, stop=request.stop)

    def _generate(self, prompt: list[int], room: int, request: Request) -> tuple[str, int, str]:
        """Return the answer, its number of tokens and why it ended. What two prompts begin with is evaluated once."""
        llm = self._llm
        if request.temperature:
            top_p = 1.0 if request.top_p is None else request.top_p
            how = {"top_k": llm.vocab_size, "top_p": top_p, "temperature": request.temperature}
        else:
            how = {"top_k": 1, "top_p": 1.0, "temperature": 1.0}
        llm.eval(llm.prepare_inputs_for_generation(prompt))
        spoken = b""
        for used in range(1, room + 1):
            # It starts its random numbers afresh for every token: with one seed for all they would be the same.
            token = llm.sample(**how, repetition_penalty=1.0, seed=(request.seed or 0) + used)
            if llm.is_eos_token(token):
                return spoken.decode(errors="ignore"), used, "stop"
            spoken += llm.detokenize([token], decode=False)
            text = spoken.decode(errors="ignore")
            if (cut := cut_at_stop(text, self._adaptation.stop(request))) != text:
                return cut, used, "stop"
            if used < room:
                llm.eval([token])
        return spoken.decode(errors="ignore"), room, "length"

    def _tokens(self, text: str, *, start: bool) -> list[int]:
        """Return a text's tokens, after that which starts a text if `start`.

        Not by the library's `tokenize`: it makes room for one token a character, and a character outside of the
        vocabulary becomes a token a byte, written beyond its end.
        """
        content = text.encode()
        room = (ctypes.c_int * (3 * len(content) + 8))()  # a space counts as a sign of three bytes
        return list(room[: self._llm.ctransformers_llm_tokenize(content, start, room)])

    def _render(self, turns: Turns) -> str:
        from transformers.utils.chat_template_utils import render_jinja_template

        rendered: Any = render_jinja_template(
            [turns], chat_template=self._template, add_generation_prompt=True, bos_token="", eos_token=""
        )
        return str(rendered[0][0])


def _read_gguf(path: Path) -> tuple[int, str | None]:
    """Return the window (tokens) and the chat template that a GGUF file declares; ProviderError if it is too new."""
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        fields = reader.fields
        architecture = fields["general.architecture"].contents()
        tokenizer = fields["tokenizer.ggml.model"].contents()
        trained = int(fields[f"{architecture}.context_length"].contents())
    except (LookupError, ValueError) as error:
        raise ProviderError(f"{path}: neither a GGUF nor a GGML file of a language model ({error})") from None
    weights = {tensor.tensor_type.name for tensor in reader.tensors}
    if architecture != "llama" or tokenizer != "llama" or not weights <= _WEIGHT_TYPES:
        found = f"architecture {architecture}, vocabulary {tokenizer}, weights {', '.join(sorted(weights))}"
        raise ProviderError(
            f"model 'ctransformers/{path}': too new for the llama.cpp of 2023 in ctransformers, which loads llama "
            f"files with a SentencePiece vocabulary ({found}); use 'gguf/{path}'"
        )
    template = fields.get("tokenizer.chat_template")
    return trained, str(template.contents()) if template else None
