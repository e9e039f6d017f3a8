"""Which units voted for a character."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Votes",
    "which units voted for a character",
    options=("at", "rival", "top", "rows"),
    names_units=True,
    synonyms="logits contributions readout",
)
