"""Metrics of the task `dialogue`: turns that a model has written beside those that were spoken."""
