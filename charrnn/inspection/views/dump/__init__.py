"""All arrays, to be taken elsewhere."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Dump",
    "all arrays, to be taken elsewhere",
    options=("layer",),
    synonyms="export arrays numpy",
)
