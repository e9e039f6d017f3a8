"""A run that was stopped and resumed equals one that was never stopped, bit for bit."""

import hashlib
import json
import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.checkpoint import load_state, save_state
from charrnn.checkpoint.paths import resume_path
from charrnn.errors import CharRNNError, CheckpointError, ConfigError, TrainingError
from charrnn.text.corpus import from_text, read_corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.config import TrainingConfig
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun

EPOCH, STEPS = 22, 48
"""Windows in an epoch, and steps in a run of a little more than two epochs."""

ARRAYS = ("params", "best", "average", "adam_m", "adam_v", "state")
COUNTERS = (
    "step", "epoch", "window", "offset", "seconds", "smoothed", "since_loss", "since_steps",
    "best", "best_median", "best_step", "waited", "rate_scale", "diverged", "broken",
)  # fmt: skip


def text(n=200, seed=0):
    rng = np.random.default_rng(seed)
    return "".join("abcde"[k] for k in rng.integers(5, size=n))


def begin(**chosen):
    """180 characters to train on, in 22 windows of two sequences and four steps."""
    choices = {
        "hidden_size": 6, "batch_size": 2, "seq_length": 4, "max_steps": STEPS, "evaluations": 5,
        "patience": 0, "dropout": 0.3, "learning_rate": 1e-2,
    }  # fmt: skip
    return TextRun.begin(from_text(text()), TrainOptions(**choices | chosen))


def go(run, steps=None):
    """Train to the end, or for some steps."""
    for progress in run.trainer.run():
        if progress.step == steps:
            break
    return run


def fingerprint(run):
    """A hash of all that a run consists of but the seconds that it took."""
    arrays, meta = run.trainer.state()
    meta = json.loads(json.dumps(meta))
    meta["counters"].pop("seconds")
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_stopped_and_resumed_equals_never_stopped(tmp_path, cell, dropout):
    chosen = {"cell": cell, "dropout": dropout, "num_layers": 2, "embedding_size": 3}
    whole = go(begin(**chosen))
    path = tmp_path / "model.npz"
    for stop in (15, EPOCH):
        run = go(begin(**chosen), stop)
        assert (run.trainer.now.window == len(run.trainer.batches)) == (stop == EPOCH)
        run.save_state(path)
        del run
        resumed = TextRun.resume(from_text(text()), path)
        assert resumed.trainer.now.step == stop
        assert fingerprint(go(resumed)) == fingerprint(whole), stop
        resumed.conclude("its budget")
        # The model too is the same file, but for the seconds.
        resumed.trainer.now.seconds = 0.0
        resumed.save(path)
        if stop == 15:
            first = path.read_bytes()
        assert path.read_bytes() == first


def test_stopped_at_every_step(tmp_path):
    path, whole = tmp_path / "model.npz", go(begin())
    run = begin()
    for step in range(1, STEPS):
        go(run, step).save_state(path)
        run = TextRun.resume(from_text(text()), path)
    assert fingerprint(go(run)) == fingerprint(whole)


def test_two_halves_of_a_run_that_diverged(tmp_path, monkeypatch):
    from charrnn.network.trace import Trace

    path, loss, calls = tmp_path / "model.npz", Trace.loss, [0]

    def poisoned(trace, y):
        calls[0] += 1
        return math.nan if calls[0] == 13 else loss(trace, y)

    monkeypatch.setattr(Trace, "loss", poisoned)
    whole = go(begin())
    calls[0] = 0
    go(begin(), 15).save_state(path)
    assert fingerprint(go(TextRun.resume(from_text(text()), path))) == fingerprint(whole)


def test_with_workers(tmp_path):
    path, whole = tmp_path / "model.npz", go(begin(workers=2))
    whole.trainer.finish()
    run = go(begin(workers=2), 15)
    run.save_state(path)
    run.trainer.finish()
    resumed = go(TextRun.resume(from_text(text()), path))
    resumed.trainer.finish()
    assert fingerprint(resumed) == fingerprint(whole)
    with pytest.raises(ConfigError, match="workers"):
        TrainingConfig(batch_size=2, workers=3, max_steps=1)
    assert begin(workers=1).trainer.config.workers == 1


