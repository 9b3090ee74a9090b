"""Hugging Face models through transformers, in this process: `hf/<hub id>`, `hf/<hub id>@<revision>`, `hf/<folder>`.

Temperature 0 is greedy decoding. Requests that wait are answered together, and what their prompts begin with alike is
evaluated once. A batch sums in another order than a prompt alone: where two words are equally likely to within
rounding, an answer may depend on its neighbours.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from locomo.errors import InputError, ProviderError
from locomo.files import sha256
from locomo.llm.catalog import Facts, check_window
from locomo.llm.identity import MODEL_FILES
from locomo.llm.provider import Needs
from locomo.llm.providers.adapting import Adaptation
from locomo.llm.providers.batching import Batcher
from locomo.llm.providers.prefixes import common_prefix, shared_groups
from locomo.llm.providers.quantization import quantized
from locomo.llm.providers.reading import with_answer
from locomo.llm.providers.shared_past import SharedPast, can_share
from locomo.llm.providers.templates import Turns, in_template
from locomo.llm.types import Capabilities, Request, Response
from locomo.models.manifest import check_weights, where_kept
from locomo.threads import thread_count

NEEDS = Needs(package="transformers", install="transformers")
FULL = "float32"
AUTO = "auto"
BATCH = 32
"""Requests that are answered together, at most."""
BATCH_TOKENS = 65_536
"""Tokens of a batch's prompts and answers, at most: what is kept of each takes some 10 to 500 KB, by the model."""
SHARING_TOKENS = 4096
"""The same where prompts share their beginning, which does not count: each token is compared with all of these."""


def open_model(model: str, facts: Facts) -> HfModel:
    """Open a model by hub id or folder; ProviderError if it cannot be had."""
    folder = Path(model).expanduser()
    name, _, revision = model.partition("@")
    try:
        if folder.is_dir():
            check_weights(folder)
            name, revision = folder.resolve().name, _files_hash(folder)
            files = {"pretrained_model_name_or_path": str(folder)}
        else:
            revision = _commit(name, revision or "main")
            files = {"pretrained_model_name_or_path": name, "revision": revision}
        config = _transformers().AutoConfig.from_pretrained(**files)
    except (OSError, ValueError) as error:
        raise ProviderError(
            f"model 'hf/{model}': not a folder with a model, and not available from the hub ({_line(error)}); check "
            "its name, run `hf auth login` if its access is gated, download it where there is a network"
            f"{where_kept(folder)}"
        ) from None
    return HfModel(name, files, revision=revision, config=config, facts=facts)


