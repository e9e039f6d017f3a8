"""Results as JSON, JSON lines, CSV, npz and their schema."""