def test_saving_changes_nothing(tmp_path):
    run, whole = begin(), go(begin())
    for _ in run.trainer.run():
        run.save_state(tmp_path / "model.npz")
        run.save(tmp_path / "model.npz")
    assert fingerprint(run) == fingerprint(whole)


@pytest.fixture(scope="module")
def stopped_once(tmp_path_factory):
    path = tmp_path_factory.mktemp("stopped") / "model.resume.npz"
    run = go(begin(evaluations=3), 36)
    now = run.trainer.now
    assert now.offset
    assert now.since_steps
    assert 0 < now.window < len(run.trainer.batches) - 3
    run.save_state(path)
    return path.read_bytes()


@pytest.fixture
def stopped(stopped_once, tmp_path):
    """The state of a run that was stopped within an epoch that began at an offset."""
    path = tmp_path / "model.resume.npz"
    path.write_bytes(stopped_once)
    return path


def after(path, steps=3):
    return fingerprint(go(TextRun.resume(from_text(text()), path), 36 + steps))


def changed(path, change):
    """Save the state after `change(arrays, meta)`."""
    arrays, meta = load_state(path)
    change(arrays, meta)
    save_state(path, arrays, meta)


@pytest.mark.parametrize("name", [*ARRAYS, "history"])
def test_without_an_array_it_is_refused(stopped, name):
    changed(stopped, lambda arrays, meta: arrays.pop(name))
    with pytest.raises(CheckpointError):
        after(stopped)


@pytest.mark.parametrize(
    "name", ["adam_t", "counters", "sha256", "vocabulary", "network", "training"]
)
def test_without_a_description_it_is_refused(stopped, name):
    changed(stopped, lambda arrays, meta: meta.pop(name))
    with pytest.raises(CheckpointError):
        after(stopped)


@pytest.mark.parametrize("name", COUNTERS)
def test_without_a_counter_it_is_refused(stopped, name):
    changed(stopped, lambda arrays, meta: meta["counters"].pop(name))
    with pytest.raises(CheckpointError):
        after(stopped)


@pytest.mark.parametrize("name", [*ARRAYS, "history"])
def test_another_array_is_another_run(stopped, name):
    expected = after(stopped)

    def perturb(arrays, meta):
        flat = arrays[name].reshape(-1)
        flat[0] += 1

    changed(stopped, perturb)
    assert after(stopped) != expected


@pytest.mark.parametrize("name", [name for name in COUNTERS if name != "seconds"])
def test_another_counter_is_another_run(stopped, name):
    expected = after(stopped)
    direction = -1 if name in ("window", "offset") else 1

    def perturb(arrays, meta):
        meta["counters"][name] += direction

    changed(stopped, perturb)
    assert after(stopped) != expected


@pytest.mark.parametrize(
    "perturb",
    [
        lambda meta: meta.update(adam_t=meta["adam_t"] + 1),
        lambda meta: meta["training"].update(seed=1),
        lambda meta: meta["training"].update(dropout=0.25),
        lambda meta: meta["training"].update(learning_rate=0.011),
    ],
    ids=["adam_t", "seed", "dropout", "learning_rate"],
)
def test_another_description_is_another_run(stopped, perturb):
    expected = after(stopped)
    changed(stopped, lambda arrays, meta: perturb(meta))
    assert after(stopped) != expected


@pytest.mark.parametrize("name", ["params", "adam_m", "adam_v", "adam_t", "state", "window"])
def test_what_training_depends_on_changes_the_parameters(stopped, name):
    def parameters():
        return go(TextRun.resume(from_text(text()), stopped)).trainer.network.params.flat.copy()

    expected = parameters()

    def perturb(arrays, meta):
        if name in arrays:
            arrays[name].reshape(-1)[:4] += 1
        elif name == "adam_t":
            meta["adam_t"] += 1
        else:
            meta["counters"][name] -= 1

    changed(stopped, perturb)
    assert not np.array_equal(parameters(), expected)


