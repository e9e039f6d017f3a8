"""The boundary of an answer, as a character."""

BOUNDARY = "\U0010ffff"
"""The character that stands for the boundary of an answer: a code point that is none."""
