"""Each cell against its equations, written out gate by gate and unit by unit."""

import math

import numpy as np
import pytest

from charrnn.network import equations
from charrnn.network.cells import CELLS, finish_sigmoid
from charrnn.network.forward import forward
from charrnn.network.functions import log_softmax
from charrnn.network.trace import Trace

T, B = 6, 3


def naive_sigmoid(z):
    return 1 / (1 + math.exp(-z))


def weighted(W, inputs, j):
    """The j-th output of the product of W, (inputs, outputs), with a list of inputs."""
    return sum(float(W[k, j]) * inputs[k] for k in range(len(inputs)))


def gate_weights(network, layer):
    """Each gate's own W_ax, W_aa and b_a, by the gate's name."""
    p, gates, H = network.params, CELLS[network.config.cell].gates, network.config.hidden_size
    return {
        gate: tuple(
            p[f"{name}_{layer}"][..., k * H : (k + 1) * H] for name in ("W_ax", "W_aa", "b_a")
        )
        for k, gate in enumerate(gates)
    }


def step_rnn(own, b_n, e, a, c, j):
    W_ax, W_aa, b_a = own["a"]
    return math.tanh(weighted(W_ax, e, j) + float(b_a[j]) + weighted(W_aa, a, j)), 0.0, {}


def step_lstm(own, b_n, e, a, c, j):
    z = {
        gate: weighted(W_ax, e, j) + float(b_a[j]) + weighted(W_aa, a, j)
        for gate, (W_ax, W_aa, b_a) in own.items()
    }
    i, f, o = naive_sigmoid(z["i"]), naive_sigmoid(z["f"]), naive_sigmoid(z["o"])
    g = math.tanh(z["g"])
    c_after = f * c[j] + i * g
    return o * math.tanh(c_after), c_after, {"i": i, "f": f, "o": o, "g": g}


def step_gru(own, b_n, e, a, c, j):
    zx = {gate: weighted(own[gate][0], e, j) + float(own[gate][2][j]) for gate in "run"}
    za = {gate: weighted(own[gate][1], a, j) for gate in "run"}
    r, u = naive_sigmoid(zx["r"] + za["r"]), naive_sigmoid(zx["u"] + za["u"])
    n = math.tanh(zx["n"] + r * (za["n"] + float(b_n[j])))
    return (1 - u) * n + u * a[j], 0.0, {"r": r, "u": u, "n": n}


STEPS = {"rnn": step_rnn, "lstm": step_lstm, "gru": step_gru}


def read_naively(network, x, first_state):
    """One sequence: the states (T, L, S, H), the gates' values by (t, layer, j), y_hat (T, V)."""
    config, p = network.config, network.params
    H, L, V, E = (
        config.hidden_size,
        config.num_layers,
        config.vocabulary_size,
        config.embedding_size,
    )
    S, step = len(CELLS[config.cell].states), STEPS[config.cell]
    a = [[float(value) for value in first_state[layer, 0]] for layer in range(L)]
    c = [[float(value) for value in first_state[layer, -1]] for layer in range(L)]
    states, gates, y_hat = np.zeros((len(x), L, S, H)), {}, np.zeros((len(x), V))
    for t, k in enumerate(x):
        one_hot = [float(v == k) for v in range(V)]
        e = [weighted(p["W_ex"], one_hot, j) for j in range(E)] if E else one_hot
        for layer in range(L):
            own, b_n = gate_weights(network, layer), p.get(f"b_n_{layer}")
            found = [step(own, b_n, e, a[layer], c[layer], j) for j in range(H)]
            a[layer], c[layer] = [one[0] for one in found], [one[1] for one in found]
            gates |= {(t, layer, j): found[j][2] for j in range(H)}
            states[t, layer, 0] = a[layer]
            if S == 2:
                states[t, layer, 1] = c[layer]
            e = a[layer]
        scores = [math.exp(weighted(p["W_ya"], e, v) + float(p["b_y"][v])) for v in range(V)]
        y_hat[t] = np.array(scores) / sum(scores)
    return states, gates, y_hat


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 3])
def test_a_cell_is_its_equations(tiny_network, cell, num_layers, embedding_size):
    network = tiny_network(
        cell, dtype=np.float64, num_layers=num_layers, embedding_size=embedding_size
    )
    rng = np.random.default_rng(5)
    trace = Trace(network, T, B)
    trace.first_state[:] = rng.uniform(-0.9, 0.9, trace.first_state.shape)
    x = rng.integers(7, size=(T, B))
    forward(network, x, trace)
    names = CELLS[cell].gates
    for b in range(B):
        states, gates, y_hat = read_naively(network, x[:, b], trace.first_state[:, :, b])
        # states of the trace are (L, S, T + 1, B, H)
        ours = trace.states[:, :, 1:, b].transpose(2, 0, 1, 3)
        np.testing.assert_allclose(ours, states, rtol=0, atol=1e-12)
        np.testing.assert_allclose(np.exp(trace.log_y_hat[:, b]), y_hat, rtol=0, atol=1e-12)
        for (t, layer, j), values in gates.items():
            for gate, value in values.items():
                found = trace.zx[layer, t, names.index(gate), b, j]
                assert found == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 3])
def test_the_page_of_equations_says_the_same(tiny_network, cell, num_layers, embedding_size):
    network = tiny_network(
        cell, dtype=np.float64, num_layers=num_layers, embedding_size=embedding_size
    )
    x = np.random.default_rng(6).integers(7, size=T)
    none = np.zeros((num_layers, len(CELLS[cell].states), network.config.hidden_size))
    states, _, y_hat = read_naively(network, x, none)
    for t, (layers, predicted) in enumerate(equations.read(network.params, CELLS[cell], x)):
        for layer, by_name in enumerate(layers):
            found = [by_name[name] for name in CELLS[cell].states]
            np.testing.assert_allclose(found, states[t, layer], rtol=0, atol=1e-12)
        np.testing.assert_allclose(predicted, y_hat[t], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_neither_overflows_nor_leaves_its_range(dtype):
    z = np.array([-1000, -30, -2, -1e-3, 0, 1e-3, 2, 30, 1000], dtype)
    expected = [0.0 if v < -700 else naive_sigmoid(float(v)) for v in z]
    with np.errstate(all="raise"):
        z *= CELLS["lstm"].scale[0]
        np.tanh(z, out=z)
        finish_sigmoid(z)
    np.testing.assert_allclose(z, expected, rtol=0, atol=4 * np.finfo(dtype).eps)
    assert np.all((z >= 0) & (z <= 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "scores",
    [[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [3.0, 1.0, -2.0], [0.0], [1e30, 1e30, -1e30]],
)
def test_log_softmax_of_any_finite_scores(scores, dtype):
    largest = max(scores)
    total = math.log(math.fsum(math.exp(score - largest) for score in scores))
    z = np.array([scores, scores[::-1]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        log_softmax(z)
    expected = [score - largest - total for score in scores]
    np.testing.assert_allclose(z, [expected, expected[::-1]], rtol=1e-6, atol=1e-6)
