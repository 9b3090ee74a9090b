"""Small runs to report, and the page that comes out as a browser would read it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

from locomo.reporting.report import write_report
from locomo.schema import Conversation, Prediction, Score, Usage

HOSTILE = "</script><script>alert(1)</script><!--<script> <img src=x onerror=alert(2)> \" ' & \u2028"
CARD = {"dataset": "tiny", "model": "mock", "protocol": "paper"}
VOID = {"meta", "input", "br", "line", "rect", "circle", "polyline"}


class Page(HTMLParser):
    """What a browser would find: tags, the text of tables, of scripts and of all the rest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.scripts[-1] += data
        elif "style" not in self.open:
            self.text += data
            if "th" in self.open or "td" in self.open:
                self.tables[-1][-1][-1] += data.strip()

    @property
    def data(self) -> dict:
        return json.loads(self.scripts[0])

    @property
    def turns(self) -> list[list[list[str]]]:
        """By conversation."""
        return [json.loads(text) for text in self.scripts[1:-1]]

    def line(self, table: int, name: str) -> list[str]:
        return next(cells[1:] for cells in self.tables[table] if cells[0] == name)


def conversation(questions: list[dict], sample_id: str = "tiny", text: str = "We adopted a cat.") -> Conversation:
    return Conversation.model_validate(
        {
            "sample_id": sample_id,
            "speaker_a": "Ada",
            "speaker_b": "Bob",
            "sessions": [
                {
                    "number": 1,
                    "date_time": "1:56 pm on 8 May, 2023",
                    "turns": [
                        {"speaker": "Ada", "dia_id": "D1:1", "text": text},
                        {"speaker": "Bob", "dia_id": "D1:2", "text": "What is it called?"},
                    ],
                }
            ],
            "questions": questions,
            "observations": [],
            "summaries": {1: "Ada has a cat."},
            "raw_observation": {},
            "raw_event_summary": {},
            "conversation_extra": {},
            "extra": {},
        }
    )


def pair(
    of: Conversation,
    index: int,
    f1: float,
    *,
    prediction: str | None = "a cat",
    raw: str | None = None,
    recall: float = 1.0,
    context: tuple[str, ...] = (),
    unit: str | None = None,
    k: int | None = None,
    tokens: int = 0,
    error: str | None = None,
    rouge: float | None = None,
) -> tuple[Prediction, Score]:
    question = of.questions[index]
    row = Prediction(
        id=of.question_id(index),
        sample_id=of.sample_id,
        index=index,
        category=question.category,
        question=question.question,
        reference=question.reference,
        prediction=None if error else prediction,
        raw=None if error else raw or prediction,
        context_ids=list(context),
        task="rag" if unit else "qa",
        unit=unit,
        k=k,
        model="mock",
        protocol="paper",
        usage=Usage(input_tokens=tokens),
        request="0",
        error=error,
    )
    score = Score(
        id=row.id,
        configuration=row.configuration,
        category=question.category,
        f1=f1,
        recall=recall,
        has_evidence=bool(question.evidence),
        has_context=bool(context),
        rougeL=rouge,
        error=error,
    )
    return row, score


def report(tmp_path: Path, of: list[Conversation], pairs: list[tuple[Prediction, Score]], card: dict = CARD) -> Page:
    path = tmp_path / "report.html"
    write_report(
        path, card=card, conversations=of, predictions=[p for p, _ in pairs], scores=[score for _, score in pairs]
    )
    return Page(path.read_text(encoding="utf-8"))
