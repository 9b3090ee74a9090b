"""BLIP's own code path, on a model of a few KB with random weights and on the sample's pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from safetensors.torch import load_file, save_file
from tiny_blip import save_blip

from locomo.captioning.blip import BlipCaptioner, open_blip
from locomo.captioning.captioner import ImageFile
from locomo.captioning.image_format import inspect
from locomo.errors import InputError
from locomo.llm import RequestCache
from locomo.models.files import find_files

PICTURES = [
    ImageFile(path, inspect(path.read_bytes())) for path in sorted((ROOT / "data/raw/sample_images").glob("*.png"))
]


pytestmark = pytest.mark.slow  # the fixture makes a model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_blip(tmp_path_factory.mktemp("blip"))


def captioner(folder: Path, cache: Path, *, batch: int | None = None) -> BlipCaptioner:
    return BlipCaptioner(f"hf/{folder}", find_files(str(folder), "caption.captioner"), RequestCache(cache), batch=batch)


def test_a_caption_is_the_same_alone_and_in_any_company(folder: Path, tmp_path: Path) -> None:
    alone = [captioner(folder, tmp_path).compute([picture])[0] for picture in PICTURES]
    assert len(set(alone)) > 6, "the model has to see something, else this shows nothing"
    for number, batch in enumerate((5, 12)):
        made = captioner(folder, tmp_path / str(number), batch=batch).caption(PICTURES)
        assert [each.text for each in made] == alone
    assert captioner(folder, tmp_path).compute(PICTURES[::-1]) == alone[::-1]


def test_what_was_captioned_is_not_computed_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = captioner(folder, tmp_path).caption(PICTURES[:3])
    computed: list[ImageFile] = []
    compute = BlipCaptioner.compute

    def note(self: BlipCaptioner, images: list[ImageFile]) -> list[str]:
        computed.extend(images)
        return compute(self, images)

    monkeypatch.setattr(BlipCaptioner, "compute", note)
    twice = [*PICTURES[:4], PICTURES[3]]
    again = captioner(folder, tmp_path).caption(twice)
    assert computed == [PICTURES[3]], "only what is new, and once"
    assert again[:3] == first
    assert again[3] == again[4]


def test_another_model_is_another_revision_with_captions_of_its_own(folder: Path, tmp_path: Path) -> None:
    other = save_blip(tmp_path / "other", seed=1)
    one, two = captioner(folder, tmp_path / "cache"), captioner(other, tmp_path / "cache")
    assert (one.revision or "").startswith("sha256:")
    assert one.revision != two.revision
    assert one.caption(PICTURES) != two.caption(PICTURES)
    copied = shutil.copytree(folder, tmp_path / "copy")
    assert captioner(copied, tmp_path / "cache").revision == one.revision, "a folder may be moved"


def test_a_model_of_another_kind_is_refused(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "bert")
    (other / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match="holds a model of kind 'bert', expected 'blip'"):
        captioner(other, tmp_path / "cache").caption(PICTURES)


def test_a_model_without_some_of_its_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "part")
    weights = load_file(other / "model.safetensors")
    name = next(name for name in sorted(weights) if name.startswith("vision_model.encoder"))
    save_file(
        {key: value for key, value in weights.items() if key != name}, other / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(InputError, match=f"its files lack some weights, such as {name}"):
        captioner(other, tmp_path / "cache").caption(PICTURES)


@pytest.mark.parametrize(
    ("file", "said"), [("model.safetensors", "cannot be loaded"), ("config.json", "no config.json; expected a model's")]
)
def test_a_folder_without_a_model_is_named(folder: Path, tmp_path: Path, file: str, said: str) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    (other / file).unlink()
    with pytest.raises(InputError, match=said) as caught:
        captioner(other, tmp_path / "cache").caption(PICTURES)
    assert str(other) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_a_network_the_hub_is_said_to_be_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"blip-image-captioning-large.*set caption.captioner to hf/<its folder>"):
        open_blip("blip", RequestCache(tmp_path))
