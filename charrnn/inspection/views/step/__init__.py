"""One step of time, all the arithmetic."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Step",
    "one step of time, all the arithmetic",
    options=("at", "layer", "units", "rows", "top"),
    pages=True,
    names_units=True,
    synonyms="arithmetic walk forward",
)
