"""What every metric-learning problem shares: neighbors, retrieval metrics, their insights."""
