"""The log of a run: complete lines, steps that only increase, and no other file replaced."""

import errno
import json
import math

import pytest

from charrnn.errors import CheckpointError, TrainingError
from charrnn.text.corpus import from_text
from charrnn.training.log import RunLog, is_log
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import Evaluation, Progress


def progress(step, improved=None, note=None, loss=1.5):
    evaluation = None if improved is None else Evaluation(step, 1.5, 1.25, improved)
    return Progress(step, step * 32, 0.5, 0.1, loss, 0.7, 1e-2, 1.0, 1.25, evaluation, note)


def lines(path):
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_each_line_is_there_at_once_and_ascii(tmp_path):
    path = tmp_path / "run.jsonl"
    choices = TrainOptions(hidden_size=4, max_steps=30, evaluations=6)
    run = TextRun.begin(from_text("the cat sat on the mat\n" * 40), choices)
    with RunLog(path) as log:
        log.write("start", text="é\u2028\n", best=math.inf, nested={"a": [1, None]})
        for count, step in enumerate(run.trainer.run(), 1):
            log.progress(step)
            assert path.read_bytes().endswith(b"\n")
            assert count // 5 * 2 >= len(lines(path)) - 1
    written = lines(path)
    assert written[0] == {
        "event": "start", "text": "é\u2028\n", "best": None, "nested": {"a": [1, None]},
    }  # fmt: skip
    assert [line["step"] for line in written if line["event"] == "step"] == [5, 10, 15, 20, 25, 30]
    evaluated = [line for line in written if line["event"] == "evaluation"]
    assert [(line["step"], line["train_loss"], line["val_loss"]) for line in evaluated] == (
        run.trainer.now.history
    )


def test_every_tenth_step_note_and_evaluation_and_no_nan(tmp_path):
    path = tmp_path / "run.jsonl"
    with RunLog(path) as log:
        for step in range(1, 25):
            log.progress(progress(step, note="diverged" if step == 7 else None, loss=math.nan))
        log.progress(progress(25, improved=True))
    found = [(line["event"], line["step"], line.get("note")) for line in lines(path)]
    assert found == [
        ("step", 7, "diverged"), ("step", 10, None), ("step", 20, None), ("step", 25, None),
        ("evaluation", 25, None),
    ]  # fmt: skip
    assert [line["loss"] for line in lines(path)[:3]] == [None] * 3


def test_a_resumed_run_continues_where_it_was_stopped(tmp_path):
    path = tmp_path / "run.jsonl"
    with RunLog(path) as log:
        log.write("start")
        for step in (10, 20, 30):
            log.progress(progress(step))
    before = path.read_bytes()
    path.chmod(0o640)
    with path.open("ab") as file:
        file.write(b'{"event": "step", "st')  # as a crash may leave it
    with RunLog(path, resumed_at=20) as log:
        log.progress(progress(30))
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o640
    with RunLog(path, resumed_at=30) as log:
        log.progress(progress(40))
    assert [line.get("step", 0) for line in lines(path)] == [0, 10, 20, 30, 40]
    assert [each.name for each in tmp_path.iterdir()] == ["run.jsonl"]


def test_a_run_that_begins_begins_its_log(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text("old\n")
    with RunLog(path):
        pass
    assert path.read_bytes() == b""


def test_any_file_at_the_path_of_a_resumed_run_s_log(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(
        b'\xff\xfe\n[1]\n5\nnull\n{"step": "x"}\n{"step": 1e999}\n{"step": NaN}\n{"step": 3}\n\n'
        + b"[" * 100_000 + b"\n" + b'{"step": 21}\n{"text": "a\x0bb"}\n{"step": 4}'
    )  # fmt: skip
    with RunLog(path, resumed_at=20) as log:
        log.write("end")
    assert lines(path) == [{"step": 3}, {"step": 4}, {"event": "end"}]


def test_a_log_that_is_new_to_a_resumed_run(tmp_path):
    with RunLog(tmp_path / "run.jsonl", resumed_at=20) as log:
        log.progress(progress(30))
    assert [line["step"] for line in lines(tmp_path / "run.jsonl")] == [30]


def test_where_no_log_can_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for path in (
        tmp_path / "none" / "run.jsonl",
        tmp_path,
        file / "run.jsonl",
        tmp_path / ("x" * 300),
    ):
        for step in (0, 20):
            with pytest.raises(TrainingError, match="cannot write the log there") as said:
                RunLog(path, step)
            assert "\n" not in str(said.value)


def test_a_full_disk_is_reported_once_and_nothing_is_written_after_half_a_line(tmp_path):
    class Full:
        """A file that takes seven bytes more."""

        def __init__(self, path):
            self.file, self.room = path.open("wb", buffering=0), 7

        def write(self, data):
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            written, self.room = self.file.write(data[: self.room]), 0
            return written

        def close(self):
            self.file.close()

    path = tmp_path / "run.jsonl"
    with RunLog(path) as log:
        log._file.close()
        log._file = Full(path)
        with pytest.raises(TrainingError, match="no space left"):
            log.write("start")
        assert log.failure == "no space left on device"
        log._file.room = 1000
        log.write("end")
        log.progress(progress(10))
    assert path.read_bytes() == b'{"event'


def test_a_disk_that_is_full_when_a_log_is_shortened(tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    path.write_text('{"step": 30}\n')

    def fail(path, write):
        raise CheckpointError("full")

    monkeypatch.setattr("charrnn.training.log.write_atomically", fail)
    with pytest.raises(CheckpointError):
        RunLog(path, resumed_at=20)
    assert path.read_text() == '{"step": 30}\n'


def test_recognising_a_log(tmp_path):
    path = tmp_path / "file"
    assert is_log(path)
    for text, expected in (
        (b"", True), (b'{"event": "start"}\n', True), (b"Once upon a time\n", False),
        (b"PK\x03\x04\x00", False), (b"5\n", False), (b"[" * 100_000, False), (b"\n", False),
    ):  # fmt: skip
        path.write_bytes(text)
        assert is_log(path) is expected
    assert is_log(tmp_path)  # what it is instead is reported on opening
