"""What it gives to caption pictures together: images a second by BLIP, one at a time and in batches.

    python benchmarks/caption_blip.py                          # random weights of BLIP's shape, smaller; no download
    python benchmarks/caption_blip.py --width 768 --layers 12  # as large as BLIP base (its text part is 768 wide too)
    python benchmarks/caption_blip.py --model Salesforce/blip-image-captioning-large    # the real one, or a folder

Pictures are the sample's twelve, several times with another shade each. Random weights seldom end a sentence: each
caption has as many words as a caption may have, where a real one has about ten.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageEnhance

from locomo.captioning.blip import BlipCaptioner
from locomo.captioning.captioner import ImageFile
from locomo.captioning.image_format import inspect
from locomo.llm import RequestCache
from locomo.models.files import find_files
from locomo.threads import thread_count

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/captioning"))
from tiny_blip import save_blip  # noqa: E402  (the shape of the model is that of the tests)

WORDS = 30_524
"""Of the real model's vocabulary."""


def pictures(folder: Path, count: int) -> list[ImageFile]:
    """Return so many pictures, all different, of 1,024 pixels a side."""
    drawn = sorted((ROOT / "data/raw/sample_images").glob("*.png"))
    made = []
    for number in range(count):
        with Image.open(drawn[number % len(drawn)]) as picture:
            shade = ImageEnhance.Brightness(picture.convert("RGB")).enhance(1 - 0.02 * (number // len(drawn)))
        path = folder / f"{number}.jpg"
        shade.resize((1024, 1024)).save(path)
        made.append(ImageFile(path, inspect(path.read_bytes())))
    return made


def measure(model: str, images: list[ImageFile], batches: list[int], cache: Path) -> None:
    """Print a Markdown table."""
    captioner = BlipCaptioner(model, find_files(model, "--model"), RequestCache(cache))
    captioner.compute(images[:1])  # loads it
    print(f"{len(images)} pictures, {thread_count()} threads, {captioner.revision}\n")
    print("| together | seconds | images/s | captions that differ from the first row |\n|---|---|---|---|")
    first: list[str] = []
    for size in batches:
        started = time.perf_counter()
        texts = [
            text for start in range(0, len(images), size) for text in captioner.compute(images[start : start + size])
        ]
        seconds = time.perf_counter() - started
        first = first or texts
        differ = sum(one != other for one, other in zip(first, texts, strict=True))
        print(f"| {size} | {seconds:.1f} | {len(images) / seconds:.2f} | {differ} |", flush=True)
    words = sum(len(text.split()) for text in first) / len(first)
    print(f"\n{len(set(first))} different captions of {words:.0f} words")


def main() -> None:
    """Read the command line, make what is needed, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a folder or a hub id; without it, random weights")
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--side", type=int, default=224, help="pixels of a side, as the model sees pictures")
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 1, 8])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = options.model or str(
            save_blip(folder / "model", width=options.width, layers=options.layers, side=options.side, words=WORDS)
        )
        (folder / "pictures").mkdir()
        measure(model, pictures(folder / "pictures", options.pictures), options.batches, folder / "cache")


if __name__ == "__main__":
    main()
