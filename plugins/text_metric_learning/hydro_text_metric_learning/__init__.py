"""Text metric learning for hydro: embeddings that put texts of one class close together."""
