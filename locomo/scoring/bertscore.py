"""BERTScore of many answers: one load, each text computed once, texts of one length together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from locomo import weights
from locomo.errors import InputError, did_you_mean
from locomo.machine import thread_count
from locomo.retrieval.blocks import equal_blocks

DECIMALS: Final = 6
"""BERTScore is rounded: its last bits depend on the machine."""
TOKENS_PER_BLOCK: Final = 2048
EMBEDDED: Final = "minilm"
EMBEDDED_LAYERS: Final = 6


def bertscore(pairs: Sequence[tuple[str, str]], model: str) -> list[float]:
    """Return BERTScore F1 (Zhang et al. 2020, without idf and baseline rescaling) of (prediction, gold) pairs.

    `model` is 'minilm' (embedded, all of its six layers) or a model that bert-score knows: InputError if it is neither.
    An empty text has 0. The same pairs give the same numbers, whatever their order: no text is padded (bert-score takes
    padding for tokens of similarity 0, which beats a negative one), and its own way through a batch, which follows
    Python's seed of hashes, is not taken.
    """
    asked = sorted({pair for pair in pairs if pair[0].strip() and pair[1].strip()})
    if not asked:
        return [0.0] * len(pairs)
    found = _Scorer(model).score(asked)
    return [found.get(pair, 0.0) for pair in pairs]


class _Scorer:
    """A loaded model, as bert-score loads it."""

    def __init__(self, model: str) -> None:
        import torch
        from bert_score import utils
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        if model == EMBEDDED:
            name, layers = str(weights.minilm()), EMBEDDED_LAYERS
        elif model in utils.model2layers:
            name, layers = model, utils.model2layers[model]
        else:
            raise InputError(
                f"score.bertscore: found '{model}', expected {EMBEDDED} or a model that bert-score knows, such as "
                f"roberta-large{did_you_mean(model, [EMBEDDED, *utils.model2layers])}"
            )
        torch.set_num_threads(1)  # of each of our threads
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            self._tokenizer = utils.get_tokenizer(name)
            self._model = utils.get_model(name, layers).to(self._device)
        except OSError as error:
            raise InputError(f"score.bertscore: '{model}' cannot be loaded ({str(error).splitlines()[0]})") from None

    def score(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return F1 by pair. Golds are held, predictions only while their block is compared."""
        golds: dict[str, Any] = {}
        for texts, states in self._encoded({gold for _, gold in pairs}):
            golds.update(zip(texts, states, strict=True))
        beside: dict[str, list[str]] = {}
        for prediction, gold in pairs:
            beside.setdefault(prediction, []).append(gold)
        found: dict[tuple[str, str], float] = {}
        for texts, states in self._encoded(beside):
            # By the golds' length too, so that nothing is padded here either.
            alike: dict[int, list[tuple[str, Any, str]]] = {}
            for text, state in zip(texts, states, strict=True):
                for gold in beside[text]:
                    alike.setdefault(len(golds[gold]), []).append((text, state, gold))
            for members in alike.values():
                values = self._compared([state for _, state, _ in members], [golds[gold] for _, _, gold in members])
                for (text, _, gold), value in zip(members, values, strict=True):
                    found[text, gold] = value
        return found

    def _encoded(self, texts: Iterable[str]) -> Iterator[tuple[list[str], Any]]:
        """Yield texts of one length with the states of their tokens, of shape (texts, tokens, dimensions)."""
        import torch
        from bert_score import utils

        listed = sorted(texts)
        rows = [utils.sent_encode(self._tokenizer, text) for text in listed]
        blocks = equal_blocks([len(row) for row in rows], TOKENS_PER_BLOCK)

        def compute(block: list[int]) -> Any:
            ids = torch.tensor([rows[place] for place in block], device=self._device)
            return utils.bert_encode(self._model, ids, attention_mask=torch.ones_like(ids))

        threads = min(thread_count(), len(blocks)) if self._device == "cpu" else 1
        with ThreadPoolExecutor(max(1, threads), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for block, states in zip(blocks, pool.map(compute, blocks), strict=True):
                yield [listed[place] for place in block], states

    def _compared(self, predictions: Sequence[Any], golds: Sequence[Any]) -> list[float]:
        """Match greedily; the two special tokens around each text weigh nothing."""
        import torch
        from bert_score import utils

        def batch(states: Sequence[Any]) -> tuple[Any, Any, Any]:
            stacked = torch.stack(list(states))
            weighed = torch.ones(stacked.shape[:2], device=stacked.device)
            weighed[:, [0, -1]] = 0.0
            return stacked, torch.ones_like(weighed, dtype=torch.long), weighed

        precision, recall, _ = utils.greedy_cos_idf(*batch(golds), *batch(predictions))
        return [f1(p, r) for p, r in zip(precision.tolist(), recall.tolist(), strict=True)]


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean, in [0, 1]; 0 where one of both is not above 0, since it is no mean there."""
    if precision <= 0 or recall <= 0:
        return 0.0
    return min(1.0, round(2 * precision * recall / (precision + recall), DECIMALS))
