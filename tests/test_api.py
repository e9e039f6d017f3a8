"""The library: what the commands do, without printing, signals or an exit."""

import io
import json
import math
import re
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

import charrnn
from charrnn.api import CharRNN, load
from charrnn.errors import CharRNNError, CheckpointError, ConfigError, TextError, TrainingError
from charrnn.system import blas
from charrnn.text.corpus import from_text, read_corpus
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import Trainer

TEXT = "the cat sat on the mat and the dog sat on the log\n" * 30
SMALL = {"max_steps": 20, "batch_size": 4, "seq_length": 16, "evaluations": 4}


@pytest.fixture(scope="module")
def model():
    return CharRNN("gru", hidden_size=12).fit(TEXT, **SMALL, learning_rate=0.02)


def interrupt_at(step, error=KeyboardInterrupt):
    def progress(now):
        if now.step == step:
            raise error

    return progress


def test_what_is_not_fitted_says_so():
    new = CharRNN("rnn")
    assert repr(new) == "CharRNN(cell='rnn', not fitted)"
    for use in (
        lambda: new.network, lambda: new.vocabulary, lambda: new.history, new.generate,
        lambda: new.score("ab"), lambda: new.read("ab"), lambda: new.save("m.npz"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match="call fit, or load"):
            use()


def test_a_fit_is_one_of_what_was_chosen(model):
    assert repr(model) == (
        f"CharRNN(cell='gru', hidden_size=12, num_layers=1, vocabulary of 14, "
        f"val_loss={model.checkpoint.training.val_loss:.3f} nats after 20 steps)"
    )
    record = model.checkpoint.training
    assert record.steps == 20
    assert record.config["workers"] == 1
    assert record.ended == "its budget was used up"
    assert model.history.step == [5, 10, 15, 20]
    assert len(model.history.train_loss) == len(model.history.val_loss) == 4
    assert min(model.history.val_loss) < math.log(14)


def test_the_same_seed_is_the_same_network(model):
    again = CharRNN("gru", hidden_size=12).fit(TEXT, **SMALL, learning_rate=0.02)
    assert again.network.params.flat.tobytes() == model.network.params.flat.tobytes()
    other = CharRNN("gru", hidden_size=12, seed=1).fit(TEXT, **SMALL, learning_rate=0.02)
    assert other.network.params.flat.tobytes() != model.network.params.flat.tobytes()


def test_it_is_what_the_run_of_the_command_is(model):
    from charrnn.training.options import TrainOptions

    choices = TrainOptions(cell="gru", hidden_size=12, workers=1, learning_rate=0.02, **SMALL)
    run = TextRun.begin(from_text(TEXT), choices)
    for _ in run.trainer.run():
        pass
    run.conclude("its budget was used up")
    assert run.trainer.network.params.flat.tobytes() == model.network.params.flat.tobytes()


def test_texts_of_all_kinds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text(TEXT)
    (tmp_path / "[1].md").write_text(TEXT)
    found = {
        CharRNN(hidden_size=4).fit(text, **SMALL).checkpoint.training.sha256
        for text in (TEXT, "book.txt", tmp_path / "[1].md", read_corpus(["book.txt"]))
    }
    assert len(found) == 1
    as_bytes = CharRNN(hidden_size=4).fit(read_corpus(["book.txt"], as_bytes=True), **SMALL)
    assert as_bytes.vocabulary.kind == "bytes"
    with pytest.raises(TextError, match="no such file"):
        CharRNN().fit("none.txt")
    for nothing in ("", "a", "aaa", "a\ud800b", b"bytes", None, ["a"]):
        with pytest.raises(TextError):
            CharRNN().fit(nothing)


def test_choices_that_are_none():
    with pytest.raises(ConfigError, match="hiden_size is none of"):
        CharRNN().fit(TEXT, hiden_size=3)
    for wrong in ({"dropout": 2.0}, {"max_steps": 1.5}, {"learning_rate": math.nan},
                  {"patience": -1}, {"seed": "0"}, {"workers": 0}):  # fmt: skip
        with pytest.raises(ConfigError):
            CharRNN(hidden_size=4).fit(TEXT, **SMALL | wrong)
    for wrong in ({"cell": "foo"}, {"hidden_size": 0}, {"num_layers": 1.0}, {"seed": -1},
                  {"embedding_size": "8"}):  # fmt: skip
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            CharRNN(**wrong)


def test_generating(model):
    options = {"length": 60, "temperature": 0.7, "seed": 1}
    text = model.generate("the ", **options)
    assert len(text) == 60
    assert "".join(model.stream("the ", **options)) == text == model.generate("the ", **options)
    assert model.generate("the ", **options | {"seed": 2}) != text
    assert model.generate("the ", length=60) != model.generate("the ", length=60)
    assert model.generate(length=5, temperature=0) == model.generate(length=5, temperature=0)
    assert model.generate("the ", **options, stop=text[20:24]).endswith(text[:20][-3:])
    assert model.generate(length=0) == ""
    with pytest.raises(ConfigError, match="stream"):
        model.generate(length=-1)
    assert "".join(islice(model.stream("the ", **options | {"length": -1}), 60)) == text
    with pytest.raises(TextError):
        model.generate("X")
    assert len(model.generate("Xthe", length=3, unknown="skip")) == 3
    # An option is looked at when it is given, not when the first character is asked for.
    with pytest.raises(ConfigError):
        model.stream(temperature=-1)


def test_scoring(model):
    text = TEXT[:101]
    bits = model.surprisal(text)
    assert bits.shape == (100,)
    assert bits.dtype == np.float64
    assert (bits > 0).all()
    assert model.score(text) == pytest.approx(bits.mean())
    read = model.read(text)
    assert set(read.states) == {"a"}
    assert read.states["a"].shape == (101, 1, 12)
    assert repr(read) == (
        "Reading(T=101: log_y_hat (101, 14), a (101, 1, 12), "
        "r (101, 1, 12), u (101, 1, 12), n (101, 1, 12))"
    )
    # Learnt is better than backwards.
    assert model.score(text) < model.score(text[::-1])
    for short in ("", "t"):
        assert model.surprisal(short).shape == (0,)
        with pytest.raises(TextError, match="two characters"):
            model.score(short)


def test_saved_and_loaded(model, tmp_path):
    path = tmp_path / "model.npz"
    model.save(str(path))
    loaded = load(path)
    assert repr(loaded) == repr(model)
    assert loaded.history == model.history
    assert loaded.generate("the", length=40, seed=3) == model.generate("the", length=40, seed=3)
    with pytest.raises(CheckpointError, match=r"model\.npz: exists already; .*overwrite=True"):
        loaded.save(path)
    loaded.save(path, overwrite=True)
    assert load(str(path)).checkpoint.training == model.checkpoint.training
    # What is fitted anew is of the same kind.
    loaded.fit(TEXT, **SMALL)
    assert loaded.network.config == model.network.config
    with pytest.raises(CheckpointError):
        load(tmp_path / "none.npz")


@pytest.mark.parametrize("step", [1, 3, 12])
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_a_model_that_can_be_used(step, workers, tmp_path):
    model = CharRNN(hidden_size=8)
    with pytest.raises(KeyboardInterrupt):
        model.fit(TEXT, **SMALL, workers=workers, progress=interrupt_at(step))
    assert model.checkpoint.training.steps == step
    assert model.checkpoint.training.best_step == step // 5 * 5
    assert len(model.generate("the", length=10)) == 10
    model.save(tmp_path / "model.npz")
    assert load(tmp_path / "model.npz").score(TEXT[:50]) == model.score(TEXT[:50])


def test_ctrl_c_while_the_best_is_measured(monkeypatch):
    def interrupt(self, ended):
        raise KeyboardInterrupt

    monkeypatch.setattr(TextRun, "conclude", interrupt)
    model = CharRNN(hidden_size=8)
    with pytest.raises(KeyboardInterrupt):
        model.fit(TEXT, **SMALL)
    assert model.checkpoint.training.steps == 20


def test_training_that_fails_leaves_the_best():
    model = CharRNN(hidden_size=8)
    with pytest.raises(TrainingError):
        model.fit(TEXT, **SMALL, progress=interrupt_at(7, TrainingError))
    assert model.checkpoint.training.best_step == 5


def test_a_progress_of_ones_own_that_fails_ends_the_workers():
    before = threading.active_count()
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error):
            CharRNN(hidden_size=8).fit(
                TEXT, **SMALL, workers=2, progress=interrupt_at(2, error)
            )  # fmt: skip
    assert threading.active_count() == before


