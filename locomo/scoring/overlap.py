"""Text overlap with the gold answer beside F1: ROUGE and BERTScore, where there is a gold answer (categories 1-4)."""

from __future__ import annotations

from collections.abc import Sequence

from locomo import weights

DECIMALS = 6
"""BERTScore is rounded: its last bits depend on how texts share a batch."""


def rouge(pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
    """Return {'rouge1', 'rouge2', 'rougeL'} F-measures (Lin 2004, with stemming) of (prediction, gold) pairs."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    return [
        {name: score.fmeasure for name, score in scorer.score(gold, prediction).items()} for prediction, gold in pairs
    ]


def bertscore(pairs: Sequence[tuple[str, str]], model: str) -> list[float]:
    """Return BERTScore F1 (Zhang et al. 2020, without idf and baseline rescaling) of (prediction, gold) pairs.

    `model` is 'minilm' (embedded, all of its six layers) or a model that bert-score knows. One load, one batched call.
    An empty prediction has 0.
    """
    from bert_score import BERTScorer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    asked = [i for i, pair in enumerate(pairs) if pair[0].strip() and pair[1].strip()]
    scores = [0.0] * len(pairs)
    if asked:
        known = {"model_type": str(weights.minilm()), "num_layers": 6} if model == "minilm" else {"model_type": model}
        _, _, f1 = BERTScorer(**known).score([pairs[i][0] for i in asked], [pairs[i][1] for i in asked])
        for i, value in zip(asked, f1.tolist(), strict=True):
            scores[i] = min(1.0, max(0.0, round(value, DECIMALS)))
    return scores
