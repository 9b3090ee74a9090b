"""A memory system as somebody else would write it, without this project: a list of turns in a file.

The settings say how it misbehaves.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

store = Path()
settings: dict = {}
told: list[dict] = []


def misbehave(verb: str) -> None:
    how = settings.get(verb)
    if how == "raise":
        raise RuntimeError("out of\nluck")
    if how == "exit":
        sys.exit("no more memory")
    if how == "hang":
        time.sleep(60)
    if how == "print":
        print("Loading weights...")
    if how == "die":
        os.abort()


def search(question: str, k: int) -> list:
    how = settings.get("search")
    if how == "no list":
        return {"found": 1}  # type: ignore[return-value]
    if how == "unknown turn":
        return [{"text": "x", "dia_ids": ["D99:1"]}]
    if how == "no text":
        return [{"dia_ids": ["D1:1"]}]
    words = set(question.lower().split())
    best = sorted(told, key=lambda turn: -len(words & set(turn["text"].lower().split())))
    return [
        {"text": f"{turn['speaker']}: {turn['text']}", "dia_ids": [turn["dia_id"]], "score": 1.0, "date": turn["on"]}
        for turn in best[:k]
    ]


for line in sys.stdin:
    request = json.loads(line)
    answer: dict = {"id": request["id"], "ok": True}
    try:
        if request["do"] == "open":
            settings = request["settings"]
            store = Path(request["folder"]) / "turns.jsonl"
            told = [json.loads(row) for row in store.read_text().splitlines()] if store.exists() else []
        misbehave(request["do"])
        if request["do"] == "add":
            session = request["session"]
            if settings.get("kill") == session["number"] and not (store.parent.parent / "killed").exists():
                (store.parent.parent / "killed").touch()
                with store.open("a") as file:  # half of a session
                    file.write(json.dumps({**session["turns"][0], "on": session["date"]}) + "\n")
                os.abort()
            with store.open("a") as file:
                for turn in session["turns"]:
                    told.append({**turn, "on": session["date"]})
                    file.write(json.dumps(told[-1]) + "\n")
        if request["do"] == "search":
            answer = {"id": request["id"], "hits": search(request["question"], request["k"])}
    except RuntimeError as error:
        answer = {"id": request["id"], "error": str(error)}
    print(json.dumps(answer), flush=True)
    if request["do"] == "close":
        break
