"""What a guess leads to: its greedy continuation, always the likeliest character."""

import numpy as np

from charrnn.array_types import Ids
from charrnn.inspection.methods.last_step import side_by_side
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.stepper import Stepper


def branches(
    reading: Reading, places: Ids, guesses: Ids, length: int, track: Track = untracked
) -> Ids:
    """Return the `length` characters that follow each guess, (P, k, length) ids.

    A branch begins in a copy of the state after its place, as if the guess, and not the text, had
    come there. Of equally likely characters the one of the smallest id is taken.

    places: (P,), of characters that were read; guesses: (P, k), what is read after each.
    """
    (P, k), network = guesses.shape, reading.network
    after = np.repeat(places, k)
    found = np.empty((P * k, length), np.intp)
    rows, states = side_by_side(network), reading.states.values()
    starts = range(0, len(found), rows)
    for start in track(starts, "branching from guesses", len(starts)):
        here = slice(start, start + rows)
        stepper = Stepper(network, len(after[here]))
        stepper.move(np.stack([values[after[here]] for values in states]).transpose(2, 0, 1, 3))
        ids = guesses.reshape(-1)[here]
        for n in range(length):
            stepper.read(ids)
            ids = found[here, n] = stepper.logits.argmax(axis=1)
    return found.reshape(P, k, length)
