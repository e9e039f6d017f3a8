"""The network as a whole: how it reads, what it begins with, what dropout does."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward, read_windows
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.option_fields import described

LARGEST = {name: said.range.most for name, said in described(NetworkConfig).items() if said.range}

V = 7
PRECISION = {np.float64: 1e-12, np.float32: 1e-5}


def ids(*shape, seed=4):
    return np.random.default_rng(seed).integers(V, size=shape)


def read(network, x):
    """The log-probabilities and the last state after reading x, (T, B), from a(0) = 0."""
    trace = Trace(network, *x.shape)
    forward(network, x, trace)
    return trace.log_y_hat, trace.state


@pytest.fixture(params=[(1, 0), (2, 0), (2, 3)], ids=["1", "2", "2-embedding"])
def stack(request):
    num_layers, embedding_size = request.param
    return {"num_layers": num_layers, "embedding_size": embedding_size}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_character_at_a_time_is_the_whole_window(tiny_network, cell, stack, dtype):
    network, x = tiny_network(cell, dtype=dtype, **stack), ids(40, 2)
    whole, last = read(network, x)
    one = Trace(network, 1, 2)
    for t in range(len(x)):
        forward(network, x[t : t + 1], one)
        np.testing.assert_allclose(one.log_y_hat[0], whole[t], rtol=0, atol=PRECISION[dtype])
        one.carry()
    np.testing.assert_allclose(one.state, last, rtol=0, atol=PRECISION[dtype])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("T", [1, 2, 5, 13, 26, 27, 40])
def test_pieces_of_any_length_are_the_whole(tiny_network, cell, dtype, T):
    network, x = tiny_network(cell, dtype=dtype, num_layers=2), ids(26)
    whole, last = read(network, x[:, None])
    trace, at = Trace(network, T, 1), 0
    for count, piece in read_windows(network, x, trace):
        expected = whole[at : at + count]
        assert piece.log_y_hat.shape == expected.shape
        np.testing.assert_allclose(piece.log_y_hat, expected, rtol=0, atol=PRECISION[dtype])
        at += count
    assert at == len(x)
    np.testing.assert_allclose(trace.first_state, last, rtol=0, atol=PRECISION[dtype])


def test_reading_continues_from_the_state_that_is_given(tiny_network, cell):
    network, x = tiny_network(cell, dtype=np.float64), ids(30)
    whole, _ = read(network, x[:, None])
    trace = Trace(network, 4, 1)
    for part in (x[:11], x[11:12], x[12:]):
        last = [(T, piece.log_y_hat.copy()) for T, piece in read_windows(network, part, trace)][-1]
    np.testing.assert_allclose(last[1], whole[-last[0] :], rtol=0, atol=1e-12)


def test_reading_nothing_yields_nothing_and_keeps_the_state(tiny_network):
    network = tiny_network()
    trace = Trace(network, 3, 1)
    trace.first_state[:] = 0.5
    assert list(read_windows(network, ids(0), trace)) == []
    assert np.all(trace.first_state == 0.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sequence_does_not_see_its_neighbours(tiny_network, cell, stack, dtype):
    network, x = tiny_network(cell, dtype=dtype, **stack), ids(20, 6)
    together, state = read(network, x)
    for b in range(6):
        alone, its_state = read(network, x[:, b : b + 1])
        np.testing.assert_allclose(together[:, b], alone[:, 0], rtol=0, atol=PRECISION[dtype])
        np.testing.assert_allclose(
            state[:, :, b], its_state[:, :, 0], rtol=0, atol=PRECISION[dtype]
        )
    # Other neighbours in a batch of the same size: not a bit is different.
    others = x.copy()
    others[:, 1:] = ids(20, 5, seed=9)
    assert read(network, others)[0][:, 0].tobytes() == together[:, 0].tobytes()


def test_reset_carry_and_where_a_window_begins(tiny_network, cell):
    network, x = tiny_network(cell), ids(5, 2)
    trace = Trace(network, 5, 2)
    forward(network, x, trace)
    first, state = trace.log_y_hat.copy(), trace.state.copy()
    trace.carry()
    np.testing.assert_array_equal(trace.first_state, state)
    forward(network, x, trace)
    assert not np.array_equal(trace.log_y_hat, first)
    np.testing.assert_array_equal(trace.first_state, state)  # reading leaves it alone
    trace.reset()
    forward(network, x, trace)
    assert trace.log_y_hat.tobytes() == first.tobytes()
    np.testing.assert_array_equal(trace.a(0)[1:], trace.upward(0))


@pytest.mark.parametrize("vocabulary_size", [1, 2, 65, 300])
def test_an_untrained_network_knows_nothing(cell, vocabulary_size):
    config = NetworkConfig(vocabulary_size, cell, 64, num_layers=2)
    network = Network(config, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    trace = Trace(network, 20, 8)
    x, y = rng.integers(vocabulary_size, size=(2, 20, 8))
    forward(network, x, trace)
    np.testing.assert_allclose(np.exp(trace.log_y_hat).sum(axis=-1), 1, atol=1e-5)
    assert trace.loss(y) == pytest.approx(math.log(vocabulary_size), abs=0.1)


def test_the_loss_is_the_mean_of_what_was_not_expected(tiny_network):
    network, x, y = tiny_network(), ids(5, 3), ids(5, 3, seed=8)
    trace = Trace(network, 5, 3)
    forward(network, x, trace)
    nats = [-float(trace.log_y_hat[t, b, y[t, b]]) for t in range(5) for b in range(3)]
    for kind in (np.uint8, np.uint16, np.int64):
        assert trace.loss(y.astype(kind)) == pytest.approx(math.fsum(nats) / 15, rel=1e-12)


def test_float64_all_the_way(tiny_network, cell):
    network = tiny_network(cell, dtype=np.float64, num_layers=2, embedding_size=3)
    trace = Trace(network, 4, 2, dropout=0.3)
    forward(network, ids(4, 2), trace)
    arrays = [trace.e, trace.zx, trace.kept, trace.states, trace.masks, trace.up, trace.log_y_hat]
    assert {array.dtype for array in arrays} == {np.dtype(np.float64)}


def test_beginning_recurrent_weights_have_orthonormal_rows(cell):
    network = Network(
        NetworkConfig(V, cell, 24, num_layers=2), np.random.default_rng(3), np.float64
    )
    for layer in range(2):
        W_aa = network.params[f"W_aa_{layer}"]
        np.testing.assert_allclose(W_aa @ W_aa.T, np.eye(24), atol=1e-12)


def test_beginning_weights_and_biases(cell):
    H = 50
    network = Network(
        NetworkConfig(V, cell, H, num_layers=2, embedding_size=9), np.random.default_rng(3)
    )
    for name, array in network.params.items():
        if name.startswith(("W_ax", "W_ya")):
            largest = 2 * 9**-0.5 if name == "W_ax_0" else H**-0.5
            assert 0.9 * largest < np.abs(array).max() <= largest, name
            assert abs(array.mean()) < 0.1 * largest, name
        elif name == "W_ex":
            assert 0.5 < array.std() < 1.5
        elif name.startswith("b"):
            expected = np.zeros_like(array)
            if cell == "lstm" and name.startswith("b_a"):
                expected[H : 2 * H] = 1  # i, f, o, g: the forget gate begins open
            np.testing.assert_array_equal(array, expected, err_msg=name)


def test_one_hot_input_is_heard_from_the_beginning(cell):
    network = Network(NetworkConfig(V, cell, 50), np.random.default_rng(3))
    W_ax = network.params["W_ax_0"]
    assert 1.8 < np.abs(W_ax).max() <= 2


def test_the_same_seed_makes_the_same_bytes(cell):
    config = NetworkConfig(V, cell, 8, embedding_size=3)
    first, same, other = (Network(config, np.random.default_rng(s)).params.flat for s in (1, 1, 2))
    assert first.tobytes() == same.tobytes()
    assert first.tobytes() != other.tobytes()


def test_without_a_generator_the_parameters_are_zero_or_what_is_given(cell):
    config = NetworkConfig(V, cell, 8)
    network = Network(config)
    assert not network.params.flat.any()
    flat = np.arange(network.params.flat.size, dtype=np.float32)
    assert Network(config, flat=flat).params.flat is flat


@pytest.mark.parametrize("dropout", [0.1, 0.3, 0.95])
def test_masks_drop_their_share_and_scale_the_rest(tiny_network, dropout):
    trace = Trace(tiny_network(num_layers=2), 200, 50, dropout)
    trace.draw_masks(np.random.default_rng(0))
    scale = float(trace.masks.max())
    assert scale == pytest.approx(1 / (1 - dropout), rel=1e-3)
    assert set(np.unique(trace.masks)) == {0, scale}
    n = trace.masks.size
    deviation = math.sqrt(dropout * (1 - dropout) / n)
    assert abs(np.mean(trace.masks == 0) - dropout) < 5 * deviation
    assert float(trace.masks.mean(dtype=float)) == pytest.approx(1, abs=5 * deviation * scale)


def test_masks_are_drawn_anew_and_from_the_generator_alone(tiny_network):
    trace = Trace(tiny_network(), 5, 4, 0.5)
    drawn = []
    for rng in (np.random.default_rng(0), np.random.default_rng(0)):
        for _ in range(2):
            trace.draw_masks(rng)
            drawn.append(trace.masks.tobytes())
    assert drawn[0] != drawn[1]
    assert drawn[:2] == drawn[2:]


def test_dropped_values_reach_the_next_step_but_not_the_layer_above(tiny_network, cell):
    network = tiny_network(cell, num_layers=2)
    trace = Trace(network, 6, 3, 0.5)
    trace.draw_masks(np.random.default_rng(0))
    forward(network, ids(6, 3), trace)
    for layer in range(2):
        expected = trace.a(layer)[1:] * trace.masks[layer]
        np.testing.assert_array_equal(trace.upward(layer), expected)
    plain, _ = read(network, ids(6, 3))
    undropped = Trace(network, 6, 3)
    forward(network, ids(6, 3), undropped)
    np.testing.assert_array_equal(trace.a(0), undropped.a(0))  # the lowest layer reads characters
    assert not np.array_equal(trace.log_y_hat, plain)


def test_without_dropout_there_are_no_masks_and_nothing_is_drawn(tiny_network):
    trace, rng = Trace(tiny_network(), 5, 4), np.random.default_rng(0)
    before = rng.bit_generator.state
    trace.draw_masks(rng)
    assert trace.masks is None
    assert rng.bit_generator.state == before


def test_both_ways_to_look_up_characters_agree(tiny_network, cell):
    """A window shorter than the vocabulary adds the bias after the look-up, not before."""
    network = tiny_network(cell, 50, dtype=np.float64)
    x = np.random.default_rng(0).integers(50, size=(60, 1))
    whole, _ = read(network, x)
    short, _ = read(network, x[:10])
    np.testing.assert_allclose(short, whole[:10], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("cell", "LSTM", "'LSTM'"),
        ("cell", ["lstm"], "lstm"),
        ("cell", None, "None"),
        ("hidden_size", 0, "0"),
        ("hidden_size", -3, "-3"),
        ("hidden_size", 2.0, "2.0"),
        ("hidden_size", True, "True"),
        ("hidden_size", "8", "'8'"),
        ("hidden_size", 10**400, "65536"),
        ("num_layers", 33, "33"),
        ("num_layers", None, "None"),
        ("vocabulary_size", 0, "0"),
        ("vocabulary_size", 0x110001, "1114113"),
        ("vocabulary_size", float("nan"), "nan"),
        ("embedding_size", -1, "-1"),
    ],
)
def test_a_network_that_cannot_be_is_refused_in_words(field, value, found):
    with pytest.raises(ConfigError) as refusal:
        NetworkConfig(**{"vocabulary_size": 7} | {field: value})
    message = str(refusal.value)
    assert message.startswith(f"{field}: ")
    assert found in message
    assert "\n" not in message


@given(
    cell=st.sampled_from(list(CELLS)),
    vocabulary_size=st.integers(1, LARGEST["vocabulary_size"]),
    hidden_size=st.integers(1, LARGEST["hidden_size"]),
    num_layers=st.integers(1, LARGEST["num_layers"]),
    embedding_size=st.integers(0, LARGEST["embedding_size"]),
)
@settings(deadline=None, max_examples=50)
def test_a_network_within_the_bounds_is_accepted(**fields):
    NetworkConfig(**fields)
