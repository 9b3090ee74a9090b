"""The stage as users run it: by default nothing changes, and with pictures both captions are kept."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
import shutil
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Project, make_project
from serving import running

from locomo.captioning import download
from locomo.pipeline import Stage

TREE = ("data/captioned", "data/images", "data/captions.jsonl", "metrics/data.json")
PICTURES = ROOT / "data/raw/sample_images"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose conversations are made, and nothing else."""
    project = make_project(tmp_path_factory.mktemp("generated"))
    project.must("python", "stages/generate.py")
    return project


@pytest.fixture
def fresh(generated: Project, tmp_path: Path) -> Project:
    return generated.copy_to(tmp_path)


def turn(project: Project, **knobs: str) -> None:
    before, caption, section = project.path("params.yaml").read_text(encoding="utf-8").partition("\ncaption:\n")
    for knob, value in knobs.items():
        section, count = re.subn(rf"(?m)^  {knob}: \S+", f"  {knob}: {value}", section)
        assert count == 1, knob
    project.path("params.yaml").write_text(before + caption + section, encoding="utf-8")


def run(project: Project, **knobs: str) -> str:
    turn(project, **knobs)
    return project.must("python", "stages/caption.py")


def rows(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in project.path("data/captions.jsonl").read_text(encoding="utf-8").splitlines()]


def turns(project: Project) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(project.path("data/captioned").glob("*.json")):
        sample = json.loads(path.read_text(encoding="utf-8"))
        for name, session in sample["conversation"].items():
            if re.fullmatch(r"session_\d+", name):
                found |= {f"{sample['sample_id']}:{each['dia_id']}": each for each in session}
    return found