@dataclass(frozen=True, slots=True)
class _Job:
    """A request, its prompt in tokens, and how many tokens there is room for."""

    request: Request
    prompt: list[int]
    room: int

    @property
    def key(self) -> tuple[Any, ...]:
        """What all of a batch must share; one that samples is alone, so that its seed decides."""
        return self.room, self.request.stop, id(self) if self.request.temperature else None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a model made of a job."""

    tokens: list[int]
    ended: bool
    """Whether the model ended it itself."""
    reused: int
    """Tokens of the prompt that were not evaluated for this answer."""


class HfModel:
    """One model. Its weights are loaded when they are first needed: a run that the cache answers does without."""

    name = "hf"
    concurrency = 2 * BATCH  # while a batch is answered, the next one gathers
    limits = None

    def __init__(self, model: str, files: dict[str, str], *, revision: str, config: Any, facts: Facts) -> None:
        self.model = model
        self._precision = _precision(config, facts)
        rounded = facts.quantization or (None if self._precision == FULL else self._precision)
        self.revision = f"{revision}+{rounded}" if rounded else revision  # answers differ
        self._files = files
        self._quantization = facts.quantization
        trained = getattr(config.get_text_config(), "max_position_embeddings", None) or facts.context_window
        if trained is None:
            raise InputError(f"model 'hf/{model}': does not say how large its window is: set one")
        check_window(f"hf/{model}", facts.context_window, trained)
        self._adaptation = Adaptation(f"hf/{model}", facts, trained=trained)
        self.thinking_tokens = facts.thinking_tokens
        capabilities = facts.capabilities(Capabilities(context_window=trained))
        self.capabilities = self._adaptation.beside(capabilities, trained)
        self._batcher = Batcher(self._generate, lambda job: job.key, BATCH)

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = self._load(_transformers().AutoTokenizer)
        tokenizer.padding_side = "left"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    @cached_property
    def _network(self) -> Any:
        import torch

        transformers = _transformers()
        transformers.logging.disable_progress_bar()
        torch.set_num_threads(thread_count())
        device = "cuda" if torch.cuda.is_available() else "cpu"
        if self._quantization:
            how = quantized(f"hf/{self.model}", self._quantization)
        else:
            how = {"dtype": getattr(torch, self._precision, self._precision)}
        network, report = self._load(transformers.AutoModelForCausalLM, output_loading_info=True, **how)
        if report["missing_keys"]:  # transformers would make them up
            raise ProviderError(f"model 'hf/{self.model}': is no causal language model: its files lack some weights")
        # Of the settings that its makers recommend only the end is kept: penalties and the like are hidden protocol.
        network.generation_config = transformers.GenerationConfig(eos_token_id=network.generation_config.eos_token_id)
        return network.eval() if self._quantization else network.to(device).eval()  # the former is there already

    @cached_property
    def _past(self) -> SharedPast | None:
        """What is kept of the last prompts; None for a model that cannot go on from there."""
        return SharedPast(self._network) if can_share(self._network, self.capabilities.context_window) else None

    def _load(self, part: Any, **how: Any) -> Any:
        from safetensors import SafetensorError

        try:
            return part.from_pretrained(**self._files, **how)
        except (OSError, ValueError, ImportError, RuntimeError, SafetensorError) as error:
            raise ProviderError(f"model 'hf/{self.model}': cannot be loaded ({_line(error)})") from None

    def count_tokens(self, text: str) -> int:
        """Return the exact number of tokens, by the model's own tokenizer."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    async def complete(self, request: Request) -> Response:
        """Answer one request, together with those that wait; ProviderError if the prompt does not fit."""
        prompt = self._prompt(request)
        adapted = self._adaptation
        room = min(adapted.max_tokens(request), self.capabilities.context_window + adapted.room - len(prompt))
        if room < 1:
            raise ProviderError(
                f"model 'hf/{self.model}': the prompt is too long; set a smaller context window "
                f"(it has {len(prompt)} tokens, and the window {self.capabilities.context_window})"
            )
        told = replace(request, stop=tuple(adapted.stop(request)) or None)
        answer = await self._batcher.submit(_Job(told, prompt, room))
        received = Response(
            text="",
            model=self.model,
            input_tokens=len(prompt),
            output_tokens=len(answer.tokens),
            finish_reason="stop" if answer.ended else "length",
            reused_tokens=answer.reused,
        )
        text = self._tokenizer.decode(answer.tokens, skip_special_tokens=True)
        return with_answer(received, text, stop=request.stop)

    async def close(self) -> None:
        """Free the model's memory."""
        for held in ("_past", "_network"):
            self.__dict__.pop(held, None)

    def _prompt(self, request: Request) -> list[int]:
        """Return the prompt in tokens: by the model's chat template, or as plain text where it has none."""
        tokenizer = self._tokenizer
        if tokenizer.chat_template is None:
            return list(tokenizer.encode("\n\n".join(message.content for message in request.messages)))
        text = in_template(request.messages, self._render, system=self.capabilities.system)
        if text is None:
            raise ProviderError(f"model 'hf/{self.model}': its chat template does not take these messages")
        return list(tokenizer.encode(text, add_special_tokens=False))

    def _render(self, turns: Turns) -> str:
        return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))

    def _generate(self, jobs: list[_Job]) -> list[_Answer]:
        """Answer jobs that wait, in the order given: those that begin alike with a shared past, others side by side."""
        past, prompts, rest = self._past, [job.prompt for job in jobs], list(range(len(jobs)))
        answers: dict[int, _Answer] = {}
        if past and not jobs[0].request.temperature:
            groups, rest = shared_groups(prompts, past.tokens)
            if len(rest) == 1:  # it costs nothing, and the next prompt may begin like this one
                groups, rest = [*groups, rest], []
            for group in groups:
                shared = common_prefix(*(prompts[place] for place in group))
                for batch in _batches(jobs, group, shared, SHARING_TOKENS):
                    found = self._generate_sharing(past, [jobs[place] for place in batch])
                    answers.update(zip(batch, found, strict=True))
        for batch in _batches(jobs, rest, 0, BATCH_TOKENS):
            answers.update(zip(batch, self._generate_batch([jobs[place] for place in batch]), strict=True))
        return [answers[place] for place in range(len(jobs))]

    def _generate_sharing(self, past: SharedPast, jobs: list[_Job]) -> list[_Answer]:
        import torch

        request, ends, decode = jobs[0].request, self._ends, self._tokenizer.decode

        def finished(tokens: list[int]) -> bool:
            return tokens[-1] in ends or any(stop in decode(tokens) for stop in request.stop or ())

        try:
            answers, shared, known = past.answer([job.prompt for job in jobs], jobs[0].room, finished)
        except torch.cuda.OutOfMemoryError:
            answers = []
        if not answers:  # out of the clause nothing holds on to what the call had in memory
            return self._generate_batch(jobs)
        return [self._answer(tokens, reused=shared if row else known) for row, tokens in enumerate(answers)]

    def _generate_batch(self, jobs: list[_Job]) -> list[_Answer]:
        """Answer jobs side by side; where the GPU has too little memory, in halves."""
        import torch

        try:
            return self._generate_together(jobs)
        except torch.cuda.OutOfMemoryError:
            pass
        if self._past:
            self._past.drop()
        if half := len(jobs) // 2:
            return self._generate_batch(jobs[:half]) + self._generate_batch(jobs[half:])
        raise ProviderError(f"model 'hf/{self.model}': the GPU has too little memory; set a smaller context window")

    def _generate_together(self, jobs: list[_Job]) -> list[_Answer]:
        import torch

        network, tokenizer, request = self._network, self._tokenizer, jobs[0].request
        inputs = tokenizer.pad({"input_ids": [job.prompt for job in jobs]}, return_tensors="pt").to(network.device)
        sampling = {"do_sample": True, "temperature": request.temperature, "top_k": 0}
        sampling["top_p"] = 1.0 if request.top_p is None else request.top_p
        torch.manual_seed(request.seed or 0)
        with torch.inference_mode():
            output = network.generate(
                **inputs,
                **(sampling if request.temperature else {"do_sample": False}),
                max_new_tokens=jobs[0].room,
                pad_token_id=tokenizer.pad_token_id,
                stop_strings=list(request.stop) if request.stop else None,
                tokenizer=tokenizer,
            )
        return [self._answer(tokens) for tokens in output[:, inputs["input_ids"].shape[1] :].tolist()]

    @property
    def _ends(self) -> set[int | None]:
        """The tokens that end an answer, padding among them: generate() fills up with it."""
        ends = self._network.generation_config.eos_token_id
        return {self._tokenizer.pad_token_id, *(ends if isinstance(ends, list) else [ends])}

    def _answer(self, tokens: list[int], reused: int = 0) -> _Answer:
        ends = self._ends
        length = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
        return _Answer(tokens[:length], ended=length < len(tokens), reused=reused)


