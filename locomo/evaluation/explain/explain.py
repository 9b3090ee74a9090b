"""`explain`: what an answer file holds, and which numbers can be made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from locomo.errors import InputError
from locomo.evaluation.dataset import SAMPLE, Dataset, load_dataset
from locomo.evaluation.explain.labels import Label, match
from locomo.evaluation.explain.means import means, named
from locomo.evaluation.explain.told import labels, own_scores, retrieved
from locomo.evaluation.results import Results
from locomo.evaluation.score import score
from locomo.reporting.errata import errata_file
from locomo.schema import LOCAL, Score, category_name, category_of, declared
from locomo.scoring import Answer, choose, read_answers
from locomo.scoring.f1 import gold_text, multiset_f1
from locomo.scoring.spans import best_span_f1

PROMPTS: Final = ("strict", "balanced", "lenient")
CLOSE: Final = 0.005
"""A claim is met by a number that is no farther from it."""
OWN: Final = "in the file: "
"""Begins the name of a measure that the file brings."""


@dataclass(frozen=True)
class Explanation:
    """What a file of answers holds and comes to; means and shares are in [0, 1]."""

    dataset: str
    file: str
    rows: int
    answered: dict[str, int]
    """Category to the number of its questions that have an answer."""
    missing: dict[str, int]
    """Category to the number of its questions that have none."""
    unread: list[str]
    """What is wrong with rows that could not be read."""
    twice: list[str]
    """Ids of questions that are answered more than once: the first answer counts."""
    labels: list[Label]
    """The file's own names of the categories."""
    means: dict[str, dict[str, float]]
    """{measure: {way: mean}}."""
    ways: dict[str, str]
    """What each way of `means` is."""
    judges: dict[str, float]
    """{judge and prompt: accuracy over the answered questions that have a gold answer}."""
    agreement: dict[str, float]
    """{measure of the file that is yes or no: share of answers on which the local judge says the same}."""
    golds: dict[str, Any]
    """`ceiling`, `ceiling_1_4`: F1 of a perfect reader by the released golds; `f1`, `corrected`: that of the file by
    the released and by the corrected ones. Empty for a dataset without errata."""
    length: dict[str, float]
    """`words`, `gold_words` (medians), `f1` and `best_span` (means), over the questions that have a gold answer."""
    context: dict[str, float | str] = field(default_factory=dict)
    """`k`, `tokens` or `estimated_tokens`, where the file tells."""
    claim: float | None = None

    @property
    def met(self) -> list[tuple[str, str, float]]:
        """The measures and ways whose mean is the claim, the closest first."""
        if self.claim is None:
            return []
        found = [(name, way, mean) for name, ways in self.means.items() for way, mean in ways.items()]
        found += [(name, "answered, with a gold answer", mean) for name, mean in self.judges.items()]
        near = [each for each in found if abs(each[2] - self.claim) <= CLOSE + 1e-9]
        return sorted(near, key=lambda each: abs(each[2] - (self.claim or 0.0)))


def explain(
    file: str | Path,
    dataset: str | Path | Dataset = SAMPLE,
    *,
    claim: float | None = None,
    key: str | None = None,
    judge: str | None = None,
    offline: bool = True,
) -> Explanation:
    """Take a published number apart: what the file of its answers holds, and what means can be made of it.

    Args:
        file: Answers, in any form that `score` reads; rows that cannot be read are counted and left out.
        dataset: A name, a path, or what `load_dataset` returns.
        claim: The published number in [0, 1], to be found among the means.
        key: Which answers, where the file holds those of several configurations.
        judge: A model that judges by the three prompts, beside the local judge.
        offline: Whether that model's verdicts must all be in the request cache.

    Raises:
        InputError: the file holds no answers to questions of the dataset.
        OfflineError: the judge's verdicts are not all in the cache.

    Examples:
        >>> found = explain("answers.json", "locomo10", claim=0.84)
        >>> found.met
        [('in the file: llm_score', '5 on top', 0.8403)]
    """
    data = load_dataset(dataset)
    path = Path(file).expanduser()
    categories = {
        c.question_id(i): question.category for c in data.conversations for i, question in enumerate(c.questions)
    }
    unread: list[str] = []
    answers = choose(read_answers(path, data.conversations, unread), key, path)
    rows = len(answers) + len(unread)
    unread += [f"question '{answer.id}' is not in the dataset" for answer in answers if answer.id not in categories]
    answers = [answer for answer in answers if answer.id in categories]
    if not answers:
        raise InputError(f"{path}: no answers to questions of {data.name}" + (f": {unread[0]}" if unread else ""))
    orders = Counter((answer.id, answer.order) for answer in answers)
    first = list({(answer.id, answer.order): answer for answer in reversed(answers)}.values())[::-1]
    given = {answer.id: answer for answer in first}
    paper = _scored(first, data, "paper", judge=LOCAL)
    strict = _scored(first, data, "strict")
    measures = {f"{OWN}{name}": values for name, values in own_scores(first).items()}
    own = dict(measures)
    measures |= {
        "F1, paper": _values(paper.scores, "f1"),
        "F1, strict": _values(strict.scores, "f1"),
        "local judge": _values(paper.scores, "judged_all"),
    }
    local = _values(paper.scores, "judged_all")
    names = named(each.dataset for each in data.conversations)
    found = {
        name: {names[way][0]: mean for way, mean in means(values, categories).items()}
        for name, values in measures.items()
    }
    return Explanation(
        dataset=data.name,
        file=str(path),
        rows=rows,
        answered=_by_name(categories[name] for name in given),
        missing=_by_name(category for name, category in categories.items() if name not in given),
        unread=unread,
        twice=sorted({name for (name, _), count in orders.items() if count > 1}),
        labels=match(labels(first), categories, declared(each.dataset for each in data.conversations)),
        means=found,
        ways={name: said for name, said in names.values() if any(name in values for values in found.values())},
        judges=_judges(paper, first, data, judge, offline=offline),
        agreement={
            name: fmean(local[key] == value for key, value in values.items() if key in local)
            for name, values in own.items()
            if set(values.values()) <= {0.0, 1.0} and values.keys() & local.keys()
        },
        golds=_golds(paper, first),
        length=_length(given, data),
        context=retrieved(first),
        claim=claim,
    )


