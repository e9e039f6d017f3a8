"""What the checkpoint holds."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Summary",
    "what the checkpoint holds",
    reads_text=False,
    spans=True,
    synonyms="info model config architecture metadata",
)
