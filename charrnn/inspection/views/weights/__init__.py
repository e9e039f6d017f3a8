"""How large the weights are, and who is like whom."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Weights",
    "how large the weights are, and who is like whom",
    options=("layer", "rows", "top"),
    reads_text=False,
    names_units=True,
    spans=True,
    synonyms="matrices parameters params histogram",
)