def _scored(
    answers: Sequence[Answer], data: Dataset, protocol: str, *, judge: str | None = None, **options: Any
) -> Results:
    rows = [
        {
            "id": answer.id,
            "prediction": answer.text,
            "error": answer.error,
            "context_ids": answer.context_ids,
            "choice": answer.choice.model_dump() if answer.choice else None,
        }
        for answer in answers
    ]
    return score(rows, data, protocol, judge=judge, questions={answer.id for answer in answers}, **options)


def _values(scores: Sequence[Score], metric: str) -> dict[str, float]:
    return {
        each.id: value for each in scores if each.configuration == "qa" and (value := getattr(each, metric)) is not None
    }


def _by_name(numbers: Any) -> dict[str, int]:
    return {category_name(number): count for number, count in sorted(Counter(numbers).items())}


def _judges(
    paper: Results, answers: Sequence[Answer], data: Dataset, model: str | None, *, offline: bool
) -> dict[str, float]:
    found = _accuracy("local judge", paper.scores)
    for prompt in PROMPTS if model else ():
        judged = _scored(answers, data, "paper", judge=model, judge_prompt=prompt, params={"llm.offline": offline})
        found |= _accuracy(f"{model}, prompt {prompt}", judged.scores)
    return found


def _accuracy(name: str, scores: Sequence[Score]) -> dict[str, float]:
    values = _values(scores, "judged").values()
    return {name: fmean(values)} if values else {}


def _golds(paper: Results, answers: Sequence[Answer]) -> dict[str, Any]:
    conversations = paper.scored.conversations
    scores = [each for each in paper.scores if each.configuration == "qa"]
    found = errata_file({}, conversations, answers, scores)
    if found["errata"] is None:
        return {}
    ceiling = found["ceiling"]
    (name,) = found["released_f1"]
    counts = Counter(question.category for each in conversations for _, question in each.chosen())
    with_gold = {category_name(category): count for category, count in counts.items() if category_of(category).has_gold}
    golds = {
        "errata": found["errata"],
        "ceiling": ceiling["overall"],
        "f1": found["released_f1"][name]["overall"],
        "corrected": found["corrected_f1"][name]["overall"],
    }
    if with_gold:
        weights = sum(with_gold.values())
        golds["ceiling_1_4"] = sum(ceiling[group] * count for group, count in with_gold.items()) / weights
    return golds


def _length(given: Mapping[str, Answer], data: Dataset) -> dict[str, float]:
    pairs = [
        (given[name].text or "", gold)
        for each in data.conversations
        for index, question in enumerate(each.questions)
        if (name := each.question_id(index)) in given and (gold := gold_text(question)) is not None
    ]
    if not pairs:
        return {}
    return {
        "words": median(len(text.split()) for text, _ in pairs),
        "gold_words": median(len(gold.split()) for _, gold in pairs),
        "f1": fmean(multiset_f1(text, gold) for text, gold in pairs),
        "best_span": fmean(best_span_f1(text, gold) for text, gold in pairs),
    }
