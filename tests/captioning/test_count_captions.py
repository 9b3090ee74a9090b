"""Captions are counted as people would count them."""

from __future__ import annotations

import json
from pathlib import Path

from locomo.captioning.released import count_captions
from locomo.dataset import read_conversations

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json"


def test_pictures_with_and_without_caption_or_link(tmp_path: Path) -> None:
    pictures = [
        {"img_url": ["https://x/1.png"], "blip_caption": "a photo of a dog"},
        {"img_url": ["https://x/2.png"]},
        {"blip_caption": "a photo of a cat"},
        {"img_url": []},
    ]
    turns = [{"speaker": "Ann", "dia_id": f"D1:{n}", "text": "Look!"} | p for n, p in enumerate(pictures, start=1)]
    spoken = {"speaker_a": "Ann", "speaker_b": "Ben", "session_1_date_time": "1:56 pm on 8 May, 2023"}
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"sample_id": "one", "conversation": spoken | {"session_1": turns}}), encoding="utf-8")
    counts = count_captions(read_conversations(path))
    assert counts == {"images": 3, "captioned": 2, "uncaptioned": 1, "without_link": 1}


def test_the_sample_has_one_picture_without_caption_a_conversation() -> None:
    counts = count_captions(read_conversations(SAMPLE))
    assert counts == {"images": 12, "captioned": 9, "uncaptioned": 3, "without_link": 0}
