"""The hidden state over the text."""

from charrnn.inspection.view import MAP_OPTIONS, View

VIEW = View(
    __name__,
    "States",
    "the hidden state over the text",
    options=("at", *MAP_OPTIONS),
    needs_predictions=False,
    names_units=True,
    spans=True,
    synonyms="hidden hidden-state activations h a heatmap cell-state",
)
