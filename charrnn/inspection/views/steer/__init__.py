"""What it writes while units are clamped."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Steered",
    "what it writes while units are clamped",
    options=("settings", "kind", "length", "temperature", "seed"),
    slow=True,
    names_units=True,
    synonyms="clamp control hold",
)
