"""What explains the predictions of text metric learning, one insight a file."""
