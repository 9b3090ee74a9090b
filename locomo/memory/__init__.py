"""Memory systems: each in a process of its own, its stores kept, searched by `rag` and held against a checklist."""
