"""hydro: from a table and a YAML file to a trained model and the evidence that it is better."""
