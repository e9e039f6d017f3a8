"""The gradient by every parameter and by the first state, against central differences.

What is measured is norm(n - g) / norm(n + g), array by array, in float64. Wrong gradients must
fail the same check: `WRONG` are the code's own lines with one error each.
"""

import inspect
import sys
import textwrap

import numpy as np
import pytest

from charrnn.network import backward as learning
from charrnn.network import cells, head
from charrnn.network.backward import backward, backward_from_logits
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.network import Network
from charrnn.network.trace import Trace

T, B, V = 5, 3, 7
EPSILON = 1e-5
TOLERANCE = 1e-6
CLEARLY_WRONG = 1e-3
LAYERS = "layers_backward"


def differences(array, loss):
    """The gradient of loss() by an array that it reads, by central differences."""
    found = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + EPSILON
        above = loss()
        array[index] = kept - EPSILON
        below = loss()
        array[index] = kept
        found[index] = (above - below) / (2 * EPSILON)
    return found


def relative_error(numeric, exact):
    return np.linalg.norm(numeric - exact) / max(np.linalg.norm(numeric + exact), 1e-30)


def errors(network, trace, x, y):
    """The relative error of each parameter's gradient, and of the first state's, by name."""

    def loss():
        forward(network, x, trace)
        return trace.loss(y)

    loss()
    grad = Gradient(network, trace)
    learning.backward(network, y, trace, grad)  # as a test may have replaced it
    arrays = {**network.params, "state": trace.first_state}
    exact = {**grad.params, "state": grad.state}
    return {
        name: relative_error(differences(array, loss), exact[name])
        for name, array in arrays.items()
    }


def window(network, dropout=0.0, seed=3):
    """A trace in a random state, with masks that stay, and what it is to read and predict."""
    rng = np.random.default_rng(seed)
    trace = Trace(network, T, B, dropout)
    trace.draw_masks(rng)
    trace.first_state[:] = rng.uniform(-0.9, 0.9, trace.first_state.shape)
    x, y = rng.integers(network.config.vocabulary_size, size=(2, T, B))
    return trace, x, y


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("embedding_size", [0, 3])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_gradient(tiny_network, cell, num_layers, embedding_size, dropout):
    network = tiny_network(
        cell, V, dtype=np.float64, num_layers=num_layers, embedding_size=embedding_size
    )
    found = errors(network, *window(network, dropout))
    assert max(found.values()) <= TOLERANCE, found


def test_gradient_of_a_window_that_continues_another(tiny_network, cell):
    network = tiny_network(cell, V, dtype=np.float64, num_layers=2)
    trace, x, y = window(network)
    forward(network, x, trace)
    backward(network, y, trace, Gradient(network, trace))
    trace.carry()
    found = errors(network, trace, y, x)
    assert max(found.values()) <= TOLERANCE, found


def test_a_gradient_leaves_nothing_behind(tiny_network, cell):
    """Slabs that were used for another window give the same bytes as fresh ones."""
    network = tiny_network(cell, V, num_layers=2, embedding_size=3)
    used_trace, x, y = window(network, 0.3)
    used = Gradient(network, used_trace)
    used.params.flat[:] = np.nan
    for slab in (used.state, used.dz_y, used.dzx, used.dza, used.da, used.recur.out):
        slab[:] = np.nan
    for _ in range(2):
        forward(network, x, used_trace)
        backward(network, y, used_trace, used)
    fresh_trace, _, _ = window(network, 0.3)
    fresh = Gradient(network, fresh_trace)
    forward(network, x, fresh_trace)
    backward(network, y, fresh_trace, fresh)
    assert used.params.flat.tobytes() == fresh.params.flat.tobytes()
    assert used.state.tobytes() == fresh.state.tobytes()


