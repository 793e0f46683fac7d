"""What a trained model is asked: predictions, neighbours, indexes."""