HOSTILE_COUNTERS = [
    *((name, value) for name in COUNTERS for value in ("1", [1], {}, True, 10**400)),
    *((name, -1) for name in ("step", "epoch", "window", "offset", "since_steps", "best_step")),
    *((name, None) for name in ("step", "window", "since_loss", "rate_scale", "waited")),
    *((name, 1.5) for name in ("step", "window", "offset", "waited", "since_steps")),
    ("window", 24),
    ("window", 10**9),
    ("offset", 180),
    ("offset", 10**9),
    ("unknown", 1),
]


def not_taken(path):
    """Resuming is refused in one line that begins with the file's name."""
    with pytest.raises(CharRNNError) as refusal:
        after(path)
    assert refusal.type is CheckpointError
    assert str(refusal.value).startswith("model.resume.npz: ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("name", "value"), HOSTILE_COUNTERS, ids=lambda value: f"{value!r:.12}")
def test_hostile_counters(stopped, name, value):
    changed(stopped, lambda arrays, meta: meta["counters"].update({name: value}))
    not_taken(stopped)


@pytest.mark.parametrize(
    "change",
    [
        {"adam_t": -1},
        {"adam_t": -5},
        {"adam_t": "5"},
        {"adam_t": 2.5},
        {"adam_t": 10**400},
        {"adam_t": None},
        {"counters": []},
        {"counters": None},
        {"counters": "x"},
        {"sha256": 5},
        {"sha256": None},
        {"network": []},
        {"network": {}},
        {"training": None},
        {"training": {}},
        {"vocabulary": 5},
        {"vocabulary": "bytes"},
    ],
    ids=lambda value: f"{value!r:.60}",
)  # fmt: skip
def test_hostile_descriptions(stopped, change):
    changed(stopped, lambda arrays, meta: meta.update(change))
    not_taken(stopped)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("network", {"hidden_size": 7}),
        ("network", {"hidden_size": 65_536, "num_layers": 32}),
        ("network", {"vocabulary_size": 6}),
        ("network", {"vocabulary_size": 4}),
        ("network", {"cell": "gru"}),
        ("network", {"cell": None}),
        ("network", {"layers": 1}),
        ("training", {"batch_size": 10**12}),
        ("training", {"batch_size": 3}),
        ("training", {"batch_size": 2.0}),
        ("training", {"seq_length": 10**12}),
        ("training", {"seq_length": "4"}),
        ("training", {"max_steps": "9"}),
        ("training", {"max_steps": None}),
        ("training", {"learning_rate": 1e9}),
        ("training", {"lr": 1e-3}),
        ("training", {"workers": 3}),
        ("training", {"workers": 10**9}),
        ("training", {"workers": 10**9, "batch_size": 10**9}),
        ("training", {"seed": -1}),
        ("training", {"val_split": 0.95, "seq_length": 90}),
    ],
)
def test_hostile_configurations(stopped, part, change):
    changed(stopped, lambda arrays, meta: meta[part].update(change))
    not_taken(stopped)


@pytest.mark.parametrize("name", [*ARRAYS, "history"])
@pytest.mark.parametrize("wrong", ["shape", "type", "longer", "nan", "text"])
def test_hostile_arrays(stopped, name, wrong):
    def spoil(arrays, meta):
        array = arrays[name]
        if wrong == "shape":
            arrays[name] = array.reshape(-1, 1)[1:]
        elif wrong == "type":
            arrays[name] = array.astype(np.float32 if name == "history" else np.float64)
        elif wrong == "longer":
            arrays[name] = np.concatenate([array.ravel(), [0]]).astype(array.dtype)
        elif wrong == "nan":
            array.reshape(-1)[0] = np.nan
        else:
            arrays[name] = np.frombuffer(b"not numbers", np.uint8)

    changed(stopped, spoil)
    not_taken(stopped)


