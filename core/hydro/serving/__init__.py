"""A trained model as a service: what comes in is checked, batched, computed and counted."""
