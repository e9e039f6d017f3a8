"""Hidden states: which are shown, and how they are ranked."""

import math

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.inspection.options import Options, parse_units
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.state.result import States
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def read(network, vocabulary, text=TEXT, **options):
    return Reading.of(network, vocabulary, vocabulary.encode(text), **options)


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