@pytest.mark.parametrize("size", [1, 2, 65, 1000])
def test_rows_are_added_by_their_ids(size):
    rng = np.random.default_rng(0)
    ids = rng.integers(size, size=400)
    ids[:50] = size - 1
    rows = rng.standard_normal((400, 5))
    found, expected = np.full((size, 5), np.nan), np.zeros((size, 5))
    learning.add_rows(ids, rows, out=found)
    np.add.at(expected, ids, rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("embedding_size", [0, 3])
def test_gradient_of_a_large_vocabulary(tiny_network, cell, embedding_size):
    network = tiny_network(cell, 300, dtype=np.float64, embedding_size=embedding_size)
    trace, x, y = window(network)
    gradient = Gradient(network, trace)
    forward(network, x, trace)
    backward(network, y, trace, gradient)
    # The rows of characters that were not read, and of them alone, are zero.
    name = "W_ex" if embedding_size else "W_ax_0"
    read = np.zeros(300, bool)
    read[x] = True
    np.testing.assert_array_equal(np.any(gradient.params[name] != 0, axis=1), read)


@pytest.mark.slow
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_gradient_along_one_direction_of_a_large_network(cell, dropout):
    config = NetworkConfig(40, cell, 256, num_layers=2)
    network = Network(config, np.random.default_rng(0), np.float64)
    trace, x, y = window(network, dropout)
    grad = Gradient(network, trace)
    forward(network, x, trace)
    backward(network, y, trace, grad)
    flat = network.params.flat
    direction = np.random.default_rng(1).standard_normal(flat.shape)
    exact = float(direction @ grad.params.flat)
    losses, kept = [], flat.copy()
    for epsilon in (1e-5, -1e-5):
        flat[:] = kept + epsilon * direction
        forward(network, x, trace)
        losses.append(trace.loss(y))
    numeric = (losses[0] - losses[1]) / 2e-5
    assert abs(numeric - exact) / abs(numeric + exact) <= TOLERANCE


@pytest.mark.parametrize("rows", [1, 4, 7, 1000])
def test_the_rows_that_are_scored_together_change_nothing(tiny_network, monkeypatch, cell, rows):
    """Against the loss from log-probabilities, and the gradient that is set by hand."""
    network = tiny_network(cell, V, dtype=np.float64, num_layers=2)
    trace, x, y = window(network, dropout=0.3)
    forward(network, x, trace)
    by_hand, grad = Gradient(network, trace), Gradient(network, trace)
    by_hand.dz_y[:] = (np.exp(trace.log_y_hat) - np.eye(V)[y]) / y.size
    assert list(backward_from_logits(network, trace, by_hand)) == [1, 0]
    monkeypatch.setattr(head, "SCORES", 0)
    monkeypatch.setattr(head, "LEAST_ROWS", rows)
    assert backward(network, y, trace, grad) == pytest.approx(trace.loss(y), abs=1e-12)
    np.testing.assert_allclose(grad.params.flat, by_hand.params.flat, rtol=0, atol=1e-12)
    np.testing.assert_allclose(grad.state, by_hand.state, rtol=0, atol=1e-12)


def replaced(function, old, new):
    """The function as it would be if `old` in its source were `new`."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{old!r} is not once in {function.__qualname__}"
    namespace = dict(vars(sys.modules[function.__module__]))
    exec(source.replace(old, new), namespace)
    return namespace[function.__name__]  # of a static method the object that holds it


WRONG = {
    "rnn: not squared": ("rnn", cells.RNN, "differentiate", "(ONE, a_a, out", "(2, a_a, out"),
    "lstm: c(t-1) without the forget gate": (
        "lstm", cells.LSTM, "backward", "(dc, self.f, out", "(dc, 1, out",
    ),
    "lstm: c(t) does not reach a(t)": (
        "lstm", cells.LSTM, "backward", "np.add(dc, a_c, out=dc)", "a_c",
    ),
    "lstm: tanh(c) not differentiated": (
        "lstm", cells.LSTM, "differentiate", "(o, a_c, out", "(o, 0, out",
    ),
    "lstm: c(t) for c(t-1)": (
        "lstm", cells.LSTM, "differentiate", "(c_f, c_before", "(c_f, steps.after[1]",
    ),
    "lstm: i and g exchanged": (
        "lstm", cells.LSTM, "differentiate", "(c_i, g, out", "(c_i, i, out",
    ),
    "lstm: o of c for tanh(c)": (
        "lstm", cells.LSTM, "differentiate", "(a_o, tanh_c, out", "(a_o, steps.after[1], out",
    ),
    "gru: dza_n without the reset": (
        "gru", cells.GRU, "backward", "(a_n, self.r, out", "(a_n, 1, out",
    ),
    "gru: not straight to a(t-1)": (
        "gru", cells.GRU, "backward", "(da_before, spare, out", "(da_before, 0, out",
    ),
    "gru: reset without the bias b_n": (
        "gru", cells.GRU, "differentiate", "(n_r, s, out", "(n_r, s - steps.b_n, out",
    ),
    "gru: u for 1 - u": (
        "gru", cells.GRU, "differentiate", "(a_n, a_u, out", "(a_n, ru[1], out",
    ),
    "gru: update looks at n alone": (
        "gru", cells.GRU, "differentiate", "(a_before, n, out", "(0, n, out",
    ),
    "b_n without gradient": ("gru", learning, LAYERS, "if cell.reset", "if False"),
    "b_n from the wrong gates": ("gru", learning, LAYERS, "[:, -len(", "[:, :len("),
    "W_aa by the state after": (
        "rnn", learning, LAYERS, "trace.a(layer)[:-1]", "trace.a(layer)[1:]",
    ),
    "nothing through time": (
        "rnn", learning, LAYERS, "grad.recur(view)[0]", "0",
    ),
    "state before the first step": ("gru", learning, LAYERS, "= da[0]", "= da[1]"),
    "cell state before the first step": (
        "lstm", learning, LAYERS, "grad.state[layer, 1:] = dc[0]", "grad.state[layer, 1:] = 0",
    ),
    "a sum for a mean": ("rnn", learning, "learn", "len(y) / share)", "len(y) / 2)"),
    "W_aa not transposed": ("rnn", learning, LAYERS, "W_aa.T[None]", "W_aa[None]"),
    "masks forgotten": ("lstm", learning, LAYERS, "if trace.masks is not None", "if False"),
    "dropped values in W_ya": (
        "rnn", learning, "backward", "trace.flat_up[-1]", "fold(trace.a(1)[1:])",
    ),
    "dropped values in the second W_ax": (
        "rnn", learning, LAYERS, "trace.flat_up[layer - 1].T", "fold(trace.a(layer - 1)[1:]).T",
    ),
    "a slab not cleared": ("gru", learning, LAYERS, "da[0] = 0", "da[0] += 0"),
    "embeddings by other characters": (
        "rnn", learning, "add_rows", "ids[same[0]]", "ids[::-1][same[0]]",
    ),
    "W_ax by other embeddings": (
        "rnn", learning, "_input_backward", "trace.flat_e.T", "trace.flat_e[::-1].T",
    ),
    "embeddings without W_ax": (
        "rnn", learning, "_input_backward", "W_ax.T", "np.eye(4, 3)",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_gradient_is_seen(tiny_network, monkeypatch, wrong):
    cell, owner, name, old, new = WRONG[wrong]
    network = tiny_network(cell, V, dtype=np.float64, num_layers=2, embedding_size=3)
    monkeypatch.setattr(owner, name, replaced(getattr(owner, name), old, new))
    found = errors(network, *window(network, dropout=0.3))
    assert max(found.values()) >= CLEARLY_WRONG, found
