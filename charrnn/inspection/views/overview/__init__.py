"""What it does as it reads, and what stands out."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Overview",
    "what it does as it reads, and what stands out",
    options=("seed",),
    slow=True,
    next_commands=True,
    synonyms="findings insights report",
)
