"""A fourth cell is one class: the minimal gated unit (Zhou et al. 2016), known to this file alone.

f    = σ(zx_f + za_f)
n    = tanh(zx_n + f (za_n + b_n))          the reset after the product, as in `GRU`
a(t) = (1 - f) a(t-1) + f n
"""

from typing import ClassVar

import jsonschema
import numpy as np
import pytest

from charrnn import CharRNN, load
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.output.schema import schema
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import VIEWS
from charrnn.network import config, equations
from charrnn.network.backward import backward
from charrnn.network.cells import CELLS, Cell, Memory, finish_sigmoid, register
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.network.trace import Trace
from charrnn.terminal.screen import Screen

TEXT = "the quick brown fox (a [b]) jumps over the lazy dog.\n" * 40


class MGU(Cell):
    gates, states, kept = ("f", "n"), ("a",), ("s",)
    slopes = ("n_f", "a_f", "a_n", "keep")
    scale = (0.5, 1.0)
    reset = "f"
    words: ClassVar = {"f": "forget gate", "n": "candidate", "a": "hidden state"}
    formulas: ClassVar = {"a": "(1 - f) a(t-1) + f n"}
    memory = Memory("a", "f", lambda gate: 1 - gate["f"], lambda gate: gate["f"] * gate["n"])

    @staticmethod
    def equations(zx, za, b_n, before):
        f = equations.sigmoid(zx["f"] + za["f"])
        n = np.tanh(zx["n"] + f * (za["n"] + b_n))
        return {"f": f, "n": n}, {"a": (1 - f) * before["a"] + f * n}

    def __init__(self, arrays):
        self.f, self.n = arrays.zx
        self.za_f, self.za_n = arrays.za
        self.b_n = arrays.b_n
        [self.a_before], [self.a], [self.s] = arrays.before, arrays.after, arrays.kept

    def forward(self):
        self.f += self.za_f
        np.tanh(self.f, out=self.f)
        finish_sigmoid(self.f)
        np.add(self.za_n, self.b_n, out=self.s)
        self.n += self.f * self.s
        np.tanh(self.n, out=self.n)
        self.a[...] = self.a_before + self.f * (self.n - self.a_before)

    @staticmethod
    def differentiate(steps, out):
        (f, n), [before], [s] = steps.zx, steps.before, steps.kept
        n_f, a_f, a_n, keep = out
        n_f[...] = s * f * (1 - f)
        a_f[...] = (n - before) * f * (1 - f)
        a_n[...] = f * (1 - n * n)
        keep[...] = 1 - f

    @staticmethod
    def cut(dzx, dza, slopes):
        return *dzx, *dza, *slopes

    def backward(self, da, dc, da_before, dc_before, pieces):
        dzx_f, dzx_n, dza_f, dza_n, n_f, a_f, a_n, keep = pieces
        dzx_n[...] = a_n * da
        dza_n[...] = dzx_n * self.f
        dzx_f[...] = dza_f[...] = a_f * da + n_f * dzx_n
        da_before += keep * da


@pytest.fixture(autouse=True)
def mgu():
    register("mgu", MGU)
    yield
    del CELLS["mgu"]
    config.NAMES.remove("mgu")


def network(layers=2, embedding_size=3, dtype=np.float64):
    made = Network(
        NetworkConfig(7, "mgu", 5, layers, embedding_size), np.random.default_rng(0), dtype
    )
    made.params.flat[:] += np.random.default_rng(1).normal(0, 0.1, made.params.flat.size)
    return made


def test_it_is_its_equations():
    net, ids = network(), np.random.default_rng(2).integers(7, size=12)
    trace, stepper = Trace(net, 12, 1), Stepper(net)
    forward(net, ids[:, None], trace)
    for t, (states, y_hat) in enumerate(equations.read(net.params, MGU, ids)):
        stepper.read(ids[t : t + 1])
        for layer, state in enumerate(states):
            np.testing.assert_allclose(trace.a(layer)[t + 1, 0], state["a"], rtol=0, atol=1e-12)
        np.testing.assert_allclose(np.exp(trace.log_y_hat[t, 0]), y_hat, rtol=0, atol=1e-12)
        np.testing.assert_allclose(equations.softmax(stepper.logits[0]), y_hat, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 3])
def test_its_gradient_is_that_of_central_differences(layers, embedding_size):
    net, rng = network(layers, embedding_size), np.random.default_rng(3)
    trace = Trace(net, 6, 3)
    trace.first_state[:] = rng.uniform(-0.9, 0.9, trace.first_state.shape)
    x, y = rng.integers(7, size=(2, 6, 3))
    grad = Gradient(net, trace)
    forward(net, x, trace)
    backward(net, y, trace, grad)
    for name, array in {**net.params, "state": trace.first_state}.items():
        exact = grad.state if name == "state" else grad.params[name]
        for _ in range(3):
            direction, kept, losses = rng.standard_normal(array.shape), array.copy(), []
            for epsilon in (1e-5, -1e-5):
                array[...] = kept + epsilon * direction
                forward(net, x, trace)
                losses.append(trace.loss(y))
            array[...] = kept
            numeric = (losses[0] - losses[1]) / 2e-5
            assert float(np.sum(exact * direction)) == pytest.approx(numeric, rel=1e-5, abs=1e-9)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    register("mgu", MGU)
    path = tmp_path_factory.mktemp("mgu") / "mgu.npz"
    model = CharRNN("mgu", hidden_size=12, num_layers=2, seed=1)
    model.fit(TEXT, max_steps=30, batch_size=4, seq_length=16, workers=1, progress=False)
    model.save(path)
    return path


def test_it_is_trained_saved_and_sampled(path):
    model = load(path)
    assert model.network.config.cell == "mgu"
    assert model.history.train_loss[-1] < model.history.train_loss[0]
    text = model.generate("the ", length=60, seed=2)
    assert len(text) == 60
    assert text == load(path).generate("the ", length=60, seed=2)
    assert model.score(TEXT[:200]) < np.log2(len(model.vocabulary))


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_looks_at_it(path, name):
    view, checkpoint = VIEWS[name], load(path).checkpoint
    subject = checkpoint
    if view.reads_text:
        ids = checkpoint.vocabulary.encode(TEXT[:300])
        reading = Reading.of(checkpoint.network, checkpoint.vocabulary, ids)
        subject = (reading,) * view.models[0] if view.compares else reading
    result = view.compute(subject, Options(quick=True, rows=2))
    lines = [line.plain for line in view.draw(result, Screen(100))]
    assert any(lines)
    whole = schema(view)
    data = whole["properties"]["data"] | {"$defs": whole["$defs"]}
    jsonschema.validate(result.data(), data)
    assert list(result.rows())
    if name == "step":
        assert any("(1 - f) a(t-1) + f n" in line for line in lines)
    if name == "gates":
        assert any("by forget f" in line for line in lines)


def test_a_name_that_is_not_registered_is_refused():
    with pytest.raises(ConfigError, match="'lru' is none of rnn, lstm, gru, mgu"):
        NetworkConfig(7, "lru")
