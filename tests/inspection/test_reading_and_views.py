"""What the views compute, against the same numbers worked out one at a time."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.errors import CharRNNError, ConfigError, TextError
from charrnn.evaluation.score import score
from charrnn.evaluation.statistics import block_standard_error
from charrnn.inspection import reading as reading_module
from charrnn.inspection.options import Options, parse_units
from charrnn.inspection.reading import Reading, bytes_per_character
from charrnn.inspection.views.gates.result import BINS, STEPS, Gates
from charrnn.inspection.views.probs import greedy_branches as branching
from charrnn.inspection.views.probs.result import Probabilities
from charrnn.inspection.views.state.result import States
from charrnn.inspection.views.summary.result import Summary
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.text.vocabulary import Vocabulary

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def read(network, vocabulary, text=TEXT, **options):
    return Reading.of(network, vocabulary, vocabulary.encode(text), **options)


def sigma(z):
    return 1 / (1 + math.exp(-z))


def naive(network, ids):
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


@pytest.mark.parametrize("embedding_size", [0, 3])
def test_a_reading_is_the_equations(cell, tiny_network, vocabulary, embedding_size):
    network = tiny_network(cell, dtype=np.float64, num_layers=2, embedding_size=embedding_size)
    reading = read(network, vocabulary, TEXT[:30])
    assert set(reading.kinds) == {
        "rnn": {"a"}, "lstm": set("acifog"), "gru": set("arun")
    }[cell]  # fmt: skip
    for t, (layers, log_y_hat) in enumerate(naive(network, reading.ids.tolist())):
        assert reading.log_y_hat[t] == pytest.approx(log_y_hat, abs=1e-10)
        for layer, found in enumerate(layers):
            for kind in reading.kinds:
                series = reading.series(kind)
                assert series.shape == (30, 2, 4)
                assert series[t, layer] == pytest.approx(found[kind], abs=1e-10), (t, layer, kind)


@given(window=st.integers(1, 90))
@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_window_changes_nothing(tiny_network, vocabulary, window):
    network = tiny_network("gru", dtype=np.float64, num_layers=2)
    one, other = read(network, vocabulary), read(network, vocabulary, window=window)
    np.testing.assert_allclose(one.log_y_hat, other.log_y_hat, rtol=1e-10)
    for kind in one.kinds:
        np.testing.assert_allclose(one.series(kind), other.series(kind), rtol=1e-9, atol=1e-12)


def test_a_reading_is_bounded(tiny_network, vocabulary, monkeypatch):
    network = tiny_network()
    with pytest.raises(TextError, match="empty"):
        read(network, vocabulary, "")
    with pytest.raises(ConfigError, match="75 characters, the limit is 10"):
        read(network, vocabulary, TEXT, limit=10)
    assert len(read(network, vocabulary, TEXT, limit=len(TEXT))) == len(TEXT)
    reading = read(network, vocabulary)
    arrays = [reading.log_y_hat, *reading.states.values(), *reading.gates.values()]
    assert sum(array.nbytes for array in arrays) == bytes_per_character(network) * len(TEXT)
    monkeypatch.setattr(reading_module, "LARGEST", 20 * bytes_per_character(network))
    with pytest.raises(ConfigError, match=r"limit=20$"):
        read(network, vocabulary)
    assert len(read(network, vocabulary, TEXT[:20])) == 20


def test_a_prediction_that_is_no_number_is_reported(tiny_network, vocabulary):
    network = tiny_network()
    network.params.flat[:] = 3e38
    with pytest.raises(CharRNNError, match="not a number"):
        read(network, vocabulary)


def test_a_kind_that_is_not_there(tiny_network, vocabulary):
    with pytest.raises(ConfigError, match=r"'c' is none of the gru's a r u n$"):
        read(tiny_network("gru"), vocabulary).series("c")


# Probabilities ----------------------------------------------------------------------------------


def test_probabilities_are_counted_one_by_one(tiny_network, vocabulary):
    network = tiny_network("lstm", dtype=np.float64)
    found = Probabilities.of(read(network, vocabulary), Options(top=3))
    expected = naive(network, found.ids.tolist())
    bits = []
    for t, (_, log_y_hat) in enumerate(expected):
        y_hat = [math.exp(v) for v in log_y_hat]
        order = sorted(range(7), key=lambda k: (-y_hat[k], k))
        assert found.entropy[t] == pytest.approx(-sum(p * math.log2(p) for p in y_hat))
        assert found.margin[t] == pytest.approx(math.log2(y_hat[order[0]] / y_hat[order[1]]))
        assert found.top_ids[t].tolist() == order[:3]
        assert found.top_p[t] == pytest.approx([y_hat[k] for k in order[:3]])
        if t + 1 < len(expected):
            x = found.ids[t + 1]
            bits.append(-math.log2(y_hat[x]))
            assert found.p[t] == pytest.approx(y_hat[x])
            assert found.bits[t] == pytest.approx(bits[-1])
            assert found.rank[t] == found.place[t] == 1 + order.index(x)
            assert found.excess[t] == pytest.approx(bits[-1] - found.entropy[t])
    assert np.isnan([found.p[-1], found.bits[-1], found.excess[-1]]).all()
    assert found.rank[-1] == found.place[-1] == 0
    means = found.means
    assert means.predictions == len(TEXT) - 1
    assert means.bits == pytest.approx(sum(bits) / len(bits))
    assert means.perplexity == pytest.approx(math.prod(2**b for b in bits) ** (1 / len(bits)))
    assert means.top1 == pytest.approx(sum(r == 1 for r in found.rank) / len(bits))
    assert means.top5 == pytest.approx(sum(0 < r <= 5 for r in found.rank) / len(bits))
    assert means.excess == pytest.approx(np.mean(bits) - np.mean(found.entropy[:-1]))


def test_the_mean_is_the_score(tiny_network, vocabulary, cell):
    network = tiny_network(cell)
    nats = score(network, vocabulary.encode(TEXT)).mean()
    assert Probabilities.of(read(network, vocabulary)).means.bits == pytest.approx(
        nats / math.log(2), rel=1e-6
    )


def test_equals_share_a_rank_and_not_a_place(vocabulary):
    network = Network(NetworkConfig(7, "rnn", 4))  # all parameters 0: every character as likely
    found = Probabilities.of(read(network, vocabulary, "abcdeé\n"))
    assert found.rank.tolist() == [1] * 6 + [0]
    assert found.place.tolist() == [3, 4, 5, 6, 7, 1, 0]  # the line end has id 0
    assert found.top_ids[0].tolist() == [0, 1, 2, 3, 4]
    assert found.bits[:-1] == pytest.approx([math.log2(7)] * 6)
    assert found.margin == pytest.approx([0.0] * 7)
    assert found.means.top1 == pytest.approx(1 / 6)
    assert found.means.top5 == pytest.approx(4 / 6)
    # One bin, confidence 1/7 each, of which one in six came true.
    assert found.means.calibration_error == pytest.approx(1 / 6 - 1 / 7)


def test_calibration_is_that_of_its_definition(tiny_network, vocabulary):
    network = tiny_network("lstm")
    network.params["W_ya"][:] *= 25
    found = Probabilities.of(read(network, vocabulary))
    n, error = len(TEXT) - 1, 0.0
    for k in range(10):
        inside = [
            t for t in range(n) if k <= 10 * found.top_p[t, 0] < k + 1 or
            (k == 9 and found.top_p[t, 0] == 1)
        ]  # fmt: skip
        if inside:
            right = sum(found.place[t] == 1 for t in inside) / len(inside)
            sure = sum(found.top_p[t, 0] for t in inside) / len(inside)
            error += len(inside) / n * abs(right - sure)
    assert np.count_nonzero(found.calibration.count) > 3
    assert found.means.calibration_error == pytest.approx(error)


def test_one_character_is_not_predicted(tiny_network, vocabulary):
    found = Probabilities.of(read(tiny_network(), vocabulary, "a"))
    assert found.means is None
    assert found.calibration is None
    assert found.top_p.shape == (1, 5)
    assert found.data()["means"] is None
    assert len(list(found.rows())) == 2


def test_a_vocabulary_of_one(tiny_network):
    network = tiny_network(vocabulary_size=1)
    found = Probabilities.of(read(network, Vocabulary.of("a"), "aaa"))
    assert found.p[:-1] == pytest.approx([1, 1])
    assert np.isnan(found.margin).all()
    assert found.top_ids.shape == (3, 1)
    assert found.data()["characters"][0]["margin_bits"] is None


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_a_temperature_divides_the_scores(tiny_network, vocabulary, temperature):
    network = tiny_network("gru", dtype=np.float64)
    reading = read(network, vocabulary, TEXT[:20])
    found = Probabilities.of(reading, Options(temperature=temperature, top=7))
    bits = []
    for t in range(20):
        scores = (reading.states["a"][t, 0] @ network.W_ya + network.b_y).tolist()
        powers = [math.exp(score / temperature) for score in scores]
        y_hat = [power / sum(powers) for power in powers]
        assert sorted(y_hat, reverse=True) == pytest.approx(found.top_p[t].tolist())
        assert found.entropy[t] == pytest.approx(-sum(p * math.log2(p) for p in y_hat))
        first, second = sorted(scores, reverse=True)[:2]
        assert found.margin[t] == pytest.approx((first - second) / temperature / math.log(2))
        if t < 19:
            bits.append(-math.log2(y_hat[found.ids[t + 1]]))
    assert found.bits[:-1] == pytest.approx(bits)
    assert found.means.bits == pytest.approx(sum(bits) / 19)
    usual = Probabilities.of(reading, Options(top=7))
    for column in ("rank", "place", "top_ids"):
        np.testing.assert_array_equal(getattr(found, column), getattr(usual, column))


def test_a_temperature_of_next_to_nothing_and_of_very_much(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary)
    cold = Probabilities.of(reading, Options(temperature=5e-324))
    right = cold.place[:-1] == 1
    assert (cold.p[:-1] == right).all()
    assert (cold.bits[:-1][right] == 0).all()
    assert (cold.bits[:-1][~right] > 1e100).all()
    assert (cold.entropy == 0).all()
    assert cold.means.perplexity == math.inf
    assert math.isfinite(cold.means.bits_error)
    hot = Probabilities.of(reading, Options(temperature=1e308))
    assert hot.bits[:-1] == pytest.approx(math.log2(7))
    assert hot.entropy == pytest.approx(math.log2(7))


def test_branches_are_what_reading_on_would_be(tiny_network, vocabulary, cell, monkeypatch):
    monkeypatch.setattr(branching, "side_by_side", lambda network: 4)  # so that 25 are in 7 parts
    network = tiny_network(cell, dtype=np.float64, num_layers=2, embedding_size=3)
    reading = read(network, vocabulary, TEXT[:9])
    before = {kind: reading.series(kind).copy() for kind in reading.kinds}
    found = Probabilities.of(reading, Options(top=5, branch=3))
    places = [0, 3, 4, 7, 8]
    branches = found.branches(np.array(places))
    assert branches.shape == (5, 5, 3)
    for t, of_guesses in zip(places, branches, strict=True):
        for guess, branch in zip(found.top_ids[t].tolist(), of_guesses.tolist(), strict=True):
            ids = [*reading.ids[: t + 1].tolist(), guess]
            for _ in range(3):
                log_y_hat = naive(network, ids)[-1][1]
                ids.append(log_y_hat.index(max(log_y_hat)))
            assert branch == ids[-3:]
    for kind, values in before.items():
        np.testing.assert_array_equal(values, reading.series(kind))


def test_branches_in_every_form(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary, "abcde")
    found = Probabilities.of(reading, Options(top=2, branch=4))
    branches = found.branches(np.arange(5))
    np.testing.assert_array_equal(found.arrays()["branch_ids"], branches)
    heading, *rows = found.rows()
    assert heading[-6:] == ["top1", "top1_p", "top1_branch", "top2", "top2_p", "top2_branch"]
    for t, character in enumerate(found.data()["characters"]):
        for n, guess in enumerate(character["top"]):
            assert guess["branch"] == vocabulary.decode(branches[t, n])
            assert rows[t][heading.index(f"top{n + 1}_branch")] == guess["branch"]
    assert "branch" not in Probabilities.of(reading).data()["characters"][0]["top"][0]


def test_of_equally_likely_characters_a_branch_takes_the_first(vocabulary):
    network = Network(NetworkConfig(7, "rnn", 4))  # all parameters 0: every character as likely
    found = Probabilities.of(read(network, vocabulary), Options(branch=2))
    assert not found.branches(np.arange(5)).any()


def test_each_character_is_painted_by_what_was_reported_before_it(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary)
    for paint in ("bits", "rank", "excess"):
        found = Probabilities.of(reading, Options(paint=paint))
        assert math.isnan(found.painted_by[0])
        assert found.painted_by[1:].tolist() == getattr(found, paint)[:-1].tolist()


def test_block_standard_error():
    values = np.arange(20.0) ** 2
    blocks = [np.mean(values[k : k + 4]) for k in range(0, 20, 4)]
    error, count = block_standard_error(values)
    assert count == 5
    assert error == pytest.approx(np.sqrt(np.var(blocks, ddof=1) / 5))
    assert math.isnan(block_standard_error(np.zeros(3))[0])
    assert math.isnan(block_standard_error(np.zeros(0))[0])


def test_block_standard_error_sees_that_neighbours_are_alike():
    rng = np.random.default_rng(0)
    steps = rng.standard_normal(10_000)
    series = np.zeros(10_000)
    for t in range(1, 10_000):
        series[t] = 0.9 * series[t - 1] + steps[t]
    # The variance of its mean is (1 + .9) / (1 - .9) times that of its values, over n.
    true = series.std() / 100 * np.sqrt(19)
    assert block_standard_error(series)[0] == pytest.approx(true, rel=0.25)


# States -----------------------------------------------------------------------------------------


def test_states_are_ranked_by_variance(tiny_network, vocabulary, cell):
    reading = read(tiny_network(cell, hidden_size=9, num_layers=2), vocabulary)
    found = States.of(reading, Options(rows=4))
    assert [shown.layer for shown in found.maps] == [0, 1]
    for shown in found.maps:
        s = reading.series("a")[:, shown.layer].astype(float)
        variances = [sum((v - s[:, j].mean()) ** 2 for v in s[:, j]) for j in range(9)]
        order = sorted(range(9), key=lambda j: -variances[j])
        assert [index for _, index in shown.units] == order[:4]
        assert {layer for layer, _ in shown.units} == {shown.layer}
        assert shown.share == pytest.approx(sum(sorted(variances)[5:]) / sum(variances))
        np.testing.assert_array_equal(
            shown.values, reading.series("a")[:, shown.layer, order[:4]].T
        )
        assert shown.others == 5
        rest = [math.sqrt(sum(s[t, j] ** 2 for j in order[4:]) / 5) for t in range(len(TEXT))]
        assert shown.others_rms == pytest.approx(rest)
        before = np.zeros(9)
        for t in range(len(TEXT)):
            step = math.sqrt(sum((s[t] - before) ** 2) / 9)
            assert shown.change_rms[t] == pytest.approx(step)
            before = s[t]


def test_states_ranked_by_change(tiny_network, vocabulary):
    reading = read(tiny_network("gru", hidden_size=9), vocabulary)
    a = reading.series("a")[:, 0].astype(float)
    moves = np.abs(np.diff(a, axis=0, prepend=np.zeros((1, 9)))).mean(axis=0)
    shown = States.of(reading, Options(by="change")).maps[0]
    assert [index for _, index in shown.units] == np.argsort(-moves).tolist()
    assert shown.others == 0
    assert not shown.others_rms.any()
    assert shown.share == pytest.approx(1)


def test_units_that_are_requested_keep_their_order(tiny_network, vocabulary):
    reading = read(tiny_network("lstm", num_layers=2), vocabulary)
    found = States.of(reading, Options(units=parse_units("1:3,0:2, 1:0"), kind="f"))
    assert [shown.units for shown in found.maps] == [((0, 2),), ((1, 3), (1, 0))]
    assert found.by is None
    np.testing.assert_array_equal(found.maps[1].values[0], reading.gates["f"][:, 1, 3])
    assert found.maps[0].change_rms[0] == 0  # a gate has no value before the first character
    only = States.of(reading, Options(layer=1))
    assert [shown.layer for shown in only.maps] == [1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layer": 2}, "layer: 2 is not there; this network has layers 0 to 1"),
        ({"layer": -1}, "layer: -1 is not there"),
        ({"units": ((0, 4),)}, "units: 0:4 is not there; .* layers 0 to 1, each of units 0 to 3"),
        ({"units": ((2, 0),)}, "units: 2:0 is not there"),
        ({"units": ((0, 1),), "layer": 1}, "units: 0:1 is not in layer 1"),
        ({"kind": "z"}, "kind: 'z' is none of the lstm's a c i f o g"),
    ],
)
def test_what_is_not_there_is_reported(tiny_network, vocabulary, options, said):
    reading = read(tiny_network("lstm", num_layers=2), vocabulary)
    with pytest.raises(ConfigError, match=said):
        States.of(reading, Options(**options))


@pytest.mark.parametrize("written", ["", "x", "0:", "0:1,", "a:b", "0:1;0:2", "-1:0", "0:٣"])
def test_a_list_of_units_that_is_none(written):
    with pytest.raises(ConfigError, match="layer:index"):
        parse_units(written)


@pytest.mark.parametrize("options", [{"top": 0}, {"rows": 0}, {"limit": 0}, {"by": "beauty"}])
def test_options_out_of_range(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        Options(**options)


def test_a_state_that_never_varies(vocabulary):
    reading = read(Network(NetworkConfig(7, "rnn", 4)), vocabulary)
    found = States.of(reading)
    assert math.isnan(found.maps[0].share)
    assert found.data()["layers"][0]["variance_share"] is None


@pytest.mark.parametrize("kind", ["a", "c", "f"])
def test_one_step_of_all_units(tiny_network, vocabulary, kind):
    reading = read(tiny_network("lstm", hidden_size=9, num_layers=2), vocabulary)
    series = reading.series(kind)
    for at, t in (("3", 3), ("0", 0), ("last", len(TEXT) - 1)):
        found = States.of(reading, Options(at=at, kind=kind, rows=4))
        assert found.at == t
        assert [moment.layer for moment in found.moments] == [0, 1]
        for moment in found.moments:
            now = series[t, moment.layer].tolist()
            was = series[t - 1, moment.layer].tolist() if t else now if kind == "f" else [0.0] * 9
            assert moment.values.tolist() == now
            assert moment.before.tolist() == was
            moved = [abs(one - other) for one, other in zip(now, was, strict=True)]
            assert moment.change.tolist() == [b - a for a, b in zip(was, now, strict=True)]
            order = sorted(range(9), key=lambda j: -moved[j])
            assert moment.named == tuple((moment.layer, j) for j in order[:4])
        heading, *rows = found.rows()
        assert heading == ["unit", "before", "value", "change"]
        assert [row[0] for row in rows] == [f"{n}:{j}" for n in (0, 1) for j in range(9)]
        assert [row[2] for row in rows] == series[t].ravel().tolist()
        assert found.arrays()["at"] == t


def test_the_units_requested_are_named_at_a_step(tiny_network, vocabulary):
    reading = read(tiny_network("gru", num_layers=2), vocabulary)
    found = States.of(reading, Options(at="worst", units=((1, 3), (1, 0))))
    [moment] = found.moments
    assert moment.named == ((1, 3), (1, 0))
    assert len(moment.values) == 4
    assert not States.of(reading).moments
    with pytest.raises(ConfigError, match="at: 75 is not there"):
        States.of(reading, Options(at="75"))


# Gates ------------------------------------------------------------------------------------------


def test_gates_are_counted_one_by_one(tiny_network, vocabulary, cell):
    network = tiny_network(cell, num_layers=2)
    network.params.flat[:] *= 4
    reading = read(network, vocabulary, TEXT * 8)
    assert len(reading) > 2 * STEPS
    found = Gates.of(reading)
    names = [gate.name for gate in found.gates if gate.layer == 1]
    assert names == {"rnn": ["a"], "lstm": [*"ifoga"], "gru": [*"runa"]}[cell]
    for gate in found.gates:
        signed = gate.name in "nga"
        low, high = (-0.9, 0.9) if signed else (0.1, 0.9)
        values = reading.series(gate.name)[:, gate.layer].astype(float)
        for j in range(4):
            column = values[:, j].tolist()
            assert gate.low[j] == pytest.approx(sum(v < low for v in column) / len(column))
            assert gate.high[j] == pytest.approx(sum(v > high for v in column) / len(column))
            assert gate.mean[j] == pytest.approx(sum(column) / len(column))
            assert gate.sd[j] == pytest.approx(np.std(column), abs=1e-7)
        least, most = gate.span
        bins = Counter(
            min(int(BINS * (v - least) / (most - least)), BINS - 1) for v in values.ravel().tolist()
        )
        assert gate.histogram.tolist() == [bins[n] for n in range(BINS)]
        over = np.sqrt((values**2).mean(1)) if signed else values.mean(1)
        assert gate.over_text == pytest.approx(over, rel=1e-5)
        for k, mean in zip(found.characters, gate.by_character, strict=True):
            after = [v for v, read in zip(over, reading.ids, strict=True) if read == k]
            assert mean == pytest.approx(sum(after) / len(after))
        for j in range(4):
            column = values[:, j].tolist()
            slopes = [1 - v * v if signed else v * (1 - v) for v in column]
            made_of_gates = gate.name == "a" and cell != "rnn"
            expected = math.nan if made_of_gates else sum(slopes) / len(slopes)
            assert gate.slope[j] == pytest.approx(expected, rel=1e-5, nan_ok=True)
        assert gate.open == sum(share > 0.9 for share in gate.high.tolist())
        assert gate.shut == sum(share > 0.9 for share in gate.low.tolist())
        means = {k: over[found.ids == k].mean() for k in range(7)}
        assert gate.high_on == tuple(sorted(means, key=means.get, reverse=True)[:3])
        assert gate.low_on == tuple(sorted(means, key=means.get)[:3])
    assert [memory.gate for memory in found.memories] == {
        "rnn": [], "lstm": ["f", "f"], "gru": ["u", "u"]
    }[cell]  # fmt: skip
    for memory in found.memories:
        values = reading.gates[memory.gate][:, memory.layer].astype(float)
        kept = np.prod(values ** (1 / len(values)), axis=0)  # the geometric mean
        assert memory.tau == pytest.approx(-1 / np.log(kept), rel=1e-4)


def with_gate(reading, name, values):
    """Return a reading whose gate has these values, (T, H), in its only layer."""
    gates = {**reading.gates, name: values.astype(np.float32)[:, None]}
    return Reading(
        reading.network, reading.vocabulary, reading.ids, reading.log_y_hat, reading.states, gates
    )


def test_stuck_units_integrators_and_endless_memory(tiny_network, vocabulary):
    reading = read(tiny_network("lstm"), vocabulary)
    f = np.full((len(TEXT), 4), 0.5)
    f[:, 0], f[:, 1], f[:, 2] = 1, 0, 0.95
    f[:4, 2] = 0.5  # 71 of 75: an integrator, but not stuck
    found = Gates.of(with_gate(reading, "f", f))
    [gate] = [gate for gate in found.gates if gate.name == "f"]
    [memory] = found.memories
    assert gate.stuck.tolist() == [True, True, False, False]
    assert (gate.open, gate.shut) == (2, 1)
    assert memory.integrators.tolist() == [True, False, True, False]
    assert memory.forgetful.tolist() == [False, True, False, False]
    assert memory.tau[0] == np.inf
    assert 0 < memory.tau[1] < 0.02
    assert memory.tau[3] == pytest.approx(1 / math.log(2), rel=1e-6)
    table = list(found.rows())
    assert [row[-1] for row in table if row[2] == "f"] == [
        "stuck integrator", "stuck forgetful", "integrator", ""
    ]  # fmt: skip
    tau = table[0].index("tau")
    assert next(row[tau] for row in table if row[2] == "f") is None


def test_units_that_never_move(vocabulary):
    found = Gates.of(read(Network(NetworkConfig(7, "gru", 3)), vocabulary))
    assert found.still(0) == [0, 1, 2]
    assert [row[-1] for row in found.rows() if row[2] == "a"] == ["still"] * 3


def test_rare_characters_are_not_said_to_move_a_gate(tiny_network, vocabulary):
    found = Gates.of(read(tiny_network("gru"), vocabulary, "abcdeé"))
    assert {gate.high_on for gate in found.gates} == {()}
    assert found.counts.tolist() == [1] * 6
    assert found.gates[0].by_character == pytest.approx(found.gates[0].over_text)


# Summary ----------------------------------------------------------------------------------------


def test_a_summary_adds_up(make_checkpoint, cell):
    checkpoint = make_checkpoint(cell=cell, num_layers=2)
    found = Summary.of(checkpoint)
    assert [tensor.name for tensor in found.tensors] == list(checkpoint.network.params)
    assert found.parameters == checkpoint.network.params.flat.size
    for tensor in found.tensors:
        values = checkpoint.network.params[tensor.name].ravel().tolist()
        assert tensor.parameters == len(values) == tensor.histogram.sum()
        assert tensor.norm == pytest.approx(math.sqrt(sum(v * v for v in values)))
        assert (tensor.least, tensor.largest) == (min(values), max(values))
    assert found.val_bits == pytest.approx(1.25 / math.log(2))
