"""Local encoders on the workers of `llm.workers`: blocks of texts are computed there, their vectors are stored here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, Final

import numpy as np

from locomo.errors import IncompleteError, InputError, LocomoError
from locomo.llm.workers import Workers, connected, places, reaching
from locomo.retrieval.embedding_store import Computed
from locomo.retrieval.encoder import Encoder, Side, Vectors, open_encoder
from locomo.retrieval.transformer import TransformerEncoder
from locomo.threads import thread_count

_FEWEST, _MOST = 32, 256
"""Texts of a block, which is computed by one worker."""
_BLOCKS_EACH: Final = 4
"""For each worker, where there are texts enough: the last ones do not wait for long for the slowest."""
_LOSSES: Final = 5
"""Workers that may be lost over the same block."""
_OF_A_GPU: Final = 0.01
"""In Ray's account: the model that answers is on the same GPU."""


def open_on_workers(name: str, workers: Workers | None, *, threads: int | None = None) -> Encoder:
    """Open an encoder that computes here, or on workers if there are to be any; see `open_encoder`.

    Workers of this machine share its threads, those of a cluster have one each.
    """
    opened = open_encoder(name, threads=threads)
    if workers is None or not isinstance(opened, TransformerEncoder):
        return opened
    share = max(1, thread_count() // workers) if isinstance(workers, int) else 1
    return WorkersEncoder(opened, partial(open_encoder, name, threads=threads or share), workers)


class WorkersEncoder:
    """An encoder on several workers; see `Encoder`. Vectors are those of one process, if all have such processors.

    A worker that is lost is replaced, and the block of texts that it had is computed again.
    """

    def __init__(self, opened: TransformerEncoder, open_again: Callable[[], Encoder], workers: Workers) -> None:
        self.name, self.revision = opened.name, opened.revision
        self._opened = opened
        self._open_again = open_again
        self._workers = workers
        self._actors: dict[int, Any] = {}
        self._fingerprints: dict[Side, str] = {}

    def fingerprint(self, side: Side) -> str:
        """Return what a vector depends on beside the text (see `TransformerEncoder`), as it is on the workers."""
        if isinstance(self._workers, int):  # they are this machine: nothing starts for what is stored
            return self._opened.fingerprint(side)
        if side not in self._fingerprints:
            (self._fingerprints[side],) = self._ask([("fingerprint", side)])
        return self._fingerprints[side]

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """See `Encoder`.

        InputError if a worker cannot load the model or has another one; IncompleteError if workers are lost over and
        over.
        """
        expected = self.fingerprint(side)
        count, _ = self._places
        size = max(_FEWEST, min(_MOST, -(-len(texts) // (_BLOCKS_EACH * count))))
        # A worker also knows how many dimensions the vectors of no texts have.
        blocks = [list(texts[start : start + size]) for start in range(0, max(1, len(texts)), size)]
        found = self._ask([("encode", block, side) for block in blocks])
        for fingerprint, _ in found:
            if fingerprint != expected:
                raise InputError(
                    f"encoder '{self.name}': on a worker it is {fingerprint}, expected {expected}; "
                    "all nodes need the same files of the model, and all of them a GPU, or none"
                )
        return np.concatenate([vectors for _, vectors in found])

    @cached_property
    def _places(self) -> tuple[int, Callable[[], Any]]:
        """How many workers there are, and what starts one: not before there is something for it."""
        ray = connected(self._workers)
        count, gpu = places(self._workers, on_gpu=True)
        # No whole core: the models that answer are there too, and have been given them.
        made = ray.remote(num_cpus=0, num_gpus=_OF_A_GPU * gpu, scheduling_strategy="SPREAD")(_EncoderWorker)
        return count, partial(made.remote, self._open_again, os.getcwd())

    def _ask(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return the answers to calls of the workers' methods, one at a time for each worker."""
        with reaching(self._workers):
            return self._answers(calls)

    def _answers(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        count, start = self._places
        import ray
        from ray.exceptions import RayActorError

        answers: dict[int, Any] = {}
        lost: Counter[int] = Counter()
        waiting, under_way = [*range(len(calls))][::-1], dict[Any, tuple[int, int]]()
        while waiting or under_way:
            busy = {place for place, _ in under_way.values()}
            for place in [place for place in range(count) if place not in busy][: len(waiting)]:
                actor = self._actors[place] = self._actors.get(place) or start()
                call = waiting.pop()
                method, *arguments = calls[call]
                under_way[getattr(actor, method).remote(*arguments)] = (place, call)
            done = ray.wait(list(under_way))[0][0]
            place, call = under_way.pop(done)
            try:
                answers[call] = ray.get(done)
            except RayActorError:
                self._actors.pop(place, None)
                lost[call] += 1
                if lost[call] == _LOSSES:
                    raise IncompleteError(
                        f"encoder '{self.name}': {_LOSSES} workers were lost over the same texts, one after another; "
                        "is their memory short? Vectors of earlier texts are kept: run it again, with fewer workers"
                    ) from None
                waiting.append(call)
            if isinstance(trouble := answers.get(call), Exception):
                raise trouble
        return [answers[call] for call in range(len(calls))]


class _EncoderWorker:
    """What runs on a worker: the encoder, opened there. Trouble is returned: Ray would wrap what is raised."""

    def __init__(self, open_again: Callable[[], Computed], folder: str) -> None:
        if os.path.isdir(folder):  # a model may be a folder of the project
            os.chdir(folder)
        self._open_again = open_again
        self._encoder: Computed | None = None

    def fingerprint(self, side: Side) -> str | LocomoError:
        """See `Computed`."""
        try:
            return self._opened().fingerprint(side)
        except LocomoError as error:
            return error

    def encode(self, texts: Sequence[str], side: Side) -> tuple[str, Vectors] | LocomoError:
        """Return the vectors, and the fingerprint of what computed them."""
        try:
            encoder = self._opened()
            return encoder.fingerprint(side), encoder.encode(texts, side=side)
        except LocomoError as error:
            return error

    def _opened(self) -> Computed:
        if self._encoder is None:
            self._encoder = self._open_again()
        return self._encoder
