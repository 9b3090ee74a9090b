"""Answering prompts that begin alike, with a transformer that reads what they begin with once.

What it keeps of the tokens it has read (their keys and values) is held once too, not once a prompt: the rests of all
prompts, and then their answers, follow that beginning as if they were one text, in which each token sees the beginning
and its own prompt and answer, at its own position. A step then costs little more than that of a single prompt.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from locomo.llm.providers.prefixes import Prompt, common_prefix

CHUNK = 512
"""Tokens that are read at once after others, which bounds the memory for what each sees of them."""
_MOVING_ROPE = {"dynamic", "longrope"}
"""Position encodings that depend on how long the whole text is: a beginning cannot be read alone."""
_ALL = -1
"""Owner of the tokens that all see."""


def can_share(network: Any, window: int) -> bool:
    """Whether a model may read texts of up to `window` tokens so.

    It has to let us say what each token sees, and must not forget (a sliding window, a recurrent state), since it could
    not go back then to where prompts part.
    """
    from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

    rope = getattr(network.config.get_text_config(decoder=True), "rope_parameters", None) or {}
    layers = DynamicCache(config=network.config).layers
    return (
        bool(network._supports_attention_backend)  # masks and positions reach every layer as we give them
        and network.config._attn_implementation in {"eager", "sdpa"}
        and {"cache", "logits_to_keep", "position_ids"} <= set(inspect.signature(network.forward).parameters)
        and rope.get("rope_type") not in _MOVING_ROPE
        and all(type(layer) in {DynamicLayer, DynamicSlidingWindowLayer} for layer in layers)
        and not any(0 < layer.get_max_length() <= window for layer in layers)
    )


class SharedPast:
    """A model with what it keeps of the beginning that it read last: the next prompts often begin alike."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self.drop()

    def drop(self) -> None:
        """Forget all, and free its memory."""
        from transformers.cache_utils import DynamicCache

        self.tokens: Prompt = []
        self._owners: list[int] = []  # of all that is kept: the number of a prompt, or _ALL
        self._cache = DynamicCache()  # none of its layers forgets, as `can_share` has made sure that none needs to

    def answer(
        self, prompts: Sequence[Prompt], room: int, finished: Callable[[Prompt], bool]
    ) -> tuple[list[Prompt], int, int]:
        """Return the most likely tokens after each prompt, how many tokens all begin with, and how many of those had
        been read before. An answer ends with `room` tokens, or where `finished` says so of what there is of it.
        """
        import torch

        # A token of each is left, since what follows is seen when it is read.
        shared = min(common_prefix(*prompts), min(map(len, prompts)) - 1)
        beginning = prompts[0][:shared]
        known = common_prefix(self.tokens, beginning)
        if 2 * known < shared:  # to read on is slower than to read anew
            known = 0
        try:
            with torch.inference_mode():
                if known:
                    self._go_back(known)
                    self._read(beginning[known:], [_ALL] * (shared - known), range(known, shared), [])
                else:
                    self.drop()
                    self._read_first(beginning)
                answers = self._write([prompt[shared:] for prompt in prompts], shared, room, finished)
                self._go_back(shared)
        except BaseException:
            self.drop()
            raise
        self.tokens = beginning
        return answers, shared, known

    def _write(self, rests: list[Prompt], start: int, room: int, finished: Callable[[Prompt], bool]) -> list[Prompt]:
        owners = [row for row, rest in enumerate(rests) for _ in rest]
        lasts = [place for place, row in enumerate(owners) if owners[place + 1 : place + 2] != [row]]
        positions = [start + place for rest in rests for place in range(len(rest))]
        following = self._read([token for rest in rests for token in rest], owners, positions, lasts)
        answers: list[Prompt] = [[] for _ in rests]
        rows = list(range(len(rests)))
        while True:
            for row, token in zip(rows, following, strict=True):
                answers[row].append(token)
            rows = [row for row in rows if len(answers[row]) < room and not finished(answers[row])]
            if not rows:
                return answers
            positions = [start + len(rests[row]) + len(answers[row]) - 1 for row in rows]
            following = self._read([answers[row][-1] for row in rows], rows, positions, range(len(rows)))

    def _read_first(self, tokens: Prompt) -> None:
        """Read what nothing comes before: the model's own way of looking back is the fastest and takes least memory."""
        import torch

        if not tokens:
            return
        self._owners = [_ALL] * len(tokens)
        inputs = torch.tensor([tokens], device=self._network.device)
        self._network(input_ids=inputs, cache=self._cache, use_cache=True, logits_to_keep=1)

    def _read(
        self, tokens: Prompt, owners: Sequence[int], positions: Sequence[int], wanted: Sequence[int]
    ) -> list[int]:
        """Read tokens, and return the most likely ones after those at the places `wanted`, which ascend."""
        import torch

        network = self._network
        device = network.device
        following: list[int] = []
        for start in range(0, len(tokens), CHUNK):
            chunk = slice(start, start + CHUNK)
            before = len(self._owners)
            self._owners += owners[chunk]
            owner = torch.tensor(self._owners, device=device)
            place = torch.arange(len(owner), device=device)
            seen = ((owner == _ALL) | (owner == owner[before:, None])) & (place <= place[before:, None])
            mask = torch.zeros(seen.shape, dtype=network.dtype, device=device)
            mask.masked_fill_(~seen, torch.finfo(network.dtype).min)
            output = network(
                input_ids=torch.tensor([tokens[chunk]], device=device),
                position_ids=torch.tensor([positions[chunk]], device=device),
                attention_mask=mask[None, None],
                cache=self._cache,
                use_cache=True,
                logits_to_keep=torch.tensor(
                    [last - start for last in wanted if 0 <= last - start < CHUNK], dtype=torch.long, device=device
                ),
            )
            following += output.logits[0].argmax(-1).tolist()
        return following

    def _go_back(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        self._cache.crop(length - len(self._owners))
        del self._owners[length:]
        self.tokens = self.tokens[:length]
