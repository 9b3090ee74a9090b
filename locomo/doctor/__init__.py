"""What is here to run with, and what of it does not work: keys, remotes, the machine, the project."""

from locomo.doctor.examine import examine
from locomo.doctor.finding import Finding

__all__ = ["Finding", "examine"]
