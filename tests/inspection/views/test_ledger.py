"""The ledger: every sum is the state itself, and every write what a plain loop finds."""

import math

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.ledger import draw as display
from charrnn.inspection.views.ledger import memory_writes as writes_module
from charrnn.inspection.views.ledger.memory_writes import Writes, ages
from charrnn.inspection.views.ledger.result import Ledger
from charrnn.terminal.screen import Screen

TEXT = "\nabcdeé\nba\ncab\ndeed\néa"


@pytest.fixture(params=["lstm", "gru"])
def gated(request):
    return request.param


@pytest.fixture
def make_reading(tiny_network, vocabulary, gated):
    def make(ids=None, dtype=np.float64, H=5, **network):
        made = tiny_network(gated, hidden_size=H, num_layers=2, dtype=dtype, **network)
        return Reading.of(made, vocabulary, vocabulary.encode(TEXT) if ids is None else ids)

    return make


def naive(reading, layer, t):
    """Return what is left at t of each write, (t + 1, H), by the definition."""
    gates = {kind: values[:, layer] for kind, values in reading.gates.items()}
    left = np.empty((t + 1, reading.network.config.hidden_size))
    for s in range(t + 1):
        for j in range(left.shape[1]):
            if "f" in gates:
                e, keep = gates["i"][s, j] * gates["g"][s, j], gates["f"]
            else:
                e, keep = (1 - gates["u"][s, j]) * gates["n"][s, j], gates["u"]
            for k in range(s + 1, t + 1):
                e *= keep[k, j]
            left[s, j] = e
    return left


def memory(reading):
    return reading.states["c" if "c" in reading.states else "a"]


@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_what_is_left_of_all_writes_is_the_state(make_reading, rng, dtype, close):
    reading = make_reading(rng.integers(7, size=300), dtype)
    for layer in range(2):
        writes = Writes(reading, layer)
        for t in (0, 1, 17, 299):
            assert np.allclose(writes.left(t).sum(axis=0), memory(reading)[t, layer], atol=close)
    found = Ledger.of(reading)
    assert max(account.gap for account in found.accounts) < close
    z_y = reading.states["a"][-1, 1] @ reading.network.W_ya + reading.network.b_y
    assert math.isclose(found.score, (z_y - z_y.mean())[found.chosen], abs_tol=close)


def test_every_write_is_what_a_loop_finds(make_reading):
    reading = make_reading()
    for layer in range(2):
        for t in (0, 5, len(TEXT) - 1):
            left = Writes(reading, layer).left(t)
            assert np.allclose(left, naive(reading, layer, t), rtol=1e-12, atol=1e-15)


def test_a_memory_longer_than_a_piece(make_reading, rng, monkeypatch):
    reading = make_reading(rng.integers(7, size=60))
    expected = Writes(reading, 0).left(59)
    monkeypatch.setattr(writes_module, "_PIECE", 7)
    assert np.array_equal(Writes(reading, 0).left(59), expected)


def test_what_is_forgotten_is_not_followed(make_reading, rng):
    reading = make_reading(rng.integers(7, size=3000), H=2)
    keeps = "f" if "f" in reading.gates else "u"
    reading.gates[keeps][:] = 0.5
    left = Writes(reading, 0).left(2999)
    assert len(left) < 1100
    assert np.allclose(left[-60:], naive_half(reading, 60), rtol=1e-12)
    reading.gates[keeps][:] = 1
    assert len(Writes(reading, 0).left(2999)) == 3000


def naive_half(reading, n):
    written = Writes(reading, 0).written[-n:]
    return written * 0.5 ** np.arange(n)[::-1, None]


def test_the_shares_by_age(make_reading, rng):
    reading = make_reading(rng.integers(7, size=40))
    shares = Writes(reading, 1).by_age()
    classes = ages(shares.shape[1])
    assert classes[:5] == [(0, 0), (1, 1), (2, 3), (4, 7), (8, 15)]
    assert classes[-1][1] >= 39
    for t in (0, 1, 2, 20, 39):
        sizes = np.abs(naive(reading, 1, t)).sum(axis=1)[::-1]
        for share, (least, most) in zip(shares[t], classes, strict=True):
            assert math.isclose(share, sizes[least : most + 1].sum() / sizes.sum(), abs_tol=1e-12)


