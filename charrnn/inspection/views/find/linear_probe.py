"""A linear probe of the whole state for features."""

import numpy as np

from charrnn.array_types import Flags, Floats
from charrnn.inspection.methods.features.scores import auc, correlation

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
"""Ridge penalties, as multiples of the variance of a unit."""

_DTYPE = np.float32


def probe(first: Floats, second: Floats, targets: Floats, binary: Flags) -> Floats:
    """Return the score of a ridge regression on the state for each feature, on held-out text, (F,).

    w = (Z^T Z / T + λ I)^-1 Z^T f / T, Z the standardised state, is
    fitted on the first part of the text; the score, AUC of binary features and r of others, is
    that of Z w on the second. λ is chosen for each feature by the last quarter of the first part.

    first, second: (T1, U) and (T2, U). targets: (F, T1 + T2).
    """
    T1 = len(first)
    mean, sd = first.mean(axis=0), first.std(axis=0)
    scale = np.where(sd > 0, sd, 1)
    early = T1 - T1 // 4
    Z: Floats = ((first - mean) / scale).astype(_DTYPE)
    f = targets[:, :T1] - targets[:, :T1].mean(axis=1, keepdims=True)
    f = f.astype(_DTYPE)
    G, b = Z[:early].T @ Z[:early], Z[:early].T @ f[:, :early].T
    tried = np.array(
        [
            _scores(Z[early:] @ _solved(G, b, early, penalty), targets[:, early:T1], binary)
            for penalty in PENALTIES
        ]
    )  # (P, F)
    chosen = np.argmax(np.nan_to_num(tried), axis=0)
    G += Z[early:].T @ Z[early:]
    b += Z[early:].T @ f[:, early:].T
    W = np.zeros_like(b)
    for n, penalty in enumerate(PENALTIES):
        if (chosen == n).any():
            W[:, chosen == n] = _solved(G, b[:, chosen == n], T1, penalty)
    predicted = ((second - mean) / scale).astype(_DTYPE) @ W
    return _scores(predicted, targets[:, T1:], binary)


def _solved(G: Floats, b: Floats, T: int, penalty: float) -> Floats:
    A = G.astype(np.float64) / T
    A[np.diag_indices_from(A)] += penalty
    return np.linalg.solve(A, b / T).astype(_DTYPE)


def _scores(predicted: Floats, targets: Floats, binary: Flags) -> Floats:
    """Return the score of each of F predictions, (T, F), for its feature."""
    scores = np.full(len(targets), np.nan)
    for n, (u, f) in enumerate(zip(predicted.T.astype(np.float64), targets, strict=True)):
        score = auc if binary[n] else correlation
        scores[n] = score(u[None], f[None])[0, 0]
    return scores
