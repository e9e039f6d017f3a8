"""Training: that it learns, when it ends, and what it does when the numbers go wrong."""

import json
import math
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

from charrnn.errors import ConfigError, TrainingError
from charrnn.evaluation.score import Score, ValidationLoss
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.text import batches as streams
from charrnn.text.corpus import from_text
from charrnn.training import learner as learning
from charrnn.training import trainer as module
from charrnn.training.batches import TextBatches
from charrnn.training.config import TrainingConfig
from charrnn.training.optimizer import learning_rate
from charrnn.training.trainer import Trainer

V = 5


def ids(n, seed=0):
    """A text in which every character follows from the one before, most of the time."""
    rng = np.random.default_rng(seed)
    found = rng.integers(V, size=n, dtype=np.uint8)
    for k in range(1, n):
        if rng.random() < 0.8:
            found[k] = (found[k - 1] + 1) % V
    return found


def make(cell="lstm", train=None, validation=None, hidden_size=6, **chosen):
    """A small trainer: 15 windows an epoch if nothing else is chosen."""
    config = TrainingConfig(
        **{"batch_size": 4, "seq_length": 5, "learning_rate": 1e-2, "patience": 0, "max_steps": 40}
        | chosen
    )
    network = Network(NetworkConfig(V, cell, hidden_size), np.random.default_rng(config.seed))
    train = ids(305) if train is None else train
    validation = ids(60, seed=1) if validation is None else validation
    return Trainer(network, TextBatches(train, validation, V, config), config)


@pytest.fixture
def clock(monkeypatch):
    """A clock by which a step takes two seconds, and nothing else any time."""
    now, backward = SimpleNamespace(seconds=0.0, step=2.0), learning.backward

    def timed(*arguments):
        now.seconds += now.step
        return backward(*arguments)

    monkeypatch.setattr(learning, "backward", timed)
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: now.seconds))
    return now


def test_it_learns_a_predictable_text(cell):
    text = np.tile(np.array([0, 1], np.uint8), 300)
    trainer = make(cell, text[:500], text[500:], hidden_size=8, max_steps=200, learning_rate=3e-2)
    losses = [progress.loss for progress in trainer.run()]
    trainer.finish()
    assert losses[0] == pytest.approx(math.log(V), abs=0.5)
    assert trainer.now.best < 0.02
    assert ValidationLoss(text[500:], V)(trainer.network).mean == trainer.now.best


def test_the_progress_of_each_step():
    trainer = make(evaluations=4, warmup=0.2)
    said = list(trainer.run())
    assert [progress.step for progress in said] == list(range(1, 41))
    assert [progress.characters for progress in said] == [20 * k for k in range(1, 41)]
    assert [progress.fraction for progress in said] == [k / 40 for k in range(1, 41)]
    assert [progress.step for progress in said if progress.evaluation] == [10, 20, 30, 40]
    assert [progress.learning_rate for progress in said] == [
        learning_rate(1e-2, k / 40, 0.2, trainer.config.final_rate) for k in range(40)
    ]
    epochs = [progress.epoch for progress in said]
    assert epochs == sorted(epochs)
    assert epochs[14] == 1
    assert 2 < epochs[-1] < 3
    assert all(math.isfinite(progress.grad_norm) and not progress.note for progress in said)
    seconds = [progress.seconds for progress in said]
    assert seconds == sorted(seconds)
    assert trainer.now.history == [
        (p.step, p.evaluation.train_loss, p.evaluation.val_loss) for p in said if p.evaluation
    ]


