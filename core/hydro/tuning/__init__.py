"""Hyperparameter tuning: which runs an experiment trains, and how they rank."""
