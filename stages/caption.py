"""caption: makes data/captioned/, the conversations with a caption for each shared image, and counts them."""

from pathlib import Path

from locomo.captioning.released import count_captions
from locomo.dataset import read_folder, write_conversation
from locomo.files import pretty_json, write_text
from locomo.pipeline import Stage, run_stage, say
from locomo.reporting.data import data_file


def main(stage: Stage) -> None:
    """Keep the released captions; say what lacks one."""
    conversations = read_folder(Path("data/conversations"))
    out = stage.out("data/captioned")
    for conversation in conversations:
        write_conversation(conversation, out)
    captions = count_captions(conversations)
    write_text(stage.out("metrics/data.json"), pretty_json(data_file(conversations, captions)))
    say("caption", captions)


if __name__ == "__main__":
    run_stage("caption", main)
