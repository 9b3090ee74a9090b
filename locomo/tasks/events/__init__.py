"""The task `events`: a model lists the significant events in the lives of both speakers (section 4.2 of the paper)."""
