"""Training: the plan of a run, its loop, and the verdict on it."""
