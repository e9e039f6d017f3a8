"""Text from a network, a character at a time."""
