"""Trained models as files that other programs open, one format a file."""
