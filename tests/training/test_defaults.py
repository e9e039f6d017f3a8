"""The settings of a run where options are not given: its shape, size, budget and split."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import ConfigError, TextError
from charrnn.network.config import NetworkConfig
from charrnn.text.batches import Streams
from charrnn.text.corpus import from_text
from charrnn.training import defaults
from charrnn.training.defaults import (
    LARGEST_VALIDATION,
    LEAST_READ,
    default_embedding_size,
    default_steps,
    resolve,
    split,
    val_sample,
)
from charrnn.training.options import TrainOptions
from charrnn.training.plan import (
    count_parameters,
)
from charrnn.training.recipe import (
    HIDDEN_SIZES,
    PARAMETERS,
    PASSES,
    RECIPES,
    recipe_for,
    recipe_in_time,
)
from charrnn.training.text_run import TextRun

characters = st.integers(2, 300) | st.floats(3, 8).map(lambda e: int(10**e))
cells = st.sampled_from(["rnn", "lstm", "gru"])


def can_run(n, training):
    """A text of n characters holds a window of the training text beside the validation text."""
    kept = split(n, training.val_split, training.seq_length)
    assert kept == 0 or kept >= 2 * training.seq_length
    # An array of this length that takes no memory.
    train = np.broadcast_to(np.uint8(0), n - kept)
    assert (n - kept - 1) // (training.batch_size * training.seq_length) >= 1
    if n < 10_000:
        assert len(Streams(train, training.batch_size, training.seq_length)) >= 1


@given(n=characters, V=st.integers(2, 65_536))
@settings(deadline=None, max_examples=200)
def test_the_defaults_fit_every_text(n, V):
    network, training, notes = resolve(TrainOptions(), n, V)
    assert (network.vocabulary_size, network.cell) == (V, "lstm")
    assert training.max_steps >= 1
    can_run(n, training)
    for note in notes:
        assert "\n" not in note
    if n >= 100_000:
        assert not notes
        assert (training.batch_size, training.seq_length) == (recipe_for(n).batch_size, 64)


@given(
    n=characters,
    cell=cells,
    hidden_size=st.none() | st.integers(1, 1000),
    batch_size=st.none() | st.integers(1, 1000),
    seq_length=st.integers(1, 1000),
    val_split=st.floats(0, 0.9),
    max_steps=st.none() | st.integers(1, 1000),
)
@settings(deadline=None, max_examples=300)
def test_any_choice_fits_the_text_or_is_refused(n, **chosen):
    try:
        network, training, notes = resolve(TrainOptions(**chosen), n, 10)
    except TextError:
        assert n - split(n, chosen["val_split"], chosen["seq_length"]) < 2
        return
    can_run(n, training)
    assert network.hidden_size == chosen["hidden_size"] or chosen["hidden_size"] is None
    assert training.batch_size <= (chosen["batch_size"] or 32)
    assert training.seq_length <= chosen["seq_length"]
    shrunk = (chosen["batch_size"] not in (None, training.batch_size)) or (
        training.seq_length != chosen["seq_length"]
    )
    assert not shrunk or any("the text is short" in note for note in notes)
    # The note on validation is correct.
    none_kept = any("validation" in note for note in notes)
    assert none_kept == bool(
        chosen["val_split"] and not split(n, training.val_split, training.seq_length)
    )


@pytest.mark.parametrize("n", [2, 3, 9, 40, 100, 129, 500, 641, 1279, 1281])
@pytest.mark.parametrize("val_split", [0.0, 0.1, 0.5, 0.9])
def test_a_text_of_any_length_can_be_trained_on(n, val_split):
    text = ("ab" * n)[:n]
    run = TextRun.begin(
        from_text(text), TrainOptions(hidden_size=2, max_steps=2, val_split=val_split)
    )
    assert run.vocabulary.decode(np.concatenate([run.train, run.validation])) == text
    assert len(list(run.trainer.run())) == 2
    run.conclude("its budget")
    record = run.checkpoint().training
    assert record.train_characters + record.val_characters == n
    noted = any("validation" in note for note in run.notes)
    assert noted == bool(val_split and not record.val_characters)


def test_invalid_choices_are_refused():
    for chosen in ({"hidden_size": 0}, {"cell": "cnn"}, {"max_time": -1}, {"dropout": 1.5}):
        with pytest.raises(ConfigError):
            resolve(TrainOptions(**chosen), 1000, 10)


def test_choices_are_kept():
    chosen = TrainOptions(
        cell="gru", hidden_size=7, num_layers=3, embedding_size=5, dropout=0.4, batch_size=9,
        seq_length=20, learning_rate=0.1, weight_decay=0.2, grad_clip=3.0, epochs=2.5,
        max_time=60.0, val_split=0.2, evaluations=7, patience=3, seed=11,
        workers=2,
    )  # fmt: skip
    network, training, notes = resolve(chosen, 100_000, 50)
    assert notes == []
    assert resolve(replace(chosen, batch_size=1), 100_000, 50)[1].workers == 1
    for name, value in vars(chosen).items():
        holder = network if hasattr(network, name) else training
        assert getattr(holder, name) == value, name


def test_zero_is_a_choice_too():
    network, training, _ = resolve(TrainOptions(embedding_size=0, dropout=0.0), 20_000, 1000)
    assert network.embedding_size == 0
    assert training.dropout == 0


@pytest.mark.parametrize("n", [2, 30_000, 30_001, 400_000, 400_001, 3_000_000, 3_000_001, 10**9])
def test_larger_texts_get_larger_networks(n):
    recipe = recipe_for(n)
    assert recipe in RECIPES
    assert recipe.characters >= n
    assert all(smaller.characters < n for smaller in RECIPES[: RECIPES.index(recipe)])
    assert default_embedding_size(256) == 0 < default_embedding_size(257)


@given(n=st.integers(1, 10**9), window=st.integers(1, 64 * 256))
@settings(deadline=None, max_examples=100)
def test_the_default_budget_reads_the_text_as_often_as_its_recipe_says(n, window):
    recipe = recipe_for(n)
    steps = default_steps(recipe, n, window)
    assert recipe.passes >= 1
    assert steps == max(1, int(max(recipe.passes * n, LEAST_READ)) // window)
    assert steps * window >= min(n, LEAST_READ) - window


def parameters(hidden_size):
    return count_parameters(NetworkConfig(65, hidden_size=hidden_size))


@given(n=st.integers(100, 10**8), seconds=st.floats(0.1, 10**6), speed=st.floats(100, 10**6))
@settings(deadline=None, max_examples=200)
def test_the_size_follows_the_time(n, seconds, speed):
    def chosen(seconds):
        return recipe_in_time(n, seconds, lambda: speed, parameters)

    recipe, longer = chosen(seconds), chosen(4 * seconds)
    assert recipe.hidden_size in HIDDEN_SIZES
    assert longer.hidden_size >= recipe.hidden_size
    smallest = HIDDEN_SIZES[0]
    assert parameters(recipe.hidden_size) <= max(PARAMETERS * n, parameters(smallest))
    # It reads the text often enough, at the speed that was measured of another size.
    reference = parameters(recipe_for(n).hidden_size)
    passes = speed * seconds / n * reference / parameters(recipe.hidden_size)
    assert recipe.hidden_size == smallest or passes > PASSES / 2
    assert str(recipe.hidden_size) in recipe.why


def test_more_passes_drop_more():
    drops = [recipe_in_time(10**6, 60 * 2**k, lambda: 5e4, parameters).dropout for k in range(12)]
    assert drops[0] < drops[-1] == 0.5


def test_a_chosen_size_is_kept_whatever_the_time(monkeypatch):
    monkeypatch.setattr(defaults, "measure_speed", lambda *_: 1e9)
    kept, _, notes = resolve(TrainOptions(hidden_size=7, max_time=60.0), 10**6, 65)
    assert (kept.hidden_size, notes) == (7, [])
    free, training, [why] = resolve(TrainOptions(max_time=60.0), 10**6, 65)
    assert free.hidden_size == 1024
    assert training.dropout == 0.5
    assert "too short to teach more" in why
    steps, _, notes = resolve(TrainOptions(max_time=60.0, max_steps=5), 10**6, 65)
    assert (steps.hidden_size, notes) == (384, [])


@given(n=st.integers(0, 10**8), share=st.floats(0, 0.95), seq_length=st.integers(1, 1000))
@settings(deadline=None, max_examples=100)
def test_the_split(n, share, seq_length):
    kept = split(n, share, seq_length)
    assert kept in (0, int(n * share), LARGEST_VALIDATION)
    assert kept <= min(n * share, LARGEST_VALIDATION)
    assert kept == 0 or kept >= 2 * seq_length


def test_a_short_run_scores_less_of_the_validation_text():
    found = [val_sample(seconds) for seconds in (0.1, 10.0, 60.0, 200.0, 3600.0, None)]
    assert found == [1_000, 1_000, 6_000, 20_000, 20_000, 20_000]
    assert resolve(TrainOptions(hidden_size=4, max_time=60.0), 10**5, 50)[1].val_sample == 6_000


def test_more_workers_than_sequences_are_as_many_as_sequences():
    for workers, batch_size, used in ((9, 4, 4), (2, 4, 2), (10**6, 1000, 256)):
        options = TrainOptions(hidden_size=4, workers=workers, batch_size=batch_size, seq_length=4)
        assert resolve(options, 10**6, 50)[1].workers == used
