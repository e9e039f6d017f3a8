"""Two texts written from one prompt with the same random numbers: one freely, one driven.

Both networks, the free one and the one whose units are clamped, also read along what the other one
writes. So on each text there are two predictions of each character, which differ by nothing but
the clamps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.array_types import Column, Places
from charrnn.inspection.methods.clamping import Clamp, Clamping
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.network.functions import log_softmax
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import draw
from charrnn.sampling.filters.chain import filters_of


@dataclass(frozen=True, eq=False)
class Written:
    """A text, (n,) ids, and what both networks predicted as they read it.

    divergence: (n,), Σ y_hat_free log2(y_hat_free / y_hat_held) before each character, in bits.
    free_bits, held_bits: (n,), the surprise of each character for either network.
    free_p, held_p: (V,), how probable each character was, the mean over the text.
    """

    ids: Places
    divergence: Column
    free_bits: Column
    held_bits: Column
    free_p: Column
    held_p: Column


def write(
    reading: Reading,
    clamps: Sequence[Clamp],
    sampling: SamplingConfig,
    seed: int,
    track: Track = untracked,
) -> tuple[Written, Written]:
    """Return what follows a text that has been read, written freely, and with units clamped.

    They are clamped from the step at which the last character of the text was read, so that the
    first character that is written is driven already.
    """
    network, free, clamped = reading.network, _Pair(), _Pair()
    filters = filters_of(sampling, np.stack([reading.ids] * 2), reading.vocabulary)
    rngs = [np.random.default_rng(seed), np.random.default_rng(seed)]
    # Rows: each network on its own text, then each on the other's.
    stepper = Stepper(network, 4)
    stepper.move(reading.state_before(len(reading) - 1)[:, :, None])
    stepper.after_step(Clamping(network, [[], clamps, clamps, []]))
    stepper.read(np.full(4, reading.ids[-1]))
    for _ in track(range(sampling.length), "writing", sampling.length):
        log_y_hat = stepper.logits.astype(np.float64)
        log_softmax(log_y_hat)
        weights = filters.row_weights(log_y_hat[:2])
        chosen = [draw(weights[row], rng.random()) for row, rng in enumerate(rngs)]
        filters.accept(np.array(chosen))
        free.take(chosen[0], log_y_hat[0], log_y_hat[2])
        clamped.take(chosen[1], log_y_hat[3], log_y_hat[1])
        stepper.read(np.array([*chosen, *chosen]))
    return free.written(), clamped.written()


class _Pair:
    """Both networks' predictions of one text, as it is written."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._nats: list[tuple[float, float, float]] = []
        self._p: tuple[Column | float, Column | float] = (0.0, 0.0)

    def take(self, k: int, free: Column, clamped: Column) -> None:
        """Take the next character, and what both predicted there, as logarithms, (V,)."""
        p, q = np.exp(free), np.exp(clamped)
        self._ids.append(k)
        kl = max(0.0, float(p @ (free - clamped)))
        self._nats.append((kl, -float(free[k]), -float(clamped[k])))
        self._p = self._p[0] + p, self._p[1] + q

    def written(self) -> Written:
        """Return the whole."""
        divergence, free, clamped = np.array(self._nats).T / np.log(2)
        return Written(
            ids=np.array(self._ids),
            divergence=divergence,
            free_bits=free,
            held_bits=clamped,
            free_p=np.asarray(self._p[0]) / len(self._ids),
            held_p=np.asarray(self._p[1]) / len(self._ids),
        )
