"""What was expected, and how wrong it was."""

from charrnn.inspection.view import View

VIEW = View(
    __name__,
    "Probabilities",
    "what was expected, and how wrong it was",
    options=("top", "temperature", "branch", "paint"),
    slow=True,
    spans=True,
    synonyms="probabilities predictions softmax surprise surprisal entropy perplexity",
)
