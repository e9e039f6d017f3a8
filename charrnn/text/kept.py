"""What can be kept back of a text for validation, by name. Imports no NumPy, for a quick start."""

from typing import Literal, get_args

Keeps = Literal["end", "ends", "files", "lines", "blocks"]
"""The end of the text, the end of each of its files, or files, lines or blocks drawn at random."""

KEEPS: tuple[Keeps, ...] = get_args(Keeps)
