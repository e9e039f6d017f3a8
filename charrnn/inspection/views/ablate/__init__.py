"""What is lost without a unit."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Ablated",
    "what is lost without a unit",
    options=("how", "kind", "units", "layer", "rows", "random", "seed", "quick"),
    slow=True,
    names_units=True,
    synonyms="ablation lesion knockout",
    sample_length=LONG_SAMPLE,
)
