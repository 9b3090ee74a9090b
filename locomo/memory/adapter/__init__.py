"""What runs beside a memory system in an environment of its own, which gets this folder and no more of the project."""
