"""A whole run: from a text to a model file, the same one every time."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from charrnn.checkpoint.checkpoint import load
from charrnn.checkpoint.paths import resume_path
from charrnn.errors import CheckpointError, TextError, TrainingError
from charrnn.evaluation.baselines import baselines
from charrnn.evaluation.score import score
from charrnn.text.corpus import from_text, read_corpus
from charrnn.text.read_as import ReadAs
from charrnn.training import autosave as saving_module
from charrnn.training import memory
from charrnn.training import text_run as module
from charrnn.training.autosave import Saving
from charrnn.training.log import RunLog
from charrnn.training.options import TrainOptions
from charrnn.training.stopped import text_of
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import Evaluation, Progress

WORDS = "the cat sat on the mat and the dog sat on the log\n"


def begin(text=WORDS * 20, **chosen):
    choices = {
        "hidden_size": 8, "batch_size": 4, "seq_length": 8, "max_steps": 30, "evaluations": 6,
        "learning_rate": 1e-2, "dropout": 0.1,
    }  # fmt: skip
    return TextRun.begin(from_text(text), TrainOptions(**choices | chosen))


def finished(**chosen):
    run = begin(**chosen)
    for _ in run.trainer.run():
        pass
    run.conclude("its budget was used up")
    run.trainer.now.seconds = 1.25
    return run


def test_the_same_run_twice_is_the_same_file(tmp_path, cell):
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for path in paths:
        finished(cell=cell).save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    finished(cell=cell, seed=1).save(paths[1])
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_the_record_of_a_finished_run(tmp_path):
    run = finished()
    run.save(tmp_path / "model.npz")
    found = load(tmp_path / "model.npz")
    record, now = found.training, run.trainer.now
    assert run.vocabulary.decode(np.concatenate([run.train, run.validation])) == WORDS * 20
    assert (record.train_characters, record.val_characters) == (900, 100)
    assert record.sha256 == run.corpus.sha256
    assert record.sources == ("text",)
    assert record.steps == 30
    assert record.characters_read == 30 * 32
    assert record.ended == "its budget was used up"
    assert record.config["batch_size"] == 4
    assert found.network.params.flat.tobytes() == run.trainer.best.tobytes()
    assert found.history.tolist() == [list(row) for row in now.history]
    best = min(now.history, key=lambda row: row[2])
    assert record.best_step == best[0]
    # The loss is measured once more, exactly, on the network that is saved.
    exact = float(score(found.network, run.validation).mean())
    assert record.val_loss == exact
    assert exact == pytest.approx(best[2], abs=1e-2)
    expected = baselines(run.train, run.validation, len(run.vocabulary))
    assert record.baselines == {baseline.name: baseline.nats for baseline in expected}


def test_the_loss_that_is_reported_is_that_of_the_best_network_not_of_the_last():
    noise = "".join("abcde"[k] for k in np.random.default_rng(0).integers(5, size=400))
    run = finished(text=noise, hidden_size=24, max_steps=120, learning_rate=3e-2, patience=0)
    record = run.checkpoint().training
    assert record.best_step < record.steps
    assert record.val_loss == pytest.approx(run.trainer.now.best, abs=1e-2)
    last = run.trainer.now.history[-1][2]
    assert record.val_loss < last - 0.1
    network = run.trainer.network  # the one that a library hands on
    assert float(score(network, run.validation).mean()) == record.val_loss


def test_before_the_first_evaluation_the_network_as_it_is_can_be_saved(tmp_path):
    run = begin()
    next(run.trainer.run())
    run.save(tmp_path / "model.npz")
    found = load(tmp_path / "model.npz")
    assert found.network.params.flat.tobytes() == run.trainer.network.params.flat.tobytes()
    assert found.training.val_loss is None
    assert found.training.best_step == 0
    assert found.history.shape == (0, 3)


def test_in_the_middle_the_best_so_far_is_saved(tmp_path):
    run = begin()
    for progress in run.trainer.run():
        if progress.step == 12:
            break
    run.save(tmp_path / "model.npz")
    found = load(tmp_path / "model.npz")
    assert found.training.best_step == 10
    assert found.training.val_loss == run.trainer.now.best
    assert found.network.params.flat.tobytes() == run.trainer.best.tobytes()
    assert found.network.params.flat.tobytes() != run.trainer.network.params.flat.tobytes()


def test_a_text_too_short_for_validation_says_so(tmp_path):
    run = finished(text=WORDS, val_split=0.1)
    assert len(run.validation) == 0
    assert any("validation" in note for note in run.notes)
    record = run.checkpoint().training
    assert record.val_characters == 0
    assert record.baselines == {}
    assert "training windows" in record.val_scored
    assert record.val_loss == run.trainer.now.best


@pytest.mark.parametrize("text", ["", "a", "aaaaaaa"])
def test_nothing_to_learn(text):
    with pytest.raises(TextError):
        begin(text)


def test_a_run_that_does_not_fit_in_memory_is_refused_at_its_beginning_and_resumed(
    tmp_path, monkeypatch
):
    path = tmp_path / "m.npz"
    run = begin(max_steps=4)
    next(run.trainer.run())
    run.save(path)
    run.save_state(path)
    monkeypatch.setattr(memory, "available_memory", lambda: 40e6)
    with pytest.raises(TrainingError, match=r"needs 0\.\d\d GB .* take 0\.04 GB here; choose"):
        begin()
    with pytest.raises(CheckpointError, match=r"needs 0\.\d\d GB .* resume it where there is more"):
        TextRun.resume(from_text(WORDS * 20), path)
    monkeypatch.setattr(memory, "available_memory", lambda: 200e6)
    assert len(list(TextRun.resume(from_text(WORDS * 20), path).trainer.run())) == 3


def test_too_many_characters(monkeypatch):
    monkeypatch.setattr(module, "LARGEST_VOCABULARY", 5)
    with pytest.raises(TrainingError, match="as_bytes=True"):
        begin("abcdef" * 10)
    begin("abcde" * 10)


def test_bytes(tmp_path):
    source = tmp_path / "text.bin"
    source.write_bytes(bytes(range(256)) * 4)
    corpus = read_corpus([source], as_bytes=True)
    run = TextRun.begin(corpus, TrainOptions(hidden_size=4, max_steps=2))
    assert run.vocabulary.kind == "bytes"
    assert run.checkpoint().training.encoding == "bytes"
    for _ in run.trainer.run():
        pass
    path = tmp_path / "model.npz"
    run.save_state(path)
    assert text_of(path) == ([str(source)], ReadAs(as_bytes=True))


def test_where_the_text_of_a_stopped_run_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(WORDS * 5, encoding="latin-1")
    run = TextRun.begin(
        read_corpus(["a.txt", "b.txt"], encoding="latin-1"), TrainOptions(max_steps=3)
    )
    path = tmp_path / "model.npz"
    run.save_state(path)
    names, read_as = text_of(path)
    assert (names, read_as) == (["a.txt", "b.txt"], ReadAs("latin-1"))
    TextRun.resume(read_corpus(names, encoding=read_as.encoding), path)
    assert str(tmp_path).encode() not in resume_path(path).read_bytes()
    with pytest.raises(CheckpointError):
        text_of(tmp_path / "other.npz")


def progress(step, improved=None, note=None, loss=1.5):
    evaluation = None if improved is None else Evaluation(step, 1.5, 1.25, improved)
    return Progress(step, step * 32, 0.5, 0.1, loss, 0.7, 1e-2, 1.0, 1.25, evaluation, note)


class Disk:
    """Stands for a run, counts what is saved, and fails when it is set to."""

    def __init__(self):
        self.saved, self.full = [], False

    def save(self, path):
        if self.full:
            raise CheckpointError(f"{path.name}: the disk is full")
        self.saved.append("model")

    def save_state(self, path):
        if self.full:
            raise CheckpointError(f"{path.name}: the disk is full")
        self.saved.append("state")


def test_a_better_model_is_saved_and_the_state_now_and_then(tmp_path, monkeypatch):
    now, disk = SimpleNamespace(seconds=100.0), Disk()
    monkeypatch.setattr(saving_module, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    saving = Saving(disk, tmp_path / "model.npz", state_every=30.0)
    now.seconds += 20
    for step, improved in enumerate([None, False, True, False, True, None]):
        assert saving.after(progress(step, improved)) is None
    assert disk.saved == ["model", "model"]
    now.seconds += 20
    assert saving.after(progress(6, improved=False)) is None
    assert disk.saved == ["model", "model", "state"]
    now.seconds += 20
    assert saving.after(progress(7, improved=False)) is None
    assert disk.saved == ["model", "model", "state"]
    now.seconds += 20
    assert saving.after(progress(8, improved=True)) is None
    assert sorted(disk.saved) == ["model"] * 3 + ["state"] * 2


def test_a_save_that_fails_is_reported_and_the_third_in_a_row_ends_the_run(tmp_path):
    disk = Disk()
    saving = Saving(disk, tmp_path / "model.npz", state_every=math.inf)
    disk.full = True
    for step in (1, 2):
        assert "the disk is full" in saving.after(progress(step, improved=True))
        assert saving.failed
    assert saving.after(progress(3, improved=False)) is None
    disk.full = False
    assert saving.after(progress(4, improved=True)) is None
    assert not saving.failed
    disk.full = True
    for step in (5, 6):
        assert saving.after(progress(step, improved=True))
    with pytest.raises(CheckpointError, match="the disk is full"):
        saving.after(progress(7, improved=True))


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_log_of_a_run(tmp_path):
    path, run = tmp_path / "run.jsonl", begin()
    with RunLog(path) as log:
        log.write("start", text="é\n", best=math.inf)
        for step in run.trainer.run():
            log.progress(step)
            assert lines(path)  # each line is there at once
    written = lines(path)
    assert written[0] == {"event": "start", "text": "é\n", "best": None}
    steps = [line["step"] for line in written if line["event"] == "step"]
    assert steps == [5, 10, 15, 20, 25, 30]
    evaluated = [line for line in written if line["event"] == "evaluation"]
    assert [(line["step"], line["train_loss"], line["val_loss"]) for line in evaluated] == (
        run.trainer.now.history
    )


def test_a_log_has_every_tenth_step_every_note_and_no_nan(tmp_path):
    path = tmp_path / "run.jsonl"
    with RunLog(path) as log:
        for step in range(1, 25):
            log.progress(progress(step, note="diverged" if step == 7 else None, loss=math.nan))
    assert [(line["step"], line["note"]) for line in lines(path)] == [
        (7, "diverged"),
        (10, None),
        (20, None),
    ]
    assert all(line["loss"] is None for line in lines(path))


def test_the_log_of_a_resumed_run_continues_where_it_was_stopped(tmp_path):
    path = tmp_path / "run.jsonl"
    with RunLog(path) as log:
        log.write("start")
        for step in (10, 20, 30):
            log.progress(progress(step))
    with path.open("a") as file:
        file.write('{"event": "step", "st')  # as a crash may leave it
    with RunLog(path, resumed_at=20) as log:
        log.progress(progress(30))
    assert [line.get("step", 0) for line in lines(path)] == [0, 10, 20, 30]
    with RunLog(path):
        pass
    assert path.read_text() == ""


def test_any_file_at_the_path_of_a_resumed_run_s_log(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'\xff\xfe\n[1]\n5\nnull\n{"step": "x"}\n{"step": 1e999}\n{"step": 3}\n\n')
    with RunLog(path, resumed_at=20) as log:
        log.write("end")
    assert {"step": 3} in lines(path)


def test_a_log_that_cannot_be_written_is_reported_before_the_run(tmp_path):
    with pytest.raises(TrainingError, match="cannot write the log"):
        RunLog(tmp_path / "none" / "run.jsonl")
    with pytest.raises(TrainingError):
        RunLog(tmp_path)
