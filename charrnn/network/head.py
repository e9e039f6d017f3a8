"""From the output of the highest layer to a loss, and back: where the vocabulary's size matters.

    z_y = W_ya a + b_y        y_hat = softmax(z_y)        loss = mean of -log y_hat[y]

Rows are worked on in blocks, so that the scores of a window never exist at once: they would not
stay in a core's cache, and for a large vocabulary they would be most of the memory.
"""

import math
from typing import NamedTuple

import numpy as np

from charrnn.array_types import Floats, Ids
from charrnn.network.functions import cross_entropy

SCORES, LEAST_ROWS = 1 << 16, 256
"""Scores of a block, and its fewest rows."""


class Readout(NamedTuple):
    """W_ya, (H, V), and b_y, (V,): the parameters, or the gradients by them."""

    W_ya: Floats
    b_y: Floats


def learn(  # noqa: PLR0917
    params: Readout, up: Floats, y: Ids, grad: Readout, d_up: Floats, share: float = 1.0
) -> float:
    """Return the mean of -log y_hat[y] over rows, in nats, times `share`; write its gradients.

    up: (N, H), the output of the highest layer; d_up, the gradient by it.
    y: (N,), the ids that came.
    share: the fraction of the batch that these rows are.
    """
    W_ya, b_y = params
    dW_ya, db_y = grad
    dW_ya[:], db_y[:], loss = 0, 0, 0.0
    rows = max(LEAST_ROWS, SCORES // len(b_y))
    for start in range(0, len(y), rows):
        here = slice(start, start + rows)
        z_y = up[here] @ W_ya
        z_y += b_y
        loss += cross_entropy(z_y, y[here], len(y) / share)
        dW_ya += up[here].T @ z_y
        db_y += np.ones(len(z_y), z_y.dtype) @ z_y  # faster than a sum
        np.matmul(z_y, W_ya.T, out=d_up[here])
    return loss


def learn_sampled(  # noqa: PLR0917
    params: Readout,
    up: Floats,
    y: Ids,
    grad: Readout,
    d_up: Floats,
    candidates: Ids,
    share: float = 1.0,
) -> float:
    """Do as `learn`, with an estimate of the softmax's denominator.

    The sum is over the characters that came in these rows and over the candidates, drawn without
    replacement from all V alike; a candidate that did not come stands for V / n of its kind, so
    that the sum's expectation is the exact one (importance sampling, Bengio & Senécal 2008, with
    the window's own targets always among the candidates, as Jean et al. 2015).

    candidates: (n,), distinct ids.
    """
    V = len(params.b_y)
    came = np.unique(y)
    chosen = np.union1d(came, candidates)
    b_y = params.b_y[chosen]
    b_y[~np.isin(chosen, came)] += math.log(V / len(candidates))
    here = Readout(params.W_ya[:, chosen], b_y)
    part = Readout(np.empty_like(here.W_ya), np.empty_like(b_y))
    loss = learn(here, up, np.searchsorted(chosen, y), part, d_up, share)
    grad.W_ya[:], grad.b_y[:] = 0, 0
    grad.W_ya[:, chosen], grad.b_y[chosen] = part
    return loss
