"""The way back from single losses: against finite differences, a plain loop, and training."""

import numpy as np
import pytest

from charrnn.inspection.reading import Reading
from charrnn.inspection.views.grad import loss_gradients as descent
from charrnn.network.backward import backward
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.trace import Trace
from charrnn.text.vocabulary import Vocabulary

V, T = 7, 14
EPSILON = 1e-5


def read(network, T=T):
    ids = np.random.default_rng(1).integers(V, size=T)
    return Reading.of(network, Vocabulary.of("abcdefg"), ids)


def loss(network, ids, t, bump=None):
    """The loss after character t, step by step as in the equations, with one thing bumped.

    bump: kind, layer, time and what is added there.
    """
    config, P = network.config, network.params
    H = config.hidden_size
    *where, by = bump or ("", 0, 0, 0.0)

    def bumped(value, *here):
        return value + by if where == list(here) else value

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    a = np.zeros((config.num_layers, H))
    c = np.zeros((config.num_layers, H))
    for tau in range(t + 1):
        x = np.eye(config.vocabulary_size)[ids[tau]]
        e = x @ P["W_ex"] if config.embedding_size else x
        e = bumped(e, "x", 0, tau)
        for n in range(config.num_layers):
            zx = e @ P[f"W_ax_{n}"] + P[f"b_a_{n}"]
            zx = bumped(zx, "z", n, tau)
            za = a[n] @ P[f"W_aa_{n}"]
            if config.cell == "rnn":
                a[n] = np.tanh(zx + za)
            elif config.cell == "lstm":
                i, f, o, g = (zx + za).reshape(4, H)
                c[n] = sigmoid(f) * c[n] + sigmoid(i) * np.tanh(g)
                c[n] = bumped(c[n], "c", n, tau)
                a[n] = sigmoid(o) * np.tanh(c[n])
            else:
                r, u = sigmoid((zx + za)[: 2 * H]).reshape(2, H)
                new = np.tanh(zx[2 * H :] + r * (za[2 * H :] + P[f"b_n_{n}"]))
                a[n] = (1 - u) * new + u * a[n]
            a[n] = bumped(a[n], "a", n, tau)
            e = a[n]
    z_y = e @ P["W_ya"] + P["b_y"]
    return np.log(np.exp(z_y).sum()) - z_y[ids[t + 1]]


def by_differences(network, ids, t, kind, layer, k, size):
    def bumped(j, by):
        return loss(network, ids, t, (kind, layer, t - k, by * np.eye(size)[j]))

    return np.array(
        [(bumped(j, EPSILON) - bumped(j, -EPSILON)) / (2 * EPSILON) for j in range(size)]
    )


@pytest.mark.slow
@pytest.mark.parametrize("embedding_size", [0, 3])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_gradients_are_those_by_finite_differences(tiny_network, cell, num_layers, embedding_size):
    network = tiny_network(
        cell, V, 3, np.float64, num_layers=num_layers, embedding_size=embedding_size
    )
    reading, K = read(network), 4
    targets = np.array([K, 9, T - 2])  # the first window begins where the text does
    norms = descent.norms(reading, targets, K)
    slabs = {}
    for _, layer, grad in descent.descents(reading, targets, K):
        slabs["a", layer], slabs["c", layer] = grad.da[1:].copy(), grad.dc[1:].copy()
        slabs["z", layer] = grad.dzx.copy()
    assert set(norms) == {*reading.states, "z", "x"}
    for kind, by_layer in norms.items():
        assert by_layer.shape == (1 if kind == "x" else num_layers, 3, K + 1)
        for layer, s, k in np.ndindex(by_layer.shape):
            size = (embedding_size or V) if kind == "x" else 3
            if kind == "z":
                size = network.params[f"b_a_{layer}"].size
            found = by_differences(network, reading.ids, targets[s], kind, layer, k, size)
            assert by_layer[layer, s, k] == pytest.approx(np.linalg.norm(found), rel=1e-6)
            if kind != "x":
                exact = slabs[kind, layer][K - k, s]
                error = np.linalg.norm(found - exact) / np.linalg.norm(found + exact)
                assert error < 1e-6


