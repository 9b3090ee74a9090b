"""BERTScore of many answers: each pair scored once, one load, texts of one length together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.models import embedded
from locomo.retrieval.blocks import FEWEST_TOKENS, equal_blocks
from locomo.scoring.bertscore_store import Pair, ScoreStore
from locomo.threads import thread_count

DECIMALS: Final = 6
"""BERTScore is rounded: its last bits depend on the machine."""
TOKENS_PER_BLOCK: Final = 2048
UNSAID: Final = 10**9
"""Tokens beyond which a tokenizer's longest text means that its files do not say."""
LONGEST: Final = 512
"""Tokens of a text for a model that does not say either."""
EMBEDDED: Final = "minilm"
EMBEDDED_LAYERS: Final = 6


def bertscore(pairs: Sequence[Pair], model: str) -> list[float]:
    """Return BERTScore F1 (Zhang et al. 2020, without idf and baseline rescaling) of (prediction, gold) pairs.

    `model` is 'minilm' (embedded, all of its six layers) or a model that bert-score knows: InputError if it is neither.
    An empty text has 0. The same pairs give the same numbers, whatever their order: no text is padded (bert-score takes
    padding for tokens of similarity 0, which beats a negative one), and its own way through a batch, which follows
    Python's seed of hashes, is not taken.
    """
    asked = sorted({pair for pair in pairs if pair[0].strip() and pair[1].strip()})
    if not asked:
        return [0.0] * len(pairs)
    found = _of_embedded(asked) if model == EMBEDDED else _of_hub(asked, model)
    return [found.get(pair, 0.0) for pair in pairs]


def _of_embedded(pairs: Sequence[Pair]) -> dict[Pair, float]:
    """Importing what computes takes seconds: it is left alone where every pair was scored before."""
    kept = ScoreStore(f"sha256:{embedded.MINILM_SHA256}")
    found = kept.get(pairs)
    if missing := [pair for pair in pairs if pair not in found]:
        computed = Scorer(EMBEDDED).score(missing)
        kept.add(computed)
        found |= computed
    return found


def _of_hub(pairs: Sequence[Pair], model: str) -> dict[Pair, float]:
    """Which revision of a model the hub has is known once it is loaded."""
    scorer = Scorer(model)
    if scorer.revision is None:
        return scorer.score(pairs)
    kept = ScoreStore(f"{model}@{scorer.revision}")
    found = kept.get(pairs)
    computed = scorer.score([pair for pair in pairs if pair not in found])
    kept.add(computed)
    return found | computed


class Scorer:
    """A loaded model, as bert-score loads it. A pair has the same number whatever is scored beside it, on a CPU."""

    def __init__(self, model: str) -> None:
        import torch
        from bert_score import utils
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        if model == EMBEDDED:
            name, layers = str(embedded.minilm()), EMBEDDED_LAYERS
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
        if self._tokenizer.model_max_length > UNSAID:  # more than the tokenizer's own code can be told
            self._tokenizer.model_max_length = getattr(self._model.config, "max_position_embeddings", LONGEST)
        self.revision: str | None = getattr(self._model.config, "_commit_hash", None)
        """The hub's commit; None of a folder."""

    def score(self, pairs: Sequence[Pair]) -> dict[Pair, float]:
        """Return F1 by pair. Golds are held, predictions only while their block is compared."""
        golds: dict[str, Any] = {}
        for texts, states in self._encoded({gold for _, gold in pairs}):
            golds.update(zip(texts, states, strict=True))
        beside: dict[str, list[str]] = {}
        for prediction, gold in pairs:
            beside.setdefault(prediction, []).append(gold)
        found: dict[Pair, float] = {}
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
            copies = -(-FEWEST_TOKENS // (len(block) * len(rows[block[0]])))
            ids = torch.tensor([rows[place] for place in block] * copies, device=self._device)
            return utils.bert_encode(self._model, ids, attention_mask=torch.ones_like(ids))[: len(block)]

        threads = min(thread_count(), len(blocks)) if self._device == "cpu" else 1
        with ThreadPoolExecutor(max(1, threads), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for block, states in zip(blocks, pool.map(compute, blocks), strict=True):
                yield [listed[place] for place in block], states

    def _compared(self, predictions: Sequence[Any], golds: Sequence[Any]) -> list[float]:
        """Match greedily; the two special tokens around each text weigh nothing.

        Sums of single precision depend on how many pairs are compared at once; of double ones, no decimal that is kept.
        """
        import torch
        from bert_score import utils

        def batch(states: Sequence[Any]) -> tuple[Any, Any, Any]:
            stacked = torch.stack(list(states)).double()
            weighed = torch.ones(stacked.shape[:2], dtype=stacked.dtype, device=stacked.device)
            weighed[:, [0, -1]] = 0.0
            return stacked, torch.ones_like(weighed, dtype=torch.long), weighed

        precision, recall, _ = utils.greedy_cos_idf(*batch(golds), *batch(predictions))
        return [f1(p, r) for p, r in zip(precision.tolist(), recall.tolist(), strict=True)]


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean, in [0, 1]; 0 where one of both is not above 0, since it is no mean there."""
    if precision <= 0 or recall <= 0:
        return 0.0
    return min(1.0, round(2 * precision * recall / (precision + recall), DECIMALS))
