"""Local models on the workers of a Ray cluster, behind the client of this process.

Each worker is an actor with a model of its own. Cache, budget, limits, retries, progress and journal stay here, so that
a run over many machines is accounted for like any other, and has the same bytes. Models behind an API stay here too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

from locomo.errors import LocomoError, ProviderError
from locomo.llm.provider import ALSO_NAMED, AnswerError, Provider, SchemaError, TransientError
from locomo.llm.types import Limits, Request, Response

LOCAL: Final = ("gguf", "hf", "ctransformers", "mock")
"""Providers whose models can be on workers."""
_MOST: Final = 64
"""Workers of a cluster that are used."""
_OF_A_GPU: Final = 0.9
"""What a model takes of a worker's GPU, in Ray's account: encoders find room beside it."""
_OURS: Final = (LocomoError, TransientError, AnswerError, SchemaError)
"""What providers raise, and what the client knows how to go on from."""

log = logging.getLogger("locomo")

Workers = int | str
"""A number of workers on this machine, or the address of a cluster: ray://HOST:PORT."""


def on_workers(opened: Provider, open_again: Callable[[], Provider], workers: Workers | None) -> Provider:
    """Return a model as it is, or on workers if it is a local one and there are to be any.

    `open_again` opens the same model on a worker. That Ray is missing, or the cluster cannot be reached, is a
    ProviderError of the first question: nothing starts before it.
    """
    if workers is None or opened.name not in LOCAL:
        return opened
    return RayProvider(opened, open_again, workers)


class RayProvider:
    """A model on several workers; see `Provider`.

    Prompts that begin alike go to the worker that has had one of them, so that it goes on from there, unless that is
    busy while others are not. A worker that is lost is started anew, and what it was asked is a temporary trouble.
    """

    keeps_last_prompt = True  # requests are sent in their order, and each finds the worker of its prefix
    limits: Limits | None = None

    def __init__(self, opened: Provider, open_again: Callable[[], Provider], workers: Workers) -> None:
        self.name, self.model, self.revision = opened.name, opened.model, opened.revision
        self.capabilities = opened.capabilities
        self.count_tokens = opened.count_tokens
        for said in ALSO_NAMED:
            setattr(self, said, getattr(opened, said, None))
        self._opened = opened
        self._open_again = open_again
        self._workers = workers
        self._each = opened.concurrency
        self.concurrency = self._each * (workers if isinstance(workers, int) else _MOST)
        self._actors: list[Any] = []
        self._busy: list[int] = []
        self._holder: dict[bytes, int] = {}
        """Which worker has had a prompt that begins so."""

    async def complete(self, request: Request) -> Response:
        """Answer one request on a worker; TransientError if that is lost meanwhile, ProviderError if the cluster is."""
        if not self._actors:  # not before there is something to ask: a cluster takes seconds
            self._gather()
        from ray.exceptions import RayActorError

        place = self._place(request)
        self._busy[place] += 1
        try:
            with reaching(self._workers):
                found = await self._actors[place].complete.remote(request)
        except RayActorError as error:
            raise TransientError(f"worker {place}: lost ({_first_line(error)})", counted="a worker was lost") from None
        finally:
            self._busy[place] -= 1
        if isinstance(found, Exception):
            raise found
        answer: Response = found
        return answer

    def _place(self, request: Request) -> int:
        begins = "\0".join(message.content for message in request.messages)[: -1 - self._own(request)]
        key = sha256(begins.encode()).digest()
        place = self._holder.get(key)
        if place is None or (self._busy[place] >= self._each and min(self._busy) < self._each):
            place = self._busy.index(min(self._busy))
        self._holder[key] = place
        return place

    @staticmethod
    def _own(request: Request) -> int:
        """Return the characters of the last message that no other question of its conversation has."""
        return len(request.messages[-1].content) - request.shared_prefix

    def _gather(self) -> None:
        ray = connected(self._workers)
        count, gpu = places(self._workers, on_gpu=self.name == "hf")
        share = {"num_gpus": _OF_A_GPU * gpu} if gpu else {"num_cpus": 1}
        made = ray.remote(max_restarts=-1, max_concurrency=self._each, **share)(_Worker)
        self._actors = [made.remote(self._open_again, os.getcwd()) for _ in range(count)]
        self._busy = [0] * count
        self._holder.clear()

    async def close(self) -> None:
        """Let the workers go."""
        if self._actors:
            import ray

            for actor in self._actors if ray.is_initialized() else ():  # the cluster may be lost
                ray.kill(actor)
            self._actors = []
        await self._opened.close()


class _Worker:
    """What runs on a worker: the model, opened there, asked one request at a time for each of its slots."""

    def __init__(self, open_again: Callable[[], Provider], folder: str) -> None:
        if os.path.isdir(folder):  # models.yaml of the project, where the worker sees it
            os.chdir(folder)
        self._provider = open_again()

    async def complete(self, request: Request) -> Response | Exception:
        """Return the answer, or the trouble as a value: Ray would wrap what is raised."""
        try:
            return await self._provider.complete(request)
        except _OURS as error:
            return error


def places(workers: Workers, *, on_gpu: bool) -> tuple[int, float]:
    """Return how many workers there are, and the share of a GPU for each: 0 if it is not to be `on_gpu`."""
    import ray

    resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus = int(resources.get("GPU", 0)) if on_gpu else 0
    count = workers if isinstance(workers, int) else max(1, min(_MOST, gpus or int(resources.get("CPU", 0))))
    return count, 1 / -(-count // gpus) if gpus else 0.0


def connected(workers: Workers) -> Any:
    """Return Ray, connected to a cluster or to one that it starts here, with its telemetry and its noise off."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError:
        raise ProviderError("llm.workers: Ray is not installed: pip install 'locomo-pipeline[ray]'") from None
    if ray.is_initialized():
        return ray
    import ray._private.worker as driver

    # Ray writes a paragraph to the terminal for each worker that is lost, whatever its settings say.
    driver.print_to_stdstream = lambda data, *_, **__: log.debug("%s", data)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if isinstance(workers, int):
            # "local": without it, Ray would join a cluster that runs on this machine, or that RAY_ADDRESS names.
            ray.init("local", num_cpus=workers, include_dashboard=False, **quiet)
        else:
            ray.init(workers, **quiet)
    except (ConnectionError, OSError, ValueError, RuntimeError) as error:
        raise ProviderError(f"llm.workers: {workers}: {_first_line(error)}") from None
    return ray


@contextmanager
def reaching(workers: Workers) -> Iterator[None]:
    """Raise ProviderError where the connection to a cluster is lost: Ray has tried for half a minute to get it back."""
    try:
        yield
    except ConnectionError as error:
        from ray.exceptions import RayTaskError

        if isinstance(error, RayTaskError):  # what a worker could not reach
            raise
        raise ProviderError(
            f"llm.workers: {workers}: the cluster is lost ({_first_line(error)}); start it, and run again: what is "
            "done is kept"
        ) from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
