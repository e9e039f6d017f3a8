"""Matrix products and arrays laid out for speed, each with its reason."""
