"""resolve: makes data/resolved.json, what the names in params.yaml stand for: aliases, services, weights, scripts."""

from locomo.files import pretty_json, write_text
from locomo.pipeline import Stage, run_stage
from locomo.pipeline.resolution import RESOLVED, Resolver


def main(stage: Stage) -> None:
    """Write down what each stage's names stand for."""
    write_text(stage.out(str(RESOLVED)), pretty_json(Resolver().resolve(stage.params)))


if __name__ == "__main__":
    run_stage("resolve", main)
