"""What an experiment leaves on disk: run folders, their state, the cache."""
