"""What else a network might have written in the place of a character."""

from typing import NamedTuple

import numpy as np

from charrnn.sampling.generate import Choice


class Candidate(NamedTuple):
    """One character that was possible.

    rank: 1 for the likeliest.
    y_hat: its probability by the network.
    p: how probable it was to be drawn; 0 if top-k, top-p or min-p left it out.
    """

    id: int
    rank: int
    y_hat: float
    p: float
    chosen: bool


def candidates(choice: Choice, top: int) -> list[Candidate]:
    """Return the likeliest characters, at most `top`, and then the chosen one if not among them."""
    order = np.argsort(-choice.log_y_hat, kind="stable").tolist()
    ranked = list(enumerate(order[:top], 1))
    if choice.id not in order[:top]:
        ranked.append((order.index(choice.id) + 1, choice.id))
    y_hat = np.exp(choice.log_y_hat, dtype=np.float64)
    return [
        Candidate(k, rank, float(y_hat[k]), float(choice.p[k]), k == choice.id)
        for rank, k in ranked
    ]
