"""Metrics of the task `events`: a model's lists of significant events beside the annotated ones."""
