"""Whether a unit follows something in the text, and whether that can be chance."""
