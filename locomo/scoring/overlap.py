"""Text overlap with the gold answer beside F1, where there is a gold answer (categories 1-4)."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from locomo.scoring.bertscore import bertscore
from locomo.scoring.bleu import bleu_1
from locomo.scoring.f1 import stem
from locomo.scoring.token_set import token_set_f1


def overlap(pairs: Sequence[tuple[str, str]], bertscore_model: str | None) -> list[dict[str, float]]:
    """Return the fields of `Score` that compare a prediction with its gold, for each (prediction, gold) pair.

    Each different pair is computed once: configurations often agree.
    """
    different = list(dict.fromkeys(pairs))
    found = dict(zip(different, rouge(different), strict=True))
    for pair in sorted(different, key=itemgetter(1)):  # those of one gold together, so that its words are remembered
        found[pair] |= {"f1_token_set": token_set_f1(*pair), "bleu1": bleu_1(*pair)}
    if bertscore_model is not None:
        for pair, value in zip(different, bertscore(different, bertscore_model), strict=True):
            found[pair]["bertscore_f1"] = value
    return [found[pair] for pair in pairs]


def rouge(pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
    """Return {'rouge1', 'rouge2', 'rougeL'} F-measures (Lin 2004, with stemming) of (prediction, gold) pairs."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], tokenizer=_Tokenizer())
    return [
        {name: score.fmeasure for name, score in scorer.score(gold, prediction).items()} for prediction, gold in pairs
    ]


class _Tokenizer:
    """The tokenizer of rouge-score with stemming; each word is stemmed and each text is split once."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text."""
        from rouge_score.tokenize import tokenize

        if text not in self._found:
            self._found[text] = tokenize(text, self)
        return self._found[text]

    def stem(self, word: str) -> str:
        """Return the stem of a word: rouge-score asks for it."""
        return stem(word)
