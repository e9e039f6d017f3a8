"""The network and the optimiser against PyTorch's, in float32. Skipped where it is missing.

Ours and PyTorch's differ in names and order alone: weights are transposed, gates lie as
r u n and i f o g here and as r z n and i f g o there, and of PyTorch's two biases the second is
zero but for the new gate of a GRU, where it is our b_n.
"""

import numpy as np
import pytest

from charrnn.network.backward import backward
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.trace import Trace
from charrnn.training.optimizer import AdamW, clip

torch = pytest.importorskip("torch")

torch.set_num_threads(1)

V = 11
TOLERANCE = 1e-5
ORDER = {"rnn": [0], "lstm": [0, 1, 3, 2], "gru": [0, 1, 2]}  # theirs, in our numbers


def reordered(array, cell):
    """Our gates' blocks along the last axis in PyTorch's order, or theirs in ours."""
    blocks = np.split(array, len(ORDER[cell]), axis=-1)
    return np.concatenate([blocks[k] for k in ORDER[cell]], axis=-1)  # each its own inverse


class Peer(torch.nn.Module):
    """PyTorch's layers with the parameters of one of our networks."""

    def __init__(self, network):
        super().__init__()
        config, self.cell = network.config, network.config.cell
        V, H, E, L = (
            config.vocabulary_size,
            config.hidden_size,
            config.embedding_size,
            config.num_layers,
        )
        self.embedding = torch.nn.Embedding(V, E) if E else None
        layers = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[self.cell]
        self.layers = layers(E or V, H, L)
        self.out = torch.nn.Linear(H, V)
        with torch.no_grad():
            for name, array in self.translated(network.params).items():
                self.get_parameter(name).copy_(torch.from_numpy(array.copy()))

    def translated(self, ours):
        """Our arrays under PyTorch's names and in its order."""
        found = {"out.weight": ours["W_ya"].T, "out.bias": ours["b_y"]}
        if self.embedding:
            found["embedding.weight"] = ours["W_ex"]
        for layer in range(self.layers.num_layers):
            for name, end in {"W_ax": "weight_ih_l", "W_aa": "weight_hh_l"}.items():
                found[f"layers.{end}{layer}"] = reordered(ours[f"{name}_{layer}"], self.cell).T
            bias = reordered(ours[f"b_a_{layer}"], self.cell)
            found[f"layers.bias_ih_l{layer}"] = bias
            inner = np.zeros_like(bias)
            if self.cell == "gru":
                inner[-self.layers.hidden_size :] = ours[f"b_n_{layer}"]
            found[f"layers.bias_hh_l{layer}"] = inner
        return found

    def forward(self, x, state):
        """Log-probabilities (T, B, V), from states (L, S, B, H)."""
        e = self.embedding(x) if self.embedding else torch.nn.functional.one_hot(x, V).float()
        parts = tuple(state[:, s].contiguous() for s in range(state.shape[1]))
        a, _ = self.layers(e, parts if self.cell == "lstm" else parts[0])
        return torch.log_softmax(self.out(a), dim=-1)


def close(found, expected, what=""):
    found, expected = np.asarray(found), np.asarray(expected)
    assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max(), what


@pytest.mark.parametrize(("T", "B", "H"), [(5, 3, 4), (64, 16, 32)])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 6])
def test_predictions_loss_and_every_gradient(
    tiny_network, cell, num_layers, embedding_size, T, B, H
):
    network = tiny_network(cell, V, H, num_layers=num_layers, embedding_size=embedding_size)
    rng = np.random.default_rng(2)
    trace = Trace(network, T, B)
    trace.first_state[:] = rng.uniform(-0.9, 0.9, trace.first_state.shape)
    x, y = rng.integers(V, size=(2, T, B))
    grad = Gradient(network, trace)
    forward(network, x, trace)
    backward(network, y, trace, grad)

    peer = Peer(network)
    state = torch.from_numpy(trace.first_state.copy()).requires_grad_()
    log_y_hat = peer(torch.from_numpy(x), state)
    loss = torch.nn.functional.nll_loss(log_y_hat.reshape(-1, V), torch.from_numpy(y).reshape(-1))
    loss.backward()

    close(trace.log_y_hat, log_y_hat.detach())
    assert trace.loss(y) == pytest.approx(loss.item(), rel=TOLERANCE)
    close(grad.state, state.grad)
    for name, array in peer.translated(grad.params).items():
        theirs = peer.get_parameter(name).grad.numpy()
        if "bias_hh" in name:  # where b_n is not, PyTorch has a second bias that is only added
            H_n = H if cell == "gru" else 0
            theirs = np.concatenate([np.zeros(len(theirs) - H_n), theirs[len(theirs) - H_n :]])
            if not theirs.any():
                continue
        close(array, theirs, name)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_adamw(weight_decay):
    rng = np.random.default_rng(0)
    params = rng.standard_normal(50_000).astype(np.float32)
    matrices = 40_000
    weights, biases = (
        torch.nn.Parameter(torch.from_numpy(part.copy()))
        for part in (params[:matrices], params[matrices:])
    )
    theirs = torch.optim.AdamW(
        [
            {"params": [weights], "weight_decay": weight_decay},
            {"params": [biases], "weight_decay": 0.0},
        ],
        betas=(AdamW.beta_1, AdamW.beta_2),
        eps=AdamW.epsilon,
    )
    ours = AdamW(params, matrices, weight_decay)
    for step in range(20):
        rate = 1e-2 / (1 + step)
        grad = rng.standard_normal(len(params)).astype(np.float32)
        ours.step(params, grad, rate)
        for group in theirs.param_groups:
            group["lr"] = rate
        weights.grad = torch.from_numpy(grad[:matrices].copy())
        biases.grad = torch.from_numpy(grad[matrices:].copy())
        theirs.step()
        close(params, torch.cat([weights, biases]).detach(), f"step {step}")


@pytest.mark.parametrize("limit", [0.5, 1e6])
def test_clip(limit):
    grad = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    theirs = torch.nn.Parameter(torch.zeros(len(grad)))
    theirs.grad = torch.from_numpy(grad.copy())
    norm = torch.nn.utils.clip_grad_norm_([theirs], limit)
    assert clip(grad, limit) == pytest.approx(norm.item(), rel=TOLERANCE)
    close(grad, theirs.grad)
