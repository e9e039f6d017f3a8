"""What a guess leads to: the text as it would go on after it, by always taking the likeliest."""

import numpy as np

from charrnn.array_types import Ids
from charrnn.inspection.methods.last_step import side_by_side
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.forward import copy_weights, forward
from charrnn.network.network import Network
from charrnn.network.trace import Trace


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
    rows = side_by_side(network)
    starts = range(0, len(found), rows)
    trace = None
    for start in track(starts, "going on from guesses", len(starts)):
        here = slice(start, start + rows)
        B = len(after[here])
        if trace is None or trace.B != B:
            trace = Trace(network, 1, B, held=True)
            copy_weights(network, trace)
        for s, values in enumerate(reading.states.values()):
            trace.first_state[:, s] = values[after[here]].swapaxes(0, 1)
        _go_on(network, trace, guesses.reshape(-1)[here], found[here])
    return found.reshape(P, k, length)


def _go_on(network: Network, trace: Trace, guesses: Ids, found: Ids) -> None:
    """Read the guesses, (B,), and write what follows each, (B, length)."""
    x = guesses
    for n in range(found.shape[1]):
        forward(network, x[None], trace, reload=False)
        trace.carry()
        x = found[:, n] = trace.z_y[0].argmax(axis=1)
