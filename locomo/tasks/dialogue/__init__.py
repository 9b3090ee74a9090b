"""The task `dialogue`: a model writes the next turn of a speaker (section 4.3 of the paper)."""
