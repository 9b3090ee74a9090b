"""Copies of one GGUF model, loaded by llama.cpp as they are needed, each of which answers one prompt at a time.

Several copies of a small model with a thread each do more than one with several threads: those wait for each other at
every layer, which beside a busy process takes many times as long. One slot and no flash attention: a text then depends
on its prompt alone, not on what was asked before or is asked beside it, nor on the number of threads or copies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os.path import commonprefix
from pathlib import Path
from typing import Any

from locomo.errors import ProviderError


class Copies:
    """Up to `most` copies, with `threads` each and a `window` of tokens of prompt and answer.

    `name` is the model's in messages; `find` returns its file when a copy is needed first. ProviderError if llama.cpp
    cannot load it.
    """

    def __init__(self, name: str, find: Callable[[], Path], *, window: int, most: int, threads: int) -> None:
        self._name, self._find = name, find
        self._window, self._most, self._threads = window, most, threads
        self._changed = threading.Condition()
        self._loaded: list[Any] = []
        self._idle: list[tuple[str, Any]] = []
        """Copies with the prompt that each has answered last, and still holds."""

    @contextmanager
    def lent(self, prompt: str) -> Iterator[Any]:
        """Lend a copy, of those that are idle the one that holds the longest beginning of the prompt."""
        server = self._take(prompt)
        try:
            yield server
        finally:
            with self._changed:
                self._idle.append((prompt, server))
                self._changed.notify()

    def any(self) -> Any:
        """Return a copy, which may be busy: for what does not make it read or write."""
        with self._changed:
            if not self._loaded:
                self._idle.append(("", self._load()))
            return self._loaded[0]

    def close(self) -> None:
        """Free the memory of all, once nobody has one."""
        with self._changed:
            self._loaded.clear()
            self._idle.clear()

    def _take(self, prompt: str) -> Any:
        with self._changed:
            while not self._idle and len(self._loaded) >= self._most:
                self._changed.wait()
            if not self._idle:
                return self._load()
            best = max(self._idle, key=lambda held: len(commonprefix([held[0], prompt])))  # noqa: RUF071  (letters are meant)
            self._idle.remove(best)
            return best[1]

    def _load(self) -> Any:
        import xllamacpp

        path = self._find()
        try:
            server = xllamacpp.Server(parameters(path, window=self._window, threads=self._threads))
        except RuntimeError as error:
            raise ProviderError(f"model '{self._name}': llama.cpp cannot load {path} ({error})") from None
        self._loaded.append(server)
        return server


def parameters(path: Path, *, window: int, threads: int) -> Any:
    """Return llama.cpp's parameters of a copy."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = window
    params.n_gpu_layers = -1  # as many as its memory holds, where this build of llama.cpp has a GPU
    params.n_parallel = 1
    params.kv_unified = False
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_ram_mib = 0
    params.warmup = False
    params.verbosity = -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cpuparams.poll = params.cpuparams_batch.poll = 0  # who waits leaves the processor to others
    return params
