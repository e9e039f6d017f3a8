"""What becomes of lines that are no pair. Imports no NumPy, for a quick start."""

from typing import Literal

BadLines = Literal["error", "skip"]
"""They are an error that names them, or are left out with a note that counts them."""
