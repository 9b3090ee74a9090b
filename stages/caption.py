"""caption: makes data/captioned/, the conversations with a caption for each shared image, and counts them.

Beside it data/images/, the pictures, and data/captions.jsonl, a row for each.
"""

from functools import partial
from pathlib import Path

from locomo.captioning.captioner import ImageFile
from locomo.captioning.registry import open_captioner
from locomo.captioning.released import count_captions
from locomo.captioning.result import count_images, join, with_captions
from locomo.captioning.shared import shared_pictures
from locomo.captioning.sources import find_images, lay_out
from locomo.dataset import read_folder, write_conversation
from locomo.files import pretty_json, write_jsonl, write_text
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.captioners import captioner_cache, captioner_client, log_missing
from locomo.reporting.data import data_file


def main(stage: Stage) -> None:
    """Find the pictures, caption them, and write both captions; say what lacks one."""
    caption = stage.params.caption
    conversations = read_folder(Path("data/conversations"))
    pictures = shared_pictures(conversations)
    opened = open_captioner(caption.captioner, partial(captioner_cache, stage), partial(captioner_client, stage))
    with opened as captioner:
        found = lay_out(find_images(pictures, caption.images, Path(caption.folder)), stage.out("data/images"))
        images = {
            name: ImageFile(each.file, each.facts)
            for name, each in found.items()
            if each.file is not None and each.facts is not None
        }
        made = dict(zip(images, captioner.caption(list(images.values())), strict=True))
    results = join(pictures, found, made, captioner, caption.prefer)
    log_missing(results)
    captioned = with_captions(conversations, results)
    out = stage.out("data/captioned")
    for conversation in captioned:
        write_conversation(conversation, out)
    write_jsonl(stage.out("data/captions.jsonl"), (result.row() for result in results))
    captions = count_captions(captioned) | count_images(results)
    write_text(stage.out("metrics/data.json"), pretty_json(data_file(captioned, captions)))
    say("caption", captions)


if __name__ == "__main__":
    run_stage("caption", main)
