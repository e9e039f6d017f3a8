"""Features of a text, and the scores of units for them."""
