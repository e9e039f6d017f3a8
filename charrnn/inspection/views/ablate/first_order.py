"""Attribution patching: the cost of clamping each unit, to first order, from one backward pass.

If unit j is clamped to m_j instead of a_j(t) at every step, the loss changes to first order by

    Δ_j = Σ_t dL/da_j(t) (m_j - a_j(t))

with dL/da_j(t) the total gradient, through all later steps. It is a derivative, so it is near
the exact cost where m_j - a_j(t) is small; and it includes the paths through the unit's own
later values, which are clamped as well. It serves to choose the units to ablate.
"""

from collections.abc import Sequence

import numpy as np

from charrnn.array_types import Column
from charrnn.inspection.methods.effects import runs_of
from charrnn.inspection.reading import Reading
from charrnn.network.backward import backward_from_logits
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.trace import Trace


def first_order(
    reading: Reading, values: Column, kind: str = "a", segments: Sequence[range] | None = None
) -> Column:
    """Return the first-order change of the mean surprise, (L, H), in bits per character.

    values: (L, H), the value that each unit is clamped to.
    kind: the clamped state, "a" or "c".
    segments: the places after which predictions are counted; None for all.

    nan where the gradient overflows, as it may over a long text.
    """
    counted = [range(len(reading) - 1)] if segments is None else segments
    cost = np.zeros(values.shape)
    for start, places in runs_of(counted):
        cost += _first_order(reading, values, kind, start, places)
    cost /= sum(map(len, counted)) * np.log(2)
    cost[~np.isfinite(cost)] = np.nan
    return cost


def _first_order(reading: Reading, values: Column, kind: str, start: int, places: range) -> Column:
    """Return the change of the sum of the surprise of some predictions, (L, H), in nats.

    start: the first character that is read.
    """
    network, ids = reading.network, reading.ids[start : places.stop + 1]
    counted = slice(places.start - start, None)
    trace = Trace(network, len(ids) - 1, 1)
    grad = Gradient(network, trace, keep_dc=kind == "c")
    cost = np.full(values.shape, np.nan)
    if not start:
        trace.first_state[:, :, 0] = reading.state_before(0)
    with np.errstate(all="ignore"):  # what is not finite is reported as nan
        forward(network, ids[:-1, None], trace)
        grad.dz_y[:] = 0
        np.exp(trace.log_y_hat[counted], out=grad.dz_y[counted])
        following = ids[1:][counted]
        grad.dz_y[counted][np.arange(len(following)), 0, following] -= 1
        for layer in backward_from_logits(network, trace, grad):
            held = list(reading.states).index(kind)
            slab = (grad.dc if kind == "c" else grad.da)[1:, 0].astype(np.float64)
            away = values[layer] - trace.states[layer, held, 1:, 0]
            cost[layer] = np.sum(slab * away, axis=0)
    return cost
