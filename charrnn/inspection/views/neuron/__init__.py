"""What a unit is, follows and does."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Neuron",
    "what a unit is, follows and does",
    options=("units", "kind", "layer", "random", "features", "seed", "quick"),
    slow=True,
    names_units=True,
    spans=True,
    synonyms="unit cell",
    sample_length=LONG_SAMPLE,
)
