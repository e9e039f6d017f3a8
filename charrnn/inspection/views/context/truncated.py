"""Predictions from a truncated context."""

from collections.abc import Sequence

import numpy as np

from charrnn.array_types import Doubles, Places
from charrnn.inspection.methods.last_step import predict, side_by_side
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading


def truncated_surprise(
    reading: Reading, targets: Places, lengths: Sequence[int], track: Track = untracked
) -> Doubles:
    """Return the surprise of characters after truncated contexts.

    That is -log2 y_hat(t-1)[x(t)] where the state was 0 before character t-n.

    targets: (N,), the places t of those characters; lengths: (D,), the numbers n, each from 1 to
        the least of the targets.

    Returns
    -------
    ndarray, shape (D, N), in bits
    """
    network, ids = reading.network, reading.ids
    together = side_by_side(network)
    groups = [slice(start, start + together) for start in range(0, len(targets), together)]
    steps = [(d, group) for d in range(len(lengths)) for group in groups]
    bits = np.empty((len(lengths), len(targets)))
    for d, group in track(steps, "reading short contexts", len(steps)):
        t, n = targets[group], lengths[d]
        log_y_hat = predict(network, ids[t - n + np.arange(n)[:, None]])
        bits[d, group] = -log_y_hat[np.arange(len(t)), ids[t]] / np.log(2)
    return bits
