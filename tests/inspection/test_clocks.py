"""One clock: in all views and formats a row t is of what was known when x(t) had been read."""

import json

import numpy as np
import pytest

from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import VIEWS
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.text.vocabulary import Vocabulary

T = 300


@pytest.fixture(scope="module")
def reading():
    rng = np.random.default_rng(3)
    vocabulary = Vocabulary.of("\n abcdé.")
    network = Network(NetworkConfig(len(vocabulary), "lstm", 6, num_layers=2), rng)
    network.params.flat[:] = rng.normal(0, 0.6, network.params.flat.shape)
    return Reading.of(network, vocabulary, rng.integers(len(vocabulary), size=T))


def bits_after(reading, t):
    """Return the surprise of character t+1, by the equation."""
    return -float(reading.log_y_hat[t, reading.ids[t + 1]]) / np.log(2)


def objects(data):
    """Yield every object of a JSON document."""
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from objects(item)


def rows_of(result):
    heading, *rows = result.rows()
    return [dict(zip(heading, row, strict=True)) for row in rows]


def agrees(reading, it):
    """Check a record that has a place; return whether it had something to check."""
    if not (isinstance(it.get("t"), int) and 0 <= it["t"] < T - 1):
        return False
    t, checked = it["t"], False
    vocabulary, ids = reading.vocabulary, reading.ids
    for key, k in (("read", ids[t]), ("next", ids[t + 1])):
        if isinstance(it.get(key), str):
            assert it[key] == vocabulary[k], (key, it)
            checked = True
    for key in ("bits", "bits_0"):
        if isinstance(it.get(key), float):
            assert it[key] == pytest.approx(bits_after(reading, t), abs=1e-4), it
            checked = True
    return checked


SERIES = {"overview", "probs", "dump", "errors", "diff"}
"""Views that have the bits of all characters in an array."""


@pytest.mark.parametrize("name", [name for name in VIEWS if VIEWS[name].reads_text])
def test_every_view_and_format_has_one_clock(reading, name):
    view, checked = VIEWS[name], 0
    options = Options(lags=16, targets=40).resolved(reading.network.config)
    result = view.compute((reading,) * view.models[0] if view.compares else reading, options)
    for it in (*objects(json.loads(json.dumps(result.data()))), *rows_of(result)):
        checked += agrees(reading, it)
    arrays = result.arrays()
    truth = np.array([bits_after(reading, t) for t in range(T - 1)])
    if name in SERIES:
        bits = np.atleast_2d(arrays["bits"])[0]
        np.testing.assert_allclose(bits[: T - 1], truth, rtol=0, atol=1e-4)
        assert len(bits) == T - 1 or np.isnan(bits[T - 1 :]).all()
    if name == "context":
        np.testing.assert_allclose(arrays["full_bits"], truth[arrays["targets"]], rtol=0, atol=1e-4)
    if name == "ablate":
        assert arrays["places"].max() < T - 1
    if name in {"probs", "dump", "errors", "diff", "step"}:
        assert checked
