"""generate: makes data/conversations/, one checked file a conversation."""

from pathlib import Path

from locomo.generation.released import split_released
from locomo.pipeline import Stage, run_stage, say

RAW = Path("data/raw")


def main(stage: Stage) -> None:
    """Take a released dataset apart."""
    count = split_released(RAW, stage.params.dataset, stage.out("data/conversations"))
    say("generate", {"conversations": count})


if __name__ == "__main__":
    run_stage("generate", main)
