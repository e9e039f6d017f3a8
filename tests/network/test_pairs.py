"""The network of pairs: its gradient, and that no answer depends on what stands beside it."""

import numpy as np
import pytest

from charrnn.network.cells import CELLS
from charrnn.network.pairs import (
    NOTHING,
    PairConfig,
    PairGradient,
    PairNetwork,
    PairTrace,
    learn_pairs,
    read_answers,
    read_sources,
)

KINDS = [
    pytest.param({"cell": cell, "num_layers": L, "embedding_size": E, "labels": K, "reverse": R},
                 id=f"{cell}{L}{'e' if E else ''}{'labels' if K else ''}{'r' if R else ''}")
    for cell in ("rnn", "lstm", "gru")
    for L, E, K, R in ((1, 0, 0, False), (2, 3, 0, True), (1, 0, 3, False), (2, 3, 3, True))
]  # fmt: skip


def network_of(kind, dtype=np.float64, seed=0, H=5, V=6):
    config = PairConfig(vocabulary_size=V, hidden_size=H, **kind)
    rng = np.random.default_rng(seed)
    network = PairNetwork(config, rng, dtype)
    network.params.flat[:] += rng.normal(0, 0.1, network.params.flat.size)
    return network


def batch(rng, network, lengths, answers):
    """A batch of random pairs of these lengths; sources and answers, one array each."""
    V, K = network.config.vocabulary_size, network.config.labels
    x = np.full((max(lengths) + 2, len(lengths)), NOTHING)
    y = np.full((1 if K else max(answers) + 1, len(lengths)), NOTHING)
    for b, (n, m) in enumerate(zip(lengths, answers, strict=True)):
        x[:n, b] = rng.integers(V, size=n)
        if K:
            y[0, b] = rng.integers(K)
        else:
            y[:m, b] = rng.integers(V, size=m)
    return x, y


def trace_of(network, x, y, dropout=0.0):
    return PairTrace(network, len(x), len(y) + 1, x.shape[1], dropout)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_finite_differences(kind, rng):
    network = network_of(kind)
    x, y = batch(rng, network, (4, 1, 7, 3), (2, 5, 0, 3))
    trace = trace_of(network, x, y, dropout=0.3)
    trace.draw_masks(np.random.default_rng(1))
    grad = PairGradient(network, trace)
    loss = learn_pairs(network, x, y, trace, grad)
    assert np.isfinite(loss)
    flat, step = network.params.flat, 1e-6
    found = grad.params.flat.copy()
    for k in rng.choice(flat.size, min(80, flat.size), replace=False):
        before = flat[k]
        around = []
        for moved in (before + step, before - step):
            flat[k] = moved
            around.append(learn_pairs(network, x, y, trace, grad))
        flat[k] = before
        assert found[k] == pytest.approx((around[0] - around[1]) / (2 * step), abs=1e-7, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_read_as_if_it_were_alone(kind, rng):
    network = network_of(kind)
    lengths, answers = (4, 1, 7, 3), (2, 5, 0, 3)
    x, y = batch(rng, network, lengths, answers)
    trace = trace_of(network, x, y)
    read = read_sources(network, x, trace)
    together = read.state.copy()
    written = None if network.decoder is None else read_answers(network, y, together, trace)
    for b, (n, m) in enumerate(zip(lengths, answers, strict=True)):
        alone = trace_of(network, x[:n, [b]], y[:m, [b]] if network.decoder else y[:, [b]])
        state = read_sources(network, x[:n, [b]], alone).state
        np.testing.assert_allclose(together[:, :, [b]], state, rtol=1e-12, atol=1e-15)
        if written:
            one, _ = read_answers(network, y[:m, [b]], state, alone)
            np.testing.assert_allclose(
                written[0].a(0)[: m + 2, b], one.a(0)[:, 0], rtol=1e-12, atol=1e-15
            )


@pytest.mark.parametrize("cell", CELLS)
def test_where_nothing_is_read_the_state_stays_zero(cell, rng):
    network = network_of({"cell": cell, "num_layers": 2}, np.float32)
    x, y = batch(rng, network, (9, 2), (1, 1))
    read = read_sources(network, x, trace_of(network, x, y))
    assert not read.states[:, :, :8, 1].any()
    assert read.states[:, :, 8:, 1].any()


@pytest.mark.parametrize("labels", [0, 3])
def test_a_row_of_nothing_changes_neither_loss_nor_gradient(labels, rng):
    network = network_of({"cell": "lstm", "labels": labels})
    x, y = batch(rng, network, (4, 6), (2, 3))
    found = []
    for more in (0, 3):
        wide = [np.pad(each, ((0, 0), (0, more)), constant_values=NOTHING) for each in (x, y)]
        trace = trace_of(network, *wide)
        grad = PairGradient(network, trace)
        found.append((learn_pairs(network, *wide, trace, grad), grad.params.flat))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-12)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("labels", [0, 4])
