"""Learning pairs: batches by length, defaults, and a run."""