def test_in_a_thread_and_without_a_word(capfd):
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    made, seen = [], []

    def work():
        made.append(CharRNN(hidden_size=8).fit(TEXT, **SMALL, progress=seen.append))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert made[0].generate("the", length=5, seed=0)
    assert [progress.step for progress in seen] == list(range(1, 21))
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert capfd.readouterr() == ("", "")


def test_columns_that_pandas_takes(model):
    assert isinstance(model.history, dict)
    assert list(model.history) == ["step", "train_loss", "val_loss"]
    assert {len(column) for column in model.history.values()} == {4}
    assert model.history["step"] == model.history.step
    assert model.history["val_loss"] == model.history.val_loss
    pandas = pytest.importorskip("pandas")
    assert pandas.DataFrame(model.history).shape == (4, 3)


def test_the_names_that_are_offered():
    assert set(dir(charrnn)) == {*charrnn.__all__, "__version__"}


# A fit that goes on.


def same(one, other):
    """Whether two models are the same, and were trained alike but for the time it took."""
    return one.network.params.flat.tobytes() == other.network.params.flat.tobytes() and (
        replace(one.checkpoint.training, seconds=0) == replace(other.checkpoint.training, seconds=0)
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fit_that_was_stopped_continues_as_if_it_never_was(workers, tmp_path):
    chosen = SMALL | {"workers": workers, "dropout": 0.3}
    whole = CharRNN("gru", hidden_size=12).fit(TEXT, **chosen)
    stopped = CharRNN("gru", hidden_size=12)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(TEXT, **chosen, progress=interrupt_at(7))
    stopped.save(tmp_path / "model.npz", resume=True)
    loaded = load(tmp_path / "model.npz", resume=True)
    assert same(loaded, stopped)
    assert same(loaded.fit(TEXT, resume=True), whole)
    assert same(stopped.fit(TEXT, resume=True), whole)
    # The command takes it up too.
    run = TextRun.resume(from_text(TEXT), tmp_path / "model.npz")
    assert run.trainer.now.step == 7
    run.trainer.learner.close()


def test_ctrl_c_waits_for_the_end_of_the_step(monkeypatch):
    """The signal comes in the middle of a step, and the fit can be resumed."""
    whole = CharRNN("gru", hidden_size=12).fit(TEXT, **SMALL)
    stopped, step = CharRNN("gru", hidden_size=12), Trainer._step

    def interrupted(self, rate):
        if self.now.step == 6:
            signal.raise_signal(signal.SIGINT)
        return step(self, rate)

    monkeypatch.setattr(Trainer, "_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(TEXT, **SMALL)
    assert stopped.checkpoint.training.steps == 7
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.undo()
    assert same(stopped.fit(TEXT, resume=True), whole)


def test_a_second_ctrl_c_does_not_wait(monkeypatch):
    def interrupted(self, rate):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("not interrupted")

    monkeypatch.setattr(Trainer, "_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        CharRNN(hidden_size=8).fit(TEXT, **SMALL)


def test_what_is_fitted_again_begins_anew_or_continues():
    model = CharRNN("gru", hidden_size=12).fit(TEXT, **SMALL)
    again = CharRNN("gru", hidden_size=12).fit(TEXT, **SMALL)
    assert same(model.fit(TEXT, **SMALL), again)
    longer = model.fit(TEXT, resume=True, max_steps=30)
    assert longer.checkpoint.training.steps == 30
    assert longer.checkpoint.training.config["batch_size"] == 4


def test_what_cannot_be_resumed(model, tmp_path):
    with pytest.raises(ConfigError, match="no fit to resume"):
        CharRNN().fit(TEXT, resume=True)
    with pytest.raises(TrainingError, match=r"used up after 20 steps; .* max_steps=40"):
        model.fit(TEXT, resume=True)
    with pytest.raises(ConfigError, match="hidden_size: a resumed fit keeps its own"):
        model.fit(TEXT, resume=True, hidden_size=3)
    with pytest.raises(CheckpointError, match="another text"):
        model.fit(TEXT + "x", resume=True, max_steps=30)
    impatient = CharRNN(hidden_size=4).fit(TEXT, **SMALL | {"learning_rate": 0.0, "patience": 2})
    with pytest.raises(TrainingError, match="resume with patience=4"):
        impatient.fit(TEXT, resume=True)
    model.save(tmp_path / "model.npz")
    with pytest.raises(CheckpointError):
        load(tmp_path / "model.npz", resume=True)
    with pytest.raises(ConfigError, match="no fit to resume"):
        load(tmp_path / "model.npz").save(tmp_path / "other.npz", resume=True)
    # A state of another run is not left beside a model that it does not belong to.
    model.save(tmp_path / "model.npz", resume=True, overwrite=True)
    with pytest.raises(CheckpointError, match="exists already"):
        model.save(tmp_path / "model.resume.npz")
    model.save(tmp_path / "model.npz", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


# Threads and processes.


def test_threads_are_what_was_requested_while_it_works(model, monkeypatch):
    asked = [8]
    monkeypatch.setattr(blas, "control", lambda: blas.Control(lambda: asked[-1], asked.append))
    monkeypatch.setattr(blas.Limit, "_inside", 0)  # the tests themselves are in one
    for name in blas.THREADS:
        monkeypatch.delenv(name, raising=False)
    seen = []
    monkeypatch.setattr(
        "charrnn.network.forward.Threads", lambda: seen.append(asked[-1]) or Pieces()
    )
    for threads, expected in ((None, 1), (3, 3)):
        for use in (
            lambda: model.score("the cat", threads=threads),  # noqa: B023
            lambda: model.read("the cat", threads=threads),  # noqa: B023
            lambda: model.generate("the", length=5, threads=threads),  # noqa: B023
            lambda: next(model.stream("the", threads=threads)),  # noqa: B023
        ):
            seen.clear()
            use()
            assert set(seen) == {expected}
            assert asked[-1] == 8
        following = []
        CharRNN(hidden_size=4).fit(
            TEXT, **SMALL, threads=threads,
            progress=lambda _: following.append(asked[-1]),  # noqa: B023
        )  # fmt: skip
        assert set(following) == {expected}
        assert asked[-1] == 8
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    seen.clear()
    model.score("the cat")
    assert seen == [8]
    for wrong in (0, -1, 1.0, "2", True):
        with pytest.raises(ConfigError, match="threads"):
            model.score("the cat", threads=wrong)


class Pieces:
    def piece(self, units):
        return nullcontext()


def test_as_many_workers_as_pay_unless_requested():
    from charrnn.network.config import NetworkConfig
    from charrnn.training.process_learner import choose_workers

    fitted = CharRNN(hidden_size=128).fit(TEXT * 40, max_steps=1, batch_size=16)
    expected = choose_workers(NetworkConfig(14, "lstm", 128), 16, 64)
    assert fitted.checkpoint.training.config["workers"] == expected
    two = CharRNN(hidden_size=4).fit(TEXT, **SMALL, workers=2)
    assert two.checkpoint.training.config["workers"] == 2


# What it shows.


class Seen(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_and_where_one_is_requested(monkeypatch):
    for stream, progress, shown in (
        (Seen(), None, True), (Seen(), False, False), (Seen(), lambda _: None, False),
        (io.StringIO(), None, False), (io.StringIO(), True, True),
    ):  # fmt: skip
        monkeypatch.setattr(sys, "stderr", stream)
        CharRNN(hidden_size=4).fit(TEXT, **SMALL, progress=progress)
        assert ("100%" in stream.getvalue()) == shown
        assert ("step 20, loss" in stream.getvalue()) == shown
    monkeypatch.setattr(sys, "stderr", None)
    CharRNN(hidden_size=4).fit(TEXT, **SMALL)


def test_a_bar_in_a_notebook(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    before = threading.active_count()
    CharRNN(hidden_size=4).fit(TEXT, **SMALL)
    assert "100%" in stream.getvalue()
    assert threading.active_count() == before


def test_every_error_is_one_that_can_be_caught():
    for error in (TextError, ConfigError, CheckpointError, TrainingError):
        assert issubclass(error, CharRNNError)


PROGRAM = """
import json, sys, charrnn
model = charrnn.CharRNN(cell="gru", hidden_size=8).fit("book.txt", max_steps=5)
text = model.generate("the", length=20, temperature=0.7, seed=1)
model.save("model.npz")
assert charrnn.load("model.npz").generate("the", length=20, temperature=0.7, seed=1) == text
shape = model.read("the cat").states["a"].shape
print(json.dumps([len(text), model.score("the cat") > 0, shape, sorted(
    {name.split(".")[0] for name in sys.modules} & {"typer", "rich", "tqdm"})]))
"""


def test_a_program_that_uses_it(tmp_path):
    (tmp_path / "book.txt").write_text(TEXT)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.stderr == ""
    assert json.loads(done.stdout) == [20, True, [7, 1, 8], []]
    assert charrnn.load(tmp_path / "model.npz").network.config.cell == "gru"


def test_an_option_that_is_none_is_refused(model):
    with pytest.raises(ConfigError, match="stream: top_q is none of acrostic, "):
        next(model.stream("the", top_q=3))
    with pytest.raises(ConfigError, match="top_k"):
        next(model.stream("the", top_k=-1))


def test_a_filter_of_ones_own_is_applied(model):
    class NoRepeat:
        def __init__(self, texts=1):
            self.last = np.full(texts, -1)

        def __call__(self, log_p):
            rows = np.flatnonzero(self.last >= 0)
            log_p[rows, self.last[rows]] = -np.inf

        def accept(self, ids):
            self.last = ids.copy()

        def fork(self, rows):
            forked = NoRepeat(len(rows))
            forked.last = self.last[rows]
            return forked

    for options in ({}, {"num_beams": 3}, {"best_of": 3}, {"must": "he", "look_ahead": 8}):
        text = model.generate("the", filters=[NoRepeat()], length=60, seed=1, **options)
        assert len(text) == 60
        assert not re.search(r"(.)\1", text, re.DOTALL)
    text = model.generate("the", length=60, seed=1, temperature=2)
    assert re.search(r"(.)\1", text, re.DOTALL)


def test_pairs_are_learnt_asked_measured_and_saved(tmp_path):
    pairs = [(f"{word} but {end}", end) for word in ("abc", "cab", "bb") for end in ("good", "bad")]
    pairs = [(f"{n} {source}", answer) for n in range(20) for source, answer in pairs]
    model = CharRNN(hidden_size=16, seed=1)
    with pytest.raises(ConfigError, match="no pairs"):
        model.answer("abc")
    model.fit_pairs(pairs, max_steps=150, learning_rate=1e-2, progress=False, workers=1)
    assert model.pairs.labels == ("bad", "good")
    texts = ["77 abc but good", "5 bb but bad"]
    assert model.answer(texts) == ["good", "bad"]
    shares = model.answer_probabilities(texts)
    assert shares.shape == (2, 2)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares.argmax(axis=1).tolist() == [1, 0]
    measured = model.score_pairs(pairs)
    assert measured.exact == 1
    assert measured.confusion.tolist() == [[60, 0], [0, 60]]
    model.save(tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    np.testing.assert_array_equal(again.answer_probabilities(texts), shares)
    for use in (lambda: again.generate("a"), lambda: again.score("ab")):
        with pytest.raises(ConfigError, match="answers texts"):
            use()
    with pytest.raises(TextError, match="'odd' is none of the labels: bad, good"):
        again.score_pairs([("a", "odd"), ("b", "bad")])
    with pytest.raises(TextError, match="pair 1"):
        model.fit_pairs([("a", "b"), ("", "c")])
    written = CharRNN(hidden_size=16).fit_pairs(
        [(source, source[::-1]) for source, _ in pairs], max_steps=5, progress=False, workers=1
    )
    assert len(written.answer("12 ab", length=7)[0]) <= 7
    with pytest.raises(ConfigError, match="written, not chosen"):
        written.answer_probabilities("a")