def test_the_smoothed_loss_and_the_mean_since_the_last_evaluation(monkeypatch):
    losses, backward = [], learning.backward

    def recorded(*arguments):
        losses.append(backward(*arguments))
        return losses[-1]

    monkeypatch.setattr(learning, "backward", recorded)
    said = list(make(evaluations=4).run())
    smoothed = losses[0]
    for n, (progress, found) in enumerate(zip(said[1:], losses[1:], strict=True), 1):
        kept = min(0.98, n / (n + 4))
        smoothed = kept * smoothed + (1 - kept) * found
        assert progress.loss == pytest.approx(smoothed, rel=1e-12)
    means = [float(np.mean(losses[k : k + 10])) for k in (0, 10, 20, 30)]
    assert [p.evaluation.train_loss for p in said if p.evaluation] == pytest.approx(means)


def test_each_window_is_read_once_an_epoch_and_the_state_is_carried(monkeypatch):
    trainer = make(max_steps=31)
    read, forward = [], learning.forward

    def recorded(network, x, trace):
        if x.shape == (5, 4):  # a window, and no evaluation
            read.append((x.copy(), trace.first_state.copy()))
        forward(network, x, trace)

    monkeypatch.setattr(learning, "forward", recorded)
    for _ in trainer.run():
        pass
    streams = ids(305)[:300].reshape(4, 75).T
    for k in range(15):
        np.testing.assert_array_equal(read[k][0], streams[5 * k : 5 * k + 5])
    begins = [k for k, (_, state) in enumerate(read) if not state.any()]
    assert begins == [0, 15, begins[-1]]  # each epoch begins from a(0) = 0, and nothing else does
    assert begins[-1] in (29, 30)  # an offset may cost an epoch its last window


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("block", [1, 70, 10**6])
def test_ids_in_a_file_are_learnt_as_those_of_an_array(monkeypatch, workers, block):
    monkeypatch.setattr(streams, "BLOCK", block)
    stored = from_text("".join("abcde"[k] for k in ids(305))).ids
    np.testing.assert_array_equal(stored, ids(305))
    flats = []
    for train in (ids(305), stored):
        trainer = make(train=train, workers=workers, max_steps=33)
        flats.append([trainer.network.params.flat.tobytes() for _ in trainer.run()])
        trainer.finish()
    assert flats[0] == flats[1]


def test_a_run_that_has_ended_keeps_no_window_and_can_still_be_saved():
    trainer = make(hidden_size=64, seq_length=50, max_steps=9, train=ids(3000))
    for _ in trainer.run():
        pass
    arrays, meta = trainer.state()
    held = {name: array.copy() for name, array in arrays.items()}
    gradient = trainer.learner.gradient.copy()
    for _ in range(2):
        trainer.finish()
        assert trainer.learner.trace.T == 1
        np.testing.assert_array_equal(trainer.learner.gradient, gradient)
        now, then = trainer.state()
        assert then == meta
        for name in held.keys() - {"params"}:  # these are now the best
            np.testing.assert_array_equal(now[name], held[name])


def test_epochs_begin_at_offsets_of_the_seed(monkeypatch):
    offsets = {}
    for seed in (0, 0, 1):
        trainer, found = make(seed=seed, max_steps=300), []
        for _ in trainer.run():
            found.append(trainer.now.offset)
        assert offsets.setdefault(seed, found) == found
        assert set(found) <= set(range(5))
        assert found[:15] == [0] * 15
        assert len(set(found)) > 2
    assert offsets[0] != offsets[1]


def test_a_short_text_is_never_offset():
    trainer = make(train=ids(41), max_steps=30)  # two windows
    for progress in trainer.run():
        assert trainer.now.offset == 0
        assert progress.epoch == progress.step / 2


def test_a_text_without_a_whole_window_is_refused():
    with pytest.raises(TrainingError, match="20"):
        make(train=ids(20))
    assert make(train=ids(21)).batches.nominal == 1


