"""A reading: every number of it, against the equations written out."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.errors import CharRNNError, ConfigError, TextError
from charrnn.inspection import reading as reading_module
from charrnn.inspection.reading import Reading, bytes_per_character

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def read(network, vocabulary, text=TEXT, **options):
    return Reading.of(network, vocabulary, vocabulary.encode(text), **options)


@pytest.mark.parametrize("embedding_size", [0, 3])
def test_a_reading_is_the_equations(cell, tiny_network, vocabulary, embedding_size, naive):
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
