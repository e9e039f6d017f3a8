"""Files that are more than their text, or none at all: recognised, and read or named."""
