"""What the stages, the command line and notebooks have in common: asking, scoring and comparing, as functions."""
