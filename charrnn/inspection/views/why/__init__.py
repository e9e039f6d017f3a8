"""Which characters decided this one."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Why",
    "which characters decided this one",
    options=("at", "rival", "lags", "quick"),
    slow=True,
    synonyms="attribution saliency attention",
)