def test_dropout_differs_from_step_to_step_and_from_seed_to_seed(monkeypatch):
    drawn, draw_masks = [], Trace.draw_masks

    def recorded(trace, rng):
        draw_masks(trace, rng)
        drawn.append(trace.masks.tobytes())

    monkeypatch.setattr(Trace, "draw_masks", recorded)
    for seed in (0, 1, 0):
        list(make(dropout=0.3, seed=seed).run())
    assert len(set(drawn)) == 80
    assert drawn[:40] == drawn[80:]


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_evaluating_does_not_change_training(cell, dropout):
    flats = []
    for evaluations in (1, 7, 25):
        trainer = make(cell, evaluations=evaluations, dropout=dropout)
        for _ in trainer.run():
            pass
        flats.append(trainer.network.params.flat.tobytes())
    assert len(set(flats)) == 1


def test_the_best_parameters_are_kept_and_given_at_the_end():
    # Learning by heart: the validation text is noise, so the best is early.
    noise = np.random.default_rng(0).integers(V, size=(2, 100), dtype=np.uint8)
    trainer = make(
        train=noise[0], validation=noise[1], hidden_size=24, max_steps=120, learning_rate=3e-2
    )
    kept = {}
    for progress in trainer.run():
        if progress.evaluation:
            kept[progress.step] = trainer.network.params.flat.copy()
            assert progress.evaluation.improved == (trainer.now.best_step == progress.step)
    losses = {step: val_loss for step, _, val_loss in trainer.now.history}
    best = min(losses, key=losses.get)
    assert best == trainer.now.best_step < 120
    assert losses[best] == trainer.now.best
    trainer.finish()
    np.testing.assert_array_equal(trainer.network.params.flat, kept[best])
    assert trainer.batches.validation(trainer.network).mean == losses[best]


def test_without_validation_the_training_loss_judges():
    trainer = make(validation=ids(0))
    evaluations = [p.evaluation for p in trainer.run() if p.evaluation]
    assert all(evaluation.val_loss == evaluation.train_loss for evaluation in evaluations)
    assert trainer.now.best == min(evaluation.val_loss for evaluation in evaluations)


@pytest.mark.parametrize(
    ("budget", "steps"),
    [
        ({"max_steps": 7}, 7),
        ({"epochs": 1}, 15),
        ({"epochs": 0.5}, 8),
        ({"epochs": 2, "max_steps": 16}, 16),
        ({"epochs": 1, "max_steps": 40}, 15),
        ({"epochs": 0.001}, 1),
    ],
)
def test_the_budget_in_steps(budget, steps):
    trainer = make(**{"max_steps": None} | budget)
    assert trainer.steps == steps
    said = list(trainer.run())
    assert len(said) == steps
    assert said[-1].fraction == 1
    assert said[-1].evaluation
    assert list(trainer.run()) == []


def test_the_budget_in_time(clock):
    trainer = make(max_steps=None, max_time=20.0, evaluations=5)
    said = list(trainer.run())
    assert [progress.seconds for progress in said] == [2.0 * k for k in range(1, 11)]
    assert [progress.fraction for progress in said] == pytest.approx([k / 10 for k in range(1, 11)])
    assert [progress.step for progress in said if progress.evaluation] == [2, 4, 6, 8, 10]


def test_whichever_budget_ends_first(clock):
    assert len(list(make(max_steps=5, max_time=20.0).run())) == 5
    assert len(list(make(max_steps=50, max_time=20.0).run())) == 10


def test_a_slow_step_beyond_the_time_ends_the_run(clock):
    clock.step = 1000.0
    [only] = make(max_steps=None, max_time=20.0).run()
    assert only.fraction == 1
    assert only.evaluation


def test_time_between_the_steps_counts_and_time_before_them_does_not(clock):
    trainer = make(max_steps=None, max_time=1000.0)
    clock.seconds = 500.0
    running = trainer.run()
    assert next(running).seconds == 2.0
    clock.seconds += 100
    assert next(running).seconds == 104.0


def overfitting(loss):
    """Return the score of a network that is equally good on all windows."""
    return Score(loss, loss)


