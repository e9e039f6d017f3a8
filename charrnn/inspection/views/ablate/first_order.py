"""What holding each unit would cost, to first order, for all units from one way back.

If the unit j is put to m_j in the place of a_j(t) at every step, the loss changes to first order by

    Δ_j = Σ_t dL/da_j(t) (m_j - a_j(t))

with dL/da_j(t) the total gradient, through all that comes after. It is a derivative, so it is near
the truth where m_j - a_j(t) is small; and it counts the ways that lead through the unit's own
later values, which are held as well. It serves to choose which units are worth holding.
"""

import numpy as np

from charrnn.array_types import Column
from charrnn.inspection.reading import Reading
from charrnn.network.backward import backward_from_logits
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.trace import Trace


def first_order(reading: Reading, values: Column, kind: str = "a") -> Column:
    """Return by how much the mean surprise would change, (L, H), in bits a character.

    values: (L, H), what each unit would be held at.
    kind: the state that would be held, "a" or "c".

    nan where the gradient is no number, as it may become on its way through a long text.
    """
    network, ids = reading.network, reading.ids
    trace = Trace(network, len(ids) - 1, 1)
    grad = Gradient(network, trace, keep_dc=kind == "c")
    cost = np.full(values.shape, np.nan)
    with np.errstate(all="ignore"):  # what is not finite is reported as nan
        forward(network, ids[:-1, None], trace)
        np.exp(trace.log_y_hat, out=grad.dz_y)
        grad.dz_y[np.arange(trace.T), 0, ids[1:]] -= 1
        grad.dz_y /= trace.T * np.log(2)
        for layer in backward_from_logits(network, trace, grad):
            held = list(reading.states).index(kind)
            slab = (grad.dc if kind == "c" else grad.da)[1:, 0].astype(np.float64)
            away = values[layer] - trace.states[layer, held, 1:, 0]
            cost[layer] = np.sum(slab * away, axis=0)
    cost[~np.isfinite(cost)] = np.nan
    return cost
