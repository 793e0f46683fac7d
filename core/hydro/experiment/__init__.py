"""The straight line from settings to artifacts."""
