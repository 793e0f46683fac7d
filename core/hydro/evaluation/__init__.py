"""How good a model is: metrics compared, and insights."""
