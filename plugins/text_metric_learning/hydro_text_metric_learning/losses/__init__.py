"""Losses of text metric learning, one a file: ``(embeddings, targets) -> scalar``."""
