"""What the memory still holds, and when it was written."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Ledger",
    "what the memory still holds, and when it was written",
    options=("at", "units", "layer", "rows"),
    names_units=True,
    synonyms="writes",
)