def test_what_the_writes_give_a_score(make_reading, vocabulary):
    reading = make_reading()
    t = 9
    found = Ledger.of(reading, Options(at=str(t)))
    assert vocabulary[found.chosen] == TEXT[10]
    W = reading.network.W_ya[:, found.chosen] - reading.network.W_ya.mean(axis=1)
    left = naive(reading, 1, t)
    for s in range(t + 1):
        nats = 0.0
        for j in range(5):
            seen = 1.0
            if "c" in reading.states:
                c = memory(reading)[t, 1, j]
                seen = reading.gates["o"][t, 1, j] * math.tanh(c) / c
            nats += W[j] * seen * left[s, j]
        assert math.isclose(found.nats[s], nats, abs_tol=1e-12)
    assert math.isclose(found.nats.sum() + found.bias, found.score, abs_tol=1e-12)


def test_a_memory_of_nothing_says_nothing(make_reading, gated):
    reading = make_reading()
    for values in (*reading.states.values(), *reading.gates.values()):
        values[:] = 0 if gated == "lstm" else 1
    if gated == "lstm":
        reading.gates["o"][:] = 0.7
        found = Ledger.of(reading)
        assert not found.nats.any()
        assert not found.accounts[0].half_age.any()
        assert "score" in "".join(line.plain for line in display.draw(found, Screen(60)))


def test_half_ages(make_reading):
    [first, _] = Ledger.of(make_reading()).accounts
    sizes = np.abs(first.left[::-1])
    for j, age in enumerate(first.half_age.astype(int).tolist()):
        total = sizes[:, j].sum()
        assert sizes[: age + 1, j].sum() >= total / 2
        assert age == 0 or sizes[:age, j].sum() < total / 2


def test_units_and_layers_are_those_requested(make_reading):
    reading = make_reading()
    found = Ledger.of(reading, Options(units=((1, 3), (1, 0))))
    assert [account.layer for account in found.accounts] == [1]
    assert found.accounts[0].units == ((1, 3), (1, 0))
    heading, *rows = found.rows()
    assert heading == ["t", "char", "codepoint", "age", "nats", "1:3", "1:0"]
    assert [row[0] for row in rows] == list(range(len(TEXT)))
    assert [row[3] for row in rows] == list(range(len(TEXT)))[::-1]
    assert sum(row[5] for row in rows) == pytest.approx(memory(reading)[-1, 1, 3])
    assert [account.layer for account in Ledger.of(reading, Options(layer=0)).accounts] == [0]
    [account] = Ledger.of(reading, Options(layer=0, rows=2)).accounts
    old = np.abs(account.left).T @ np.log2(np.arange(len(TEXT), 0, -1))
    assert [j for _, j in account.units] == np.argsort(-old)[:2].tolist()
    for wrong in (Options(units=((2, 0),)), Options(layer=2), Options(at="99")):
        with pytest.raises(ConfigError):
            Ledger.of(reading, wrong)


def test_arrays_are_padded_to_one_length(make_reading, rng):
    reading = make_reading(rng.integers(7, size=1500))
    reading.gates["f" if "f" in reading.gates else "u"][:, 0] = 0.1
    reading.gates["f" if "f" in reading.gates else "u"][:, 1] = 0.999
    found = Ledger.of(reading)
    arrays = found.arrays()
    assert arrays["ledger"].shape == (2, 1500, 5)
    assert not arrays["ledger"][0, :900].any()
    assert np.array_equal(arrays["ledger"][1], found.accounts[1].left)
    assert arrays["age"].tolist() == list(range(1500))[::-1]


def test_a_simple_network_is_refused_with_what_helps(tiny_network, vocabulary):
    reading = Reading.of(tiny_network("rnn"), vocabulary, vocabulary.encode(TEXT))
    with pytest.raises(ConfigError, match=r"not available for a simple network .* view='why'$"):
        Ledger.of(reading)


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_screen_shows_the_writes(make_reading, vocabulary, width):
    reading = make_reading()
    found = Ledger.of(reading, Options(at="8"))
    lines = [line.plain for line in display.draw(found, Screen(width))]
    d = vocabulary[found.chosen]
    rows = [line for line in lines if line.startswith(f"for {d} ")]
    assert len(rows) == 1  # of the top layer only
    assert len(rows[0].split()[-1]) == 9  # a cell for each character up to t
    value = memory(reading)[8, 1, found.accounts[1].units[0][1]]
    written = f"{value:+.2f}" if f"{value:.2f}" != "-0.00" else "+0.00"
    assert any(line.startswith(f"1:{found.accounts[1].units[0][1]} {written}") for line in lines)
    without = Ledger.of(reading, Options(at="8", layer=0))
    said = "\n".join(line.plain for line in display.draw(without, Screen(width)))
    assert f"\nfor {d}" not in said
    assert "now " in said
