"""Units that mean something, and whether they are used."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Find",
    "units that mean something, and whether they are used",
    options=("features", "layer", "kind", "rows", "seed", "quick"),
    slow=True,
    names_units=True,
    synonyms="features search interpret probe",
    sample_length=LONG_SAMPLE,
)
