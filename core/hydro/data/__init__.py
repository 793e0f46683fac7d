"""Tables: read, checked, sampled and split."""