@pytest.mark.parametrize("patience", [1, 3])
def test_patience(monkeypatch, patience):
    values = iter([2.0, 1.5, 1.7, 1.4, 1.4, 1.9, 1.5, 1.3, 9, 9, 9, 9, 9, 9])
    monkeypatch.setattr(ValidationLoss, "__call__", lambda *_: overfitting(next(values)))
    trainer = make(max_steps=14, evaluations=14, patience=patience)
    improved = [progress.evaluation.improved for progress in trainer.run()]
    expected = [True, True, False, True, False, False, False, True, False, False, False]
    assert improved == (expected[:3] if patience == 1 else expected[:7])
    assert trainer.now.waited == patience
    assert trainer.now.best == (1.5 if patience == 1 else 1.4)


def test_no_patience_never_ends_a_run(monkeypatch):
    monkeypatch.setattr(ValidationLoss, "__call__", lambda *_: overfitting(2.0))
    assert len(list(make(evaluations=40, patience=0).run())) == 40


def poison(monkeypatch, steps, bad=math.nan, where="loss"):
    """Make the loss, or one entry of the gradient, a bad number at these steps."""
    count, backward = iter(range(1, 10**6)), learning.backward

    def poisoned(network, y, trace, grad, *others):
        loss, here = backward(network, y, trace, grad, *others), next(count) in steps
        if here and where == "gradient":
            grad.params.flat[3] = bad
        return bad if here and where == "loss" else loss

    monkeypatch.setattr(learning, "backward", poisoned)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_step_that_is_not_finite_is_taken_back(monkeypatch, bad, where):
    poison(monkeypatch, {23}, bad, where)
    trainer = make(evaluations=4, warmup=0.0)
    best = None
    for progress in trainer.run():
        if progress.evaluation and progress.evaluation.improved:
            best = trainer.network.params.flat.copy()
        usual = learning_rate(1e-2, (progress.step - 1) / 40, 0.0, trainer.config.final_rate)
        halved = progress.step > 23
        assert progress.learning_rate == usual / (2 if halved else 1)
        assert math.isfinite(progress.loss)
        assert bool(progress.note) == (progress.step == 23)
        if progress.step == 23:
            assert "\n" not in progress.note
            assert "step 23" in progress.note
            np.testing.assert_array_equal(trainer.network.params.flat, best)
            assert not trainer.state()[0]["state"].any()
            assert trainer.optimizer.t == 0
            assert not trainer.optimizer.m.any()
            assert not trainer.optimizer.v.any()
        arrays, _ = trainer.state()
        assert all(np.isfinite(array).all() for array in arrays.values())
    assert progress.step == 40


def test_before_the_first_evaluation_it_goes_back_to_the_beginning(monkeypatch):
    poison(monkeypatch, {3})
    trainer = make(evaluations=4)
    first = trainer.network.params.flat.copy()
    running = trainer.run()
    for _ in range(2):
        next(running)
    assert not np.array_equal(trainer.network.params.flat, first)
    assert next(running).note
    np.testing.assert_array_equal(trainer.network.params.flat, first)


def test_three_times_are_forgiven_and_the_fourth_ends_the_run(monkeypatch):
    poison(monkeypatch, {12, 14, 20, 33})
    trainer, said = make(evaluations=4), []
    with pytest.raises(TrainingError, match="33") as refusal:
        said.extend(trainer.run())  # extend keeps what came before
    assert "\n" not in str(refusal.value)
    assert "learning_rate" in str(refusal.value)
    assert trainer.now.rate_scale == 1 / 8
    np.testing.assert_array_equal(trainer.network.params.flat, trainer.best)
    assert np.isfinite(trainer.best).all()
    assert trainer.now.best == min(val_loss for _, _, val_loss in trainer.now.history)


def test_a_network_that_overflows_is_neither_warned_of_nor_written_down(cell):
    trainer = make(cell, evaluations=40)
    trainer.network.params.flat[:] = 3e38
    with suppress(TrainingError):
        list(trainer.run())
    assert np.isfinite(trainer.now.history).all()
    assert np.isfinite(trainer.best).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_network_that_is_beyond_help_ends_in_the_error_without_a_warning(cell, bad):
    trainer = make(cell)
    for flat in (trainer.network.params.flat, trainer.best):
        flat[:] = bad
    with pytest.raises(TrainingError):
        list(trainer.run())


