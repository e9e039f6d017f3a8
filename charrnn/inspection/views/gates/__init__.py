"""What is open, shut or stuck."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Gates",
    "what is open, shut or stuck",
    options=("layer",),
    needs_predictions=False,
    names_units=True,
    spans=True,
    synonyms="gate forget update reset",
    sample_length=LONG_SAMPLE,
)
