"""How far back learning reaches."""

from charrnn.inspection.view import LONG_SAMPLE, View

VIEW = View(
    __name__,
    "Gradients",
    "how far back learning reaches",
    options=("targets", "lags", "layer", "kind", "seed", "quick"),
    models=(1, 6),
    slow=True,
    synonyms="gradients gradient-flow vanishing bptt",
    sample_length=LONG_SAMPLE,
)
