"""Similarity in the space of CLIP (Radford et al. 2021): of a description with a caption, and with a picture."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from locomo.errors import InputError
from locomo.models.files import find_files, first_line
from locomo.threads import thread_count

HF: Final = "hf/"
"""What the name of a CLIP begins with: a folder or a hub id follows."""
CAPTION: Final = "mm_relevance_caption[{clip}]"
PICTURE: Final = "mm_relevance_picture[{clip}]"
BATCH: Final = 32
DECIMALS: Final = 6
"""The last bits of single precision depend on the machine."""
Vectors = NDArray[np.float32]
_Any = TypeVar("_Any")


class Clip:
    """A CLIP through transformers, in single precision on the CPU: the same numbers on every machine."""

    def __init__(self, name: str) -> None:
        """Load `hf/<folder or hub id>`; InputError if it is no CLIP, or not to be had."""
        import torch

        self.name = name.removeprefix(HF)
        transformers: Any = importlib.import_module("transformers")
        files = find_files(self.name, "score.clip")
        transformers.logging.disable_progress_bar()
        try:
            kind = transformers.AutoConfig.from_pretrained(**files.pretrained).model_type
            if kind != "clip":
                raise InputError(f"score.clip: {files.folder} holds a model of kind '{kind}', expected 'clip'")
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(**files.pretrained)
            # Not of CLIPProcessor's choice, which is another one where torchvision happens to be installed.
            self._pictures = transformers.CLIPImageProcessorPil.from_pretrained(**files.pretrained)
            model, report = transformers.CLIPModel.from_pretrained(
                **files.pretrained, dtype=torch.float32, output_loading_info=True
            )
        except (OSError, ValueError, ImportError, RuntimeError, TypeError, KeyError) as error:
            raise InputError(f"score.clip: {files.folder} cannot be loaded ({first_line(error)})") from None
        if report["missing_keys"]:  # transformers would make them up
            lacks = sorted(report["missing_keys"])[0]
            raise InputError(f"score.clip: {files.folder}: its files lack some weights, such as {lacks}")
        self._model = model.eval()
        self._longest = int(model.config.text_config.max_position_embeddings)

    def texts(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """Return a vector of length 1 for each text, cut to what the model reads."""
        import torch

        torch.set_num_threads(thread_count())
        found: dict[str, Vectors] = {}
        for some in _batches(sorted(set(texts))):
            inputs = self._tokenizer(some, padding=True, truncation=True, max_length=self._longest, return_tensors="pt")
            with torch.inference_mode():
                vectors = self._model.get_text_features(
                    input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
                )
            found |= zip(some, _unit(vectors), strict=True)
        return found

    def pictures(self, paths: Sequence[Path]) -> dict[Path, Vectors]:
        """Return a vector of length 1 for each file; InputError for one that cannot be read."""
        import torch

        torch.set_num_threads(thread_count())
        found: dict[Path, Vectors] = {}
        for some in _batches(sorted(set(paths))):
            pixels = self._pictures(images=[_read(path) for path in some], return_tensors="pt")["pixel_values"]
            with torch.inference_mode():
                vectors = self._model.get_image_features(pixel_values=pixels)
            found |= zip(some, _unit(vectors), strict=True)
        return found


def relevance(described: Sequence[tuple[str | None, str | None, Path | None]], clip: Clip) -> list[dict[str, float]]:
    """Return MM-Relevance of (description, gold caption, gold picture): cosines, 0 where negative or nothing is shared.

    Where the gold has no caption or no picture here, there is no such number. Feng et al. 2022 compare two pictures; a
    model that describes makes none, so that its words are compared.
    """
    texts = clip.texts([text for photo, caption, _ in described for text in (photo, caption) if text])
    pictures = clip.pictures([path for photo, _, path in described if photo and path is not None])
    found = []
    for photo, caption, path in described:
        values = {}
        if caption:
            values[CAPTION.format(clip=clip.name)] = _cosine(texts[photo], texts[caption]) if photo else 0.0
        if path is not None:
            values[PICTURE.format(clip=clip.name)] = _cosine(texts[photo], pictures[path]) if photo else 0.0
        found.append(values)
    return found


def pictures_in(folder: Path, index: Mapping[str, str]) -> dict[str, Path]:
    """Return the files of a folder by turn, 'sample-1:D1:9', as its index.json lists them; those that are there."""
    return {name: path for name, file in index.items() if (path := folder / file).is_file()}


def _cosine(one: Vectors, other: Vectors) -> float:
    return min(1.0, max(0.0, round(float(one @ other), DECIMALS)))


def _unit(features: Any) -> list[Vectors]:
    vectors = getattr(features, "pooler_output", features)  # a tensor, before version 5 of transformers
    return list((vectors / vectors.norm(dim=-1, keepdim=True)).numpy())


def _batches(values: Sequence[_Any]) -> Iterator[list[_Any]]:
    for first in range(0, len(values), BATCH):
        yield list(values[first : first + BATCH])


def _read(path: Path) -> Any:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: not a picture that can be read ({error})") from None