def tree(project: Project, *names: str) -> dict[str, str]:
    paths = [path for name in names or TREE for path in [project.path(name), *project.path(name).rglob("*")]]
    return {
        path.relative_to(project.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


def test_by_default_released_captions_stay_and_nothing_heavy_is_loaded(fresh: Project) -> None:
    output = fresh.must("python", "-X", "importtime", "stages/caption.py")
    assert "caption: 12 images, 9 captioned, 3 uncaptioned, 0 without_link" in output
    loaded = {line.rpartition("|")[2].strip() for line in output.splitlines() if line.startswith("import time:")}
    assert "locomo.captioning.registry" in loaded
    assert loaded & {"torch", "transformers", "aiohttp", "PIL", "openai", "anthropic", "icrawler"} == set()
    for path in fresh.path("data/conversations").iterdir():
        assert (fresh.path("data/captioned") / path.name).read_bytes() == path.read_bytes()
    data = json.loads(fresh.path("metrics/data.json").read_text(encoding="utf-8"))["data"]
    assert [data[name] for name in ("conversations", "sessions", "turns")] == [3, 21, 383]
    assert sum(data["questions"].values()) == 131
    assert [path.name for path in fresh.path("data/images").iterdir()] == ["index.json"]
    assert len(rows(fresh)) == 12
    assert {row["status"] for row in rows(fresh)} == {"not asked"}
    assert all(row["caption"] == row["released"] for row in rows(fresh))


def test_made_captions_stand_beside_released_ones_and_prefer_says_which_is_read(fresh: Project) -> None:
    run(fresh, captioner="mock/words", images="folder")
    by_released = turns(fresh)
    first = {row["id"]: row for row in rows(fresh)}
    run(fresh, prefer="made")
    by_made = turns(fresh)
    assert len(first) == 12
    for name, row in first.items():
        old, new = by_released[name], by_made[name]
        assert row["made"] == old["made_caption"] == new["made_caption"] == new["blip_caption"]
        assert old["blip_caption"] == (row["released"] or row["made"])
        assert old.get("released_caption") == new.get("released_caption") == row["released"]
        assert ("released_caption" in old) == (row["released"] is not None)
        assert (old["captioner"], old["captioner_revision"]) == ("mock/words", "caption-1")
        file = fresh.path("data/images") / row["file"]
        assert row["image"] == old["image_sha256"] == file.stem == hashlib.sha256(file.read_bytes()).hexdigest()
        assert file.read_bytes() == (PICTURES / row["source"]).read_bytes()
    assert sum(row["released"] is None for row in first.values()) == 3
    counts = json.loads(fresh.path("metrics/data.json").read_text(encoding="utf-8"))["data"]["captions"]
    assert counts == {
        "images": 12,
        "captioned": 12,
        "uncaptioned": 0,
        "without_link": 0,
        "found": 12,
        "dead": 0,
        "no_address": 0,
        "different_files": 12,
        "made": 12,
    }
    # Everything else of a turn is as it was.
    plain = json.loads(fresh.path("data/conversations/sample-1.json").read_text(encoding="utf-8"))["conversation"]
    extra = {"blip_caption", "released_caption", "made_caption", "captioner", "captioner_revision", "image_sha256"}
    for old in plain["session_1"]:
        new = by_made[f"sample-1:{old['dia_id']}"]
        assert {k: v for k, v in new.items() if k not in extra} == {k: v for k, v in old.items() if k not in extra}


def test_the_same_pictures_give_the_same_bytes_and_are_asked_about_once(fresh: Project) -> None:
    log = fresh.root.parent / "calls"
    fresh.environment["LOCOMO_MOCK_LOG"] = str(log)
    run(fresh, captioner="mock/words", images="folder")
    once = tree(fresh)
    assert len(log.read_text().splitlines()) == 12
    run(fresh)
    assert tree(fresh) == once
    # What the stage laid out is a folder of pictures itself.
    shutil.copytree(fresh.path("data/images"), fresh.path("pictures"))
    run(fresh, folder="pictures")
    assert tree(fresh, "data/captioned", "data/images") == tree_of(once, "data/captioned", "data/images")
    assert len(log.read_text().splitlines()) == 12, "known by what is in them, wherever they lie"


def tree_of(tree: dict[str, str], *folders: str) -> dict[str, str]:
    return {name: value for name, value in tree.items() if name.startswith(folders)}


def test_captions_are_kept_when_they_are_captioned_once_more(fresh: Project) -> None:
    """A dataset that is this stage's own output still has its released captions told from the made ones."""
    run(fresh, captioner="mock/words", images="folder", prefer="made")
    before = turns(fresh)
    shutil.rmtree(fresh.path("data/conversations"))
    shutil.copytree(fresh.path("data/captioned"), fresh.path("data/conversations"))
    run(fresh, captioner="mock/refuse")
    for name, old in before.items():
        new = turns(fresh)[name] if "made_caption" in old else old
        assert new.get("released_caption") == old.get("released_caption")
        assert new.get("made_caption") in (None, "Not mentioned in the conversation")


@pytest.mark.parametrize(
    ("knobs", "said", "code"),
    [
        (
            {"captioner": "blip"},
            "params.yaml: caption.images: found 'none', but captioner 'blip' needs images: set it to download or",
            2,
        ),
        (
            {"captioner": "blpi"},
            "params.yaml: caption.captioner: captioner 'blpi': expected released, blip, hf/<fold",
            2,
        ),
        ({"images": "web"}, "params.yaml: caption.images: found 'web', expected 'none', 'download' or 'folder'", 2),
        ({"prefer": "mine"}, "params.yaml: caption.prefer: found 'mine', expected 'released' or 'made'", 2),
        (
            {"images": "folder", "folder": "nowhere"},
            "caption.folder: nowhere: no such folder; expected one with imag",
            2,
        ),
        (
            {"images": "folder", "captioner": "nobody/words"},
            "model 'nobody/words': expected provider/model with one",
            2,
        ),
        ({"images": "folder", "captioner": "openai/gpt-4"}, "model 'openai/gpt-4': is not known to accept images", 3),
        ({"images": "folder", "captioner": "hf/data"}, "data: no config.json; expected a model's folder, as", 2),
    ],
)
def test_a_mistake_is_one_line(fresh: Project, knobs: dict[str, str], said: str, code: int) -> None:
    turn(fresh, **knobs)
    found, output = fresh.run("python", "stages/caption.py", OPENAI_API_KEY="sk-planted")
    assert output.splitlines()[-1].startswith(f"error: {said}"), output
    assert "Traceback" not in output
    assert found == code
    assert not fresh.path("data/captioned").exists()


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        file = PICTURES / Path(self.path).name
        found = file.is_file()
        data = file.read_bytes() if found else b"gone"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "image/png" if found else "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def web() -> Iterator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Web)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def test_dead_links_are_listed_and_fall_back_to_the_released_caption(
    fresh: Project, web: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In this process, which alone may connect to loopback."""
    for path in fresh.path("data/conversations").iterdir():
        text = path.read_text(encoding="utf-8").replace("data/raw/sample_images", web)
        path.write_text(text.replace("beehives.png", "lost.png"), encoding="utf-8")
    turn(fresh, captioner="mock/words", images="download", prefer="made")
    fresh.must("python", "stages/resolve.py")
    monkeypatch.chdir(fresh.root)
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(fresh.root.parent / "cache"))
    allowed = functools.partial(download.download, is_allowed=lambda address: address.is_loopback, pause=0)
    monkeypatch.setattr(download, "download", allowed)
    monkeypatch.syspath_prepend(str(fresh.root / "stages"))
    monkeypatch.delitem(sys.modules, "caption", raising=False)
    import caption

    def once() -> str:
        caplog.clear()
        with caplog.at_level(logging.INFO, "locomo"):
            stage = Stage("caption")
            caption.main(stage)
            stage.publish()
        return caplog.text

    monkeypatch.setattr(logging.getLogger("locomo"), "propagate", True)
    said = once()
    assert f"caption: sample-1:D1:9: HTTP 404 ({web}/lost.png)" in said
    assert "11 found, 1 dead, 0 no_address, 11 different_files, 11 made" in said
    dead, found = turns(fresh)["sample-1:D1:9"], turns(fresh)["sample-1:D2:8"]
    assert dead["blip_caption"] == "a photo of three beehives painted yellow, blue and pink in a green meadow"
    assert "made_caption" not in dead
    assert found["blip_caption"] == found["made_caption"] != found["released_caption"]
    (row,) = [row for row in rows(fresh) if row["status"] == "dead"]
    assert (row["id"], row["error"], row["image"]) == ("sample-1:D1:9", "HTTP 404", None)
    before = tree(fresh)
    monkeypatch.setattr(Web, "do_GET", None)
    once()
    assert tree(fresh) == before, "nothing is asked again, dead or alive"


def caption_plan(project: Project, *overrides: str) -> dict[str, Any] | None:
    command = ["locomo", "plan", "--json", *(part for each in overrides for part in ("-S", each))]
    stages = json.loads(project.must(*command))
    return next((stage for stage in stages if stage["stage"] == "caption"), None)


def test_a_plan_says_what_captions_would_be_asked_for(fresh: Project) -> None:
    assert caption_plan(fresh) is None
    seen = ("caption.captioner=mock/words", "caption.images=folder")
    before = caption_plan(fresh, *seen)
    assert before is not None
    assert (before["requests"], before["cached"]) == (12, 0)
    assert before["note"].startswith("data/images has none of its images yet")
    assert before["input_tokens"][1] >= 12 * 3_000, "pictures count"
    run(fresh, captioner="mock/words", images="folder")
    after = caption_plan(fresh)
    assert after is not None
    assert (after["model"], after["requests"], after["cached"], after["note"]) == ("mock/words", 12, 12, "")
    assert "No model calls: generate, embed, memory, events, dialogue, score." in fresh.must("locomo", "plan")
