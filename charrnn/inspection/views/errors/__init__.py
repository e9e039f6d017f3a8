"""Where the bits go."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Errors",
    "where the bits go",
    options=("train",),
    synonyms="loss bits mistakes",
    sample_length=LONG_SAMPLE,
)
