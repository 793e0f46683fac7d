"""Several runs in one experiment: what to train, where, and which did best."""
