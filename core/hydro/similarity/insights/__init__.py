"""Insights into neighbors."""
