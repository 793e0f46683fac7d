"""Experiment trackers, one file each; none loads its client on import."""
