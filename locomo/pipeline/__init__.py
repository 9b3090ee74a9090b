"""What the stages have in common: their params, what dvc.yaml declares for them, and the guard they run under."""

from locomo.pipeline.guard import Stage, run_stage, say
from locomo.pipeline.params import Params, read_params

__all__ = ["Params", "Stage", "read_params", "run_stage", "say"]
