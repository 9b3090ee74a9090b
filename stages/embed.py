"""embed: makes data/index/, a FAISS index of each kind of unit for each conversation."""

from pathlib import Path

from locomo.dataset import read_folder
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.encoders import open_stored_encoder
from locomo.retrieval.index import Index
from locomo.retrieval.units import UNITS


def main(stage: Stage) -> None:
    """Embed all units."""
    conversations = read_folder(Path("data/captioned"))
    embed = stage.params.embed
    encoder = open_stored_encoder(embed.encoder, stage.params.llm, stage=stage.name)
    out = stage.out("data/index")
    counts = dict.fromkeys(UNITS, 0)
    for conversation in conversations:
        for name, units_of in UNITS.items():
            units = units_of(conversation)
            vectors = encoder.encode([unit.key for unit in units], side="passage")
            Index.build(units, vectors, encoder, embed.index).save(out / conversation.sample_id, name)
            counts[name] += len(units)
    say("embed", counts)


if __name__ == "__main__":
    run_stage("embed", main)
