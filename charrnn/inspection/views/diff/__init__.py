"""Which model reads what better."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Differences",
    "which model reads what better",
    options=("layer", "kind", "rows", "top", "seed"),
    models=(2, 6),
    slow=True,
    names_units=True,
    spans=True,
    synonyms="compare comparison versus",
    sample_length=LONG_SAMPLE,
)
