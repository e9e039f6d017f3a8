"""What is drawn of a run of training: its plan, its progress, its end."""