def test_squares_below_zero_are_refused(stopped):
    def spoil(arrays, meta):
        arrays["adam_v"][3] = -1

    changed(stopped, spoil)
    not_taken(stopped)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(data=st.data(), value=anything)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_value_anywhere_is_refused_or_resumed(stopped, data, value):
    arrays, meta = load_state(stopped)
    inner, name = meta, data.draw(st.sampled_from(sorted(meta)))
    while isinstance(inner[name], dict) and inner[name]:
        inner = inner[name]
        name = data.draw(st.sampled_from(sorted(inner)))
    inner[name] = value
    path = stopped.with_name("any.resume.npz")
    save_state(path, arrays, meta)
    try:
        run = TextRun.resume(from_text(text()), path)
    except (CheckpointError, TrainingError) as error:  # a budget that is used up
        assert str(error).startswith("any.resume.npz: ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return
    with suppress(TrainingError):  # a learning rate that was made too high
        go(run, run.trainer.now.step + 3)
    run.save_state(path)
    run.trainer.learner.close()


def test_another_text_is_refused(stopped):
    for other in (text(seed=1), text() + "a", text()[:-1]):
        with pytest.raises(CheckpointError, match="another text") as refusal:
            TextRun.resume(from_text(other), stopped)
        assert str(refusal.value).startswith("model.resume.npz: ")


def test_the_same_file_read_in_another_way_is_refused(tmp_path):
    """Its SHA-256 is the same whether it was read as characters or as bytes."""
    source, path = tmp_path / "text.txt", tmp_path / "model.npz"
    source.write_bytes("".join("aäb"[k] for k in [0, 1, 2, 1, 1, 2, 0, 2] * 20).encode())
    for as_bytes in (False, True):
        corpora = [read_corpus([source], as_bytes=how) for how in (as_bytes, not as_bytes)]
        choices = TrainOptions(hidden_size=4, max_steps=9, batch_size=1, seq_length=4)
        go(TextRun.begin(corpora[0], choices), 5).save_state(path)
        assert TextRun.resume(corpora[0], path).trainer.now.step == 5
        with pytest.raises(CheckpointError, match="bytes"):
            TextRun.resume(corpora[1], path)


def test_a_used_up_budget_is_refused_and_more_continues(tmp_path):
    path = tmp_path / "model.npz"
    run = go(begin(max_steps=15))
    run.save_state(path)
    assert TextRun.resume(from_text(text()), path).trainer.fraction() == 1  # it is to be concluded
    run.conclude("its budget was used up")
    run.save(path)
    with pytest.raises(TrainingError, match="15 steps") as refusal:
        TextRun.resume(from_text(text()), path)
    assert "max_steps" in str(refusal.value)
    with pytest.raises(TrainingError):
        TextRun.resume(from_text(text()), path, {"max_steps": 15})
    with pytest.raises(ConfigError, match="max_steps"):
        TextRun.resume(from_text(text()), path, {"max_steps": -1})
    run = TextRun.resume(from_text(text()), path, {"max_steps": 20})
    assert run.trainer.config.max_steps == 20
    assert [progress.step for progress in run.trainer.run()] == [16, 17, 18, 19, 20]


def test_a_run_out_of_patience_has_nothing_left_to_do(tmp_path):
    path = tmp_path / "model.npz"
    run = go(begin(evaluations=STEPS, patience=2, learning_rate=1e-5, seed=1, average=0.0))
    assert run.trainer.now.step < STEPS
    run.save_state(path)
    resumed = TextRun.resume(from_text(text()), path)
    assert list(resumed.trainer.run()) == []


def test_a_missing_state_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"^model\.resume\.npz: no such checkpoint"):
        TextRun.resume(from_text(text()), tmp_path / "model.npz")


def test_the_vocabulary_of_the_run_is_its_text(stopped):
    run = TextRun.resume(from_text(text()), stopped)
    assert run.vocabulary == Vocabulary.of("abcde")
    assert resume_path(stopped) == stopped