@pytest.mark.parametrize("validation", [0, 60])
def test_a_run_whose_first_steps_fail_has_nothing_to_evaluate_but_can_be_saved(
    monkeypatch, validation
):
    poison(monkeypatch, {1, 2})
    trainer = make(validation=ids(validation), evaluations=40)
    evaluated = []
    for progress in trainer.run():
        arrays, meta = trainer.state()
        again = make(validation=ids(validation), evaluations=40)
        again.restore(arrays, json.loads(json.dumps(meta, allow_nan=False)))
        assert repr(again.now) == repr(trainer.now)  # nan is not equal to itself
        if progress.evaluation:
            evaluated.append(progress.step)
    assert evaluated == list(range(3, 41))
    assert np.isfinite(trainer.now.history).all()


def huge_gradients(monkeypatch):
    backward = learning.backward

    def huge(network, y, trace, grad, *others):
        loss = backward(network, y, trace, grad, *others)
        grad.params.flat[:] = 1e30
        return loss

    monkeypatch.setattr(learning, "backward", huge)


def test_a_huge_gradient_is_clipped_and_no_more_is_said_of_it(monkeypatch):
    huge_gradients(monkeypatch)
    for progress in make(grad_clip=1.0).run():
        assert progress.grad_norm > 1e30
        assert progress.note is None


def test_a_huge_gradient_that_is_not_clipped_leaves_no_parameter_or_moment_infinite(monkeypatch):
    huge_gradients(monkeypatch)
    trainer = make(grad_clip=0.0)
    with pytest.raises(TrainingError):
        list(trainer.run())
    arrays, _ = trainer.state()
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 2.5),
        ("batch_size", "16"),
        ("batch_size", True),
        ("batch_size", None),
        ("seq_length", -1),
        ("evaluations", 0),
        ("patience", -1),
        ("patience", math.inf),
        ("seed", -1),
        ("seed", 1.5),
        ("learning_rate", -1e-3),
        ("learning_rate", 11),
        ("learning_rate", math.nan),
        ("learning_rate", "0.1"),
        ("dropout", 0.96),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("weight_decay", math.inf),
        ("grad_clip", -1.0),
        ("grad_clip", math.nan),
        ("warmup", 1.0),
        ("final_rate", 2.0),
        ("val_split", 1.0),
        ("epochs", -1),
        ("epochs", math.inf),
        ("epochs", "3"),
        ("max_steps", -5),
        ("max_steps", 2.5),
        ("max_time", math.nan),
        ("max_time", 10**400),
        ("seed", 10**400),
    ],
    ids=lambda value: f"{value!r:.20}",
)
def test_a_choice_out_of_range_is_refused(field, value):
    with pytest.raises(ConfigError) as refusal:
        TrainingConfig(**{"max_steps": 5} | {field: value})
    assert str(refusal.value).startswith(f"{field}: ")
    assert "\n" not in str(refusal.value)


def test_a_run_needs_an_end():
    for nothing in ({}, {"epochs": 0.0}, {"max_steps": 0, "max_time": None}):
        with pytest.raises(ConfigError, match="max_steps"):
            TrainingConfig(**nothing)


def scores(monkeypatch, values):
    """Make evaluations find these means and medians, one after the other."""
    found = iter(values)
    monkeypatch.setattr(ValidationLoss, "__call__", lambda *_: Score(*next(found)))


FINE, BETTER, BROKEN = (1.6, 1.6), (1.5, 1.5), (2.1, 1.52)


