"""The DVC remote of a project: its configuration, whether it can be reached, and what is brought from it."""
