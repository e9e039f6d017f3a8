"""How long each unit holds, and what resets it."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Memories",
    "how long each unit holds, what resets it, and what that is worth",
    options=("layer", "units", "rows", "quick"),
    slow=True,
    names_units=True,
    spans=False,
    sample_length=LONG_SAMPLE,
    synonyms="survival timescale retention lifetime",
)