def plain_backward(network, ids, t):
    """The gradients by a(tau), tau = t to 0, of a network of one layer, step by step."""
    H, W_aa = network.config.hidden_size, network.layers[0].W_aa
    W_ax, b_a = network.layers[0].W_ax, network.layers[0].b_a
    cell, b_n = network.config.cell, network.layers[0].b_n
    a, c, kept = np.zeros(H), np.zeros(H), []
    for tau in range(t + 1):
        zx, za = W_ax[ids[tau]] + b_a, a @ W_aa
        kept.append((zx, za, a, c))
        s = 1 / (1 + np.exp(-(zx + za)))
        if cell == "rnn":
            a = np.tanh(zx + za)
        elif cell == "lstm":
            i, f, o = s[: 3 * H].reshape(3, H)
            c = f * c + i * np.tanh((zx + za)[3 * H :])
            a = o * np.tanh(c)
        else:
            r, u = s[: 2 * H].reshape(2, H)
            a = (1 - u) * np.tanh(zx[2 * H :] + r * (za[2 * H :] + b_n)) + u * a
    z_y = a @ network.W_ya + network.b_y
    dz_y = np.exp(z_y) / np.exp(z_y).sum() - np.eye(len(z_y))[ids[t + 1]]
    da, dc, found = network.W_ya @ dz_y, np.zeros(H), []
    for zx, za, before, c_before in reversed(kept):
        found.append(da)
        s = 1 / (1 + np.exp(-(zx + za)))
        if cell == "rnn":
            da = W_aa @ (da * (1 - np.tanh(zx + za) ** 2))
        elif cell == "lstm":
            i, f, o = s[: 3 * H].reshape(3, H)
            g = np.tanh((zx + za)[3 * H :])
            tanh_c = np.tanh(f * c_before + i * g)
            dc = dc + da * o * (1 - tanh_c**2)
            dz = [
                dc * g * i * (1 - i),
                dc * c_before * f * (1 - f),
                da * tanh_c * o * (1 - o),
                dc * i * (1 - g**2),
            ]
            da, dc = W_aa @ np.concatenate(dz), dc * f
        else:
            r, u = s[: 2 * H].reshape(2, H)
            inner = za[2 * H :] + b_n
            n = np.tanh(zx[2 * H :] + r * inner)
            dn = da * (1 - u) * (1 - n**2)
            dz = [dn * inner * r * (1 - r), da * (before - n) * u * (1 - u), dn * r]
            da = da * u + W_aa @ np.concatenate(dz)
    return np.array(found)


def test_gradients_are_those_of_a_plain_loop(tiny_network, cell):
    network = tiny_network(cell, V, 8, np.float64)
    reading = read(network, 60)
    targets = np.array([25, 31, 58])
    norms = descent.norms(reading, targets, 25)
    for s, t in enumerate(targets):
        expected = np.linalg.norm(plain_backward(network, reading.ids, t), axis=1)[:26]
        np.testing.assert_allclose(norms["a"][0, s], expected, rtol=1e-10)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_all_targets_together_are_the_gradient_that_training_takes(tiny_network, cell, num_layers):
    network = tiny_network(cell, V, 4, np.float64, num_layers=num_layers, embedding_size=3)
    reading = read(network)
    summed = np.zeros_like(network.params.flat)
    for t in range(T - 1):
        for _, _, grad in descent.descents(reading, np.array([t]), t):  # noqa: B007
            pass
        summed += grad.params.flat
    trace = Trace(network, T - 1, 1)
    expected = Gradient(network, trace)
    forward(network, reading.ids[:-1, None], trace)
    backward(network, reading.ids[1:, None], trace, expected)
    np.testing.assert_allclose(summed, expected.params.flat * (T - 1), rtol=1e-9, atol=1e-14)


def test_targets_go_side_by_side_as_they_go_alone(tiny_network, cell, monkeypatch):
    reading = read(tiny_network(cell, V, dtype=np.float64, num_layers=2), 40)
    targets = np.arange(5, 39)
    together = descent.norms(reading, targets, 5)
    monkeypatch.setattr(descent, "LARGEST", 1)
    alone = descent.norms(reading, targets, 5)
    for kind, norms in together.items():
        np.testing.assert_allclose(alone[kind], norms, rtol=1e-10)


def test_the_error_of_a_sure_prediction_is_not_rounded_away():
    log_y_hat = np.array([[-1e-12, np.log(1e-12)]], np.float32)
    error = descent._error(log_y_hat, np.array([0]))
    np.testing.assert_allclose(error, [[-1e-12, 1e-12]], rtol=1e-5)
