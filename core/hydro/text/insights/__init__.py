"""Insights into texts."""
