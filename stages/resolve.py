"""resolve: makes data/resolved.json, what the names in params.yaml stand for: aliases, services, weights, scripts."""

import logging
from pathlib import Path

from locomo.dataset.released import dataset_file
from locomo.errors import InputError
from locomo.files import pretty_json, write_text
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.resolution import RESOLVED, Resolver


def main(stage: Stage) -> None:
    """Write down what each stage's names stand for."""
    try:
        dataset_file(Path("data/raw"), stage.params.dataset)
    except InputError as error:  # results of it may be here, but DVC would stop at `generate` and not say how to get it
        logging.getLogger("locomo").warning("%s", error)
    write_text(stage.out(str(RESOLVED)), pretty_json(Resolver().resolve(stage.params)))


if __name__ == "__main__":
    run_stage("resolve", main)
