"""LoCoMo as a reproducible pipeline: generate, caption, embed, qa, rag, score."""
