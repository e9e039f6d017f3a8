"""What tests of readings share: the equations, unit by unit."""

import math

import numpy as np
import pytest


def sigma(z):
    return 1 / (1 + math.exp(-z))


def read_unit_by_unit(network, ids):
    """Read a text with plain numbers: for each character what each layer holds, and log y_hat."""
    p, config = network.params, network.config
    H, L = config.hidden_size, config.num_layers
    a, c = [[0.0] * H for _ in range(L)], [[0.0] * H for _ in range(L)]
    rows = []
    for k in ids:
        e = p["W_ex"][k].tolist() if config.embedding_size else np.eye(len(p["b_y"]))[k].tolist()
        seen = []
        for layer in range(L):
            W_ax, W_aa, b_a = (p[f"{name}_{layer}"] for name in ("W_ax", "W_aa", "b_a"))
            zx = [sum(e[i] * W_ax[i, j] for i in range(len(e))) + b_a[j] for j in range(len(b_a))]
            za = [sum(a[layer][i] * W_aa[i, j] for i in range(H)) for j in range(len(b_a))]
            z = [x + y for x, y in zip(zx, za, strict=True)]
            gates = {}
            if config.cell == "rnn":
                a[layer] = [math.tanh(v) for v in z]
            elif config.cell == "lstm":
                gates["i"], gates["f"], gates["o"] = (
                    [sigma(v) for v in z[n * H : n * H + H]] for n in range(3)
                )
                gates["g"] = [math.tanh(v) for v in z[3 * H :]]
                c[layer] = [
                    f * before + i * g
                    for f, before, i, g in zip(
                        gates["f"], c[layer], gates["i"], gates["g"], strict=True
                    )
                ]
                a[layer] = [o * math.tanh(v) for o, v in zip(gates["o"], c[layer], strict=True)]
            else:
                b_n = p[f"b_n_{layer}"]
                gates["r"] = [sigma(v) for v in z[:H]]
                gates["u"] = [sigma(v) for v in z[H : 2 * H]]
                gates["n"] = [
                    math.tanh(zx[2 * H + j] + gates["r"][j] * (za[2 * H + j] + b_n[j]))
                    for j in range(H)
                ]
                a[layer] = [
                    (1 - gates["u"][j]) * gates["n"][j] + gates["u"][j] * a[layer][j]
                    for j in range(H)
                ]
            seen.append({"a": a[layer], "c": c[layer], **gates})
            e = a[layer]
        scores = [
            sum(e[i] * p["W_ya"][i, v] for i in range(H)) + p["b_y"][v]
            for v in range(len(p["b_y"]))
        ]
        total = math.log(sum(math.exp(s) for s in scores))
        rows.append((seen, [s - total for s in scores]))
    return rows


@pytest.fixture(scope="session")
def naive():
    """Return what reads a text with plain numbers."""
    return read_unit_by_unit
