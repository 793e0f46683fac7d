"""From assembled parts to trained weights."""
