"""The library: what the commands do, without printing, signals or an exit."""

import json
import math
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import charrnn
from charrnn.api import CharRNN, load
from charrnn.errors import CharRNNError, CheckpointError, ConfigError, TextError, TrainingError
from charrnn.text.reading import from_text, read_corpus
from charrnn.training.run import Run

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
    assert repr(model) == "CharRNN(cell='gru', hidden_size=12, num_layers=1, vocabulary of 14)"
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
    from charrnn.training.config import Choices

    choices = Choices(cell="gru", hidden_size=12, workers=1, learning_rate=0.02, **SMALL)
    run = Run.begin(from_text(TEXT), choices)
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
    for wrong in ({"cell": "foo"}, {"hidden_size": 0}, {"num_layers": 1.0}):
        with pytest.raises(ConfigError):
            CharRNN(**wrong).fit(TEXT, **SMALL)


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
    loaded.save(path)
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

    monkeypatch.setattr(Run, "conclude", interrupt)
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
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert json.loads(done.stdout) == [20, True, [7, 1, 8], []]
    assert charrnn.load(tmp_path / "model.npz").network.config.cell == "gru"