def test_loss_and_gradient_are_those_of_torch(cell, labels, rng):
    torch = pytest.importorskip("torch")
    network = network_of({"cell": cell, "num_layers": 2, "labels": labels}, H=6)
    H, V = 6, network.config.vocabulary_size
    lengths, answers = (4, 1, 7, 3), (2, 5, 1, 3)
    x, y = batch(rng, network, lengths, answers)
    trace = trace_of(network, x, y)
    grad = PairGradient(network, trace)
    loss = learn_pairs(network, x, y, trace, grad)

    order = {"lstm": [0, 1, 3, 2], "gru": [0, 1, 2], "rnn": [0]}[cell]  # torch: i f g o
    params = {
        name: torch.tensor(np.array(view), requires_grad=True)
        for name, view in network.params.items()
    }

    def gates(W):
        return torch.cat([W.reshape(*W.shape[:-1], len(order), H)[..., g, :] for g in order], -1)

    def run(prefix, ids, state, size):
        made = getattr(torch.nn, cell.upper())(size, H, num_layers=2, dtype=torch.float64)
        named = {}
        for layer in range(2):
            b_a = gates(params[f"{prefix}_b_a_{layer}"])
            b_n = torch.zeros_like(b_a)
            if cell == "gru":
                b_n = torch.cat([b_n[: 2 * H], params[f"{prefix}_b_n_{layer}"]])
            named |= {
                f"weight_ih_l{layer}": gates(params[f"{prefix}_W_ax_{layer}"]).T,
                f"weight_hh_l{layer}": gates(params[f"{prefix}_W_aa_{layer}"]).T,
                f"bias_ih_l{layer}": b_a,
                f"bias_hh_l{layer}": b_n,
            }
        e = torch.nn.functional.one_hot(torch.tensor(ids), size).to(torch.float64)[:, None]
        return torch.func.functional_call(made, named, (e,) if state is None else (e, state))

    total, count = 0.0, 0
    for b, (n, m) in enumerate(zip(lengths, answers, strict=True)):
        out, state = run("encoder", x[:n, b], None, V)
        if labels:
            z, wanted = out[-1] @ params["encoder_W_ya"] + params["encoder_b_y"], y[0, [b]]
        else:
            read = [V, *y[:m, b]]
            out, _ = run("decoder", read, state, V + 1)
            z, wanted = out[:, 0] @ params["decoder_W_ya"] + params["decoder_b_y"], [*y[:m, b], V]
        wanted = torch.tensor(np.array(wanted))
        total = total + torch.nn.functional.cross_entropy(z, wanted, reduction="sum")
        count += len(wanted)
    (total / count).backward()
    assert loss == pytest.approx(total.item() / count, rel=1e-10)
    for name, tensor in params.items():
        np.testing.assert_allclose(grad.params[name], tensor.grad, rtol=1e-8, atol=1e-12)
