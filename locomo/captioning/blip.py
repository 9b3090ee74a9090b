"""Captions by BLIP (Li et al., ICML 2022) through transformers, in this process."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from locomo.captioning.captioner import Caption, ImageFile, one_line
from locomo.captioning.names import BLIP, HF
from locomo.errors import InputError
from locomo.llm import Image, Message, Request, RequestCache, Response
from locomo.models.files import ModelFiles, find_files, first_line
from locomo.progress import Progress
from locomo.threads import thread_count

HUB_ID: Final = "Salesforce/blip-image-captioning-large"
MOST_TOKENS: Final = 40
"""Of a caption; the model's own are about ten."""
BATCH: Final = {"cpu": 8, "cuda": 64}
"""Pictures that are computed together."""


class BlipCaptioner:
    """A `Captioner`: the most likely word at every step, so that the same picture has the same caption.

    Captions are kept in the request cache, by the picture's hash and the model's files. In single precision, as on a
    CPU, a caption does not depend on the pictures beside it (tests see to it); on a GPU weights are in half precision,
    and where two words are as likely as each other it may.
    """

    def __init__(self, name: str, files: ModelFiles, cache: RequestCache, *, batch: int | None = None) -> None:
        self.name = name
        self._files = files
        self._cache = cache
        self._device, self._precision = _placement()
        self._batch = batch or BATCH[self._device]
        self.revision: str | None = files.revision + ("" if self._device == "cpu" else f" {self._precision}")

    def caption(self, images: Sequence[ImageFile]) -> list[Caption]:
        """See `Captioner`; InputError if the model cannot be loaded or a file cannot be read."""
        requests = [self._request(image) for image in images]
        texts: dict[str, str] = {}
        missing: dict[str, tuple[Request, ImageFile]] = {}
        for request, image in zip(requests, images, strict=True):
            if (stored := self._cache.get(request)) is not None:
                texts[request.key] = stored.text
            else:
                missing[request.key] = request, image
        todo = list(missing.values())
        progress = Progress("captions", len(todo))
        for start in range(0, len(todo), self._batch):
            block = todo[start : start + self._batch]
            for (request, _), text in zip(block, self.compute([image for _, image in block]), strict=True):
                self._cache.put(request, Response(text, self.name, input_tokens=0, output_tokens=0))
                texts[request.key] = text
                progress.step()
        progress.close()
        return [Caption(text) if (text := texts[request.key]) else Caption(None, "no words") for request in requests]

    def compute(self, images: Sequence[ImageFile]) -> list[str]:
        """Return the captions of pictures that are computed together, without looking at what is kept."""
        import torch

        model, processor = self._model
        torch.set_num_threads(thread_count())
        pixels = processor(images=[_read(image) for image in images], return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            tokens = model.generate(
                pixel_values=pixels.to(self._device, dtype=model.dtype),
                max_new_tokens=MOST_TOKENS,
                num_beams=1,
                do_sample=False,
            )
        return [one_line(text) for text in processor.batch_decode(tokens, skip_special_tokens=True)]

    def _request(self, image: ImageFile) -> Request:
        shown = Image(image.facts.sha256, image.facts.media_type, path=image.path)
        return Request(
            provider=BLIP,
            model=self._files.hub_id or self._files.folder.name,
            revision=self.revision,
            messages=(Message("user", "", images=(shown,)),),
            max_tokens=MOST_TOKENS,
        )

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        import torch

        transformers: Any = importlib.import_module("transformers")
        folder = self._files.folder
        transformers.logging.disable_progress_bar()
        try:
            kind = transformers.AutoConfig.from_pretrained(**self._files.pretrained).model_type
            if kind != BLIP:
                raise InputError(f"caption.captioner: {folder} holds a model of kind '{kind}', expected 'blip'")
            # Not of BlipProcessor's choice, which is another one where torchvision happens to be installed.
            pictures = transformers.BlipImageProcessorPil.from_pretrained(**self._files.pretrained)
            tokenizer = transformers.AutoTokenizer.from_pretrained(**self._files.pretrained)
            processor = transformers.BlipProcessor(pictures, tokenizer)
            model, report = transformers.BlipForConditionalGeneration.from_pretrained(
                **self._files.pretrained, dtype=getattr(torch, self._precision), output_loading_info=True
            )
        except (OSError, ValueError, ImportError, RuntimeError, TypeError, KeyError) as error:
            raise InputError(f"caption.captioner: {folder} cannot be loaded ({first_line(error)})") from None
        if report["missing_keys"]:  # transformers would make them up
            lacks = sorted(report["missing_keys"])[0]
            raise InputError(f"caption.captioner: {folder}: its files lack some weights, such as {lacks}")
        return model.to(self._device).eval(), processor


def open_blip(name: str, cache: RequestCache) -> BlipCaptioner:
    """Open `blip` or `hf/<folder or hub id>`; InputError if it is neither here nor to be had."""
    model = HUB_ID if name == BLIP else name.removeprefix(HF)
    return BlipCaptioner(name, find_files(model, "caption.captioner"), cache)


def _placement() -> tuple[str, str]:
    import torch

    return ("cuda", "float16") if torch.cuda.is_available() else ("cpu", "float32")


def _read(image: ImageFile) -> Any:
    """The picture as colours; what is transparent is black, as the model's makers have it."""
    from PIL import Image as Pillow

    try:
        with Pillow.open(image.path) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{image.path}: not a picture that can be read ({error})") from None