def test_a_network_whose_state_runs_away_goes_back_to_the_best(monkeypatch):
    scores(monkeypatch, [FINE, BETTER, BROKEN, BETTER])
    trainer = make(max_steps=4, evaluations=4, patience=1)
    best = None
    for progress in trainer.run():
        if progress.step == 2:
            best = trainer.network.params.flat.copy()
        if progress.step == 3:
            assert progress.evaluation.broken
            assert not progress.evaluation.improved
            assert progress.note.startswith("step 3: validation loss 2.100 after 1.500")
            np.testing.assert_array_equal(trainer.network.params.flat, best)
            assert not trainer.learner.state.any()
            assert trainer.optimizer.t == 0
    assert progress.step == 4  # patience does not count what was broken
    assert trainer.now.rate_scale == 0.5
    assert trainer.now.broken == 1
    assert [row[2] for row in trainer.now.history] == [1.6, 1.5, 2.1, 1.5]


def test_overfitting_is_not_taken_for_a_broken_network(monkeypatch):
    """Then all stretches get worse alike."""
    scores(monkeypatch, [FINE, BETTER, (2.1, 2.05), (2.2, 2.1)])
    trainer = make(max_steps=8, evaluations=8, patience=2)
    assert [p.note for p in trainer.run() if p.note] == []
    assert (trainer.now.step, trainer.now.broken, trainer.now.rate_scale) == (4, 0, 1.0)


def test_a_run_goes_back_three_times_and_then_continues(monkeypatch):
    scores(monkeypatch, [BETTER, *[BROKEN] * 5])
    trainer = make(max_steps=6, evaluations=6)
    notes = [progress.note for progress in trainer.run() if progress.note]
    assert [("went back" in note) for note in notes] == [True, True, True, False, False]
    assert trainer.now.rate_scale == 1 / 8


def test_a_few_windows_move_the_mean_of_the_losses_and_not_the_median():
    text = np.tile(np.array([0, 1], np.uint8), 6000)
    trainer = make("lstm", text, text, hidden_size=8, max_steps=300, learning_rate=2e-2)
    for _ in trainer.run():
        pass
    trainer.finish()
    fine = trainer.batches.validation(trainer.network)
    strange = text.copy()
    for place in (400, 5_000, 9_000):
        strange[place : place + 300] = 4  # what the network has never seen
    found = ValidationLoss(strange, V)(trainer.network)
    assert found.mean > fine.mean + module.FAR_ABOVE
    assert abs(found.median - fine.median) < module.FAR_ABOVE / 2


@pytest.mark.parametrize(
    ("averaged", "last", "best", "kept"),
    [
        (1.2, 1.4, math.inf, "average"),
        (1.4, 1.2, math.inf, "average"),  # already the best so far: the last is not looked at
        (1.4, 1.2, 1.3, "last"),
        (1.4, 1.2, 1.1, None),
    ],
)
def test_averaged_or_last_parameters(monkeypatch, averaged, last, best, kept):
    trainer = make(max_steps=3, evaluations=1, average=0.5)
    before = trainer.best.copy()

    def validation_loss(_, network):
        loss = averaged if network is trainer.average.network else last
        return Score(loss, loss)

    monkeypatch.setattr(ValidationLoss, "__call__", validation_loss)
    for progress in trainer.run():
        if progress.step == 1:
            trainer.now.best = best
    flats = {"average": trainer.average.flat, "last": trainer.network.params.flat, None: before}
    assert not np.array_equal(flats["average"], flats["last"])
    np.testing.assert_array_equal(trainer.best, flats[kept])
    assert progress.evaluation.improved == (kept is not None)
    assert progress.evaluation.val_loss == (averaged if best == math.inf else 1.2)


def test_a_rotated_epoch_begins_anywhere_and_reads_all():
    begun = []
    for seed in range(40):
        trainer = make(rotate=True, seed=seed, max_steps=16)
        list(trainer.run())
        begun.append(trainer.now.offset)
        assert len(trainer.batches) == trainer.batches.nominal == 15
    assert len(set(begun)) > 30
    assert 0 <= min(begun) < 60
    assert 240 < max(begun) < 305
