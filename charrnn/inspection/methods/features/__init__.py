"""Features of a text, and how well units follow them."""
