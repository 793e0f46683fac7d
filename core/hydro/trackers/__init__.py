"""Trackers that are told the figures of a run, one file each; none loads its client on import."""
