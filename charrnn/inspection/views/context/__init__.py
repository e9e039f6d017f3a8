"""How much context is used."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Context",
    "how much context is used",
    options=("targets", "lags", "layer", "seed", "quick"),
    slow=True,
    synonyms="history horizon context-length",
    sample_length=LONG_SAMPLE,
)
