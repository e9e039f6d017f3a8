"""What of the past a prediction depends on."""
