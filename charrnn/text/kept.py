"""Names of the ways to split off validation text. Imports no NumPy, for a quick start."""

from typing import Literal

Keeps = Literal["end", "ends", "files", "lines", "blocks"]
"""The end of the text, the end of each of its files, or files, lines or blocks drawn at random."""
