"""What evaluating on LoCoMo costs in a cloud: the study that this project began from, as a model to be run."""

from locomo.costs.estimate import CostLine, Estimate, by_service, estimate, one_time, services
from locomo.costs.gpu import fits, hours
from locomo.costs.inputs import Inputs, read_inputs
from locomo.costs.report import Report, report

__all__ = [
    "CostLine",
    "Estimate",
    "Inputs",
    "Report",
    "by_service",
    "estimate",
    "fits",
    "hours",
    "one_time",
    "read_inputs",
    "report",
    "services",
]