def _batches(jobs: list[_Job], places: list[int], shared: int, most: int) -> Iterator[list[int]]:
    """Cut `places` so that prompts, without the `shared` tokens, and answers of a batch have at most `most` tokens."""
    longest = max((len(jobs[place].prompt) for place in places), default=0)
    size = max(1, most // (longest - shared + jobs[0].room))
    return (places[start : start + size] for start in range(0, len(places), size))


def _precision(config: Any, facts: Facts) -> str:
    """Return in which numbers a model computes: as models.yaml says; else in full on a CPU, as its files are on a GPU.

    "auto" if those do not say.
    """
    import torch

    if facts.precision is not None:
        return facts.precision
    if not torch.cuda.is_available():
        return FULL
    return str(getattr(config.get_text_config(), "dtype", None) or AUTO).removeprefix("torch.")


def _transformers() -> Any:
    return importlib.import_module("transformers")


def _commit(name: str, revision: str) -> str:
    """Return the commit that a branch or tag of a model on the hub is at; where there is no network, was at."""
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(name, "config.json", revision=revision)).parent.name


def _files_hash(folder: Path) -> str:
    """Return what pins the files of a folder that make its model."""
    lines = [f"{sha256(path)} {path.name}\n" for path in sorted(folder.iterdir()) if path.suffix in MODEL_FILES]
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
