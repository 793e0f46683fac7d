"""What a trained model is asked: predictions, neighbors, indexes."""
