"""Output formats: JSON, JSON lines, CSV, npz, and the JSON Schema."""
