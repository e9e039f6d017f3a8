"""Where else it was in this state."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Match",
    "where else it was in this state",
    options=("at", "pattern", "layer", "kind", "rows", "top"),
    synonyms="nearest neighbours similar",
    sample_length=LONG_SAMPLE,
)
