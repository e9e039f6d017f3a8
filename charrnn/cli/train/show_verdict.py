"""The verdict on a run in a sentence or two: the words of `charrnn.training.verdict`."""

from charrnn.checkpoint.record import TrainingRecord
from charrnn.network.config import NetworkConfig
from charrnn.plurals import counted
from charrnn.terminal.numbers import nats
from charrnn.text.repetition import SAME
from charrnn.training.leakage import Leakage
from charrnn.training.verdict import (
    CLOSE,
    FEW_PASSES,
    MOST_DROPOUT,
    Course,
    Verdict,
    better_rate,
    passes,
)


def sentence(
    verdict: Verdict, network: NetworkConfig, record: TrainingRecord, leakage: Leakage | None = None
) -> str:
    """Return the verdict on a run, its likely cause, and what would help."""
    course = verdict.course
    if verdict.kind == "unvalidated":
        return (
            "No text was kept for validation: this loss is of the text that it learnt from, and "
            "says nothing of new text."
        )
    if verdict.kind == "learnt":
        return "It knows the training text by heart: only more text can teach it more."
    if course is None:
        return "It was never evaluated, so nothing is known of it: give it longer."
    if verdict.kind == "unlearnt":
        return _unlearnt(course, record)
    if verdict.kind == "behind":
        return f"{_ahead(verdict)} at least as well: {_why(verdict, network, record, leakage)}."
    said = _of_course(verdict, course, record)
    return f"{said} {_ahead(verdict)} at least as well." if verdict.behind else said


def leaky(leakage: Leakage) -> str:
    """Return how much of the validation text is leaked, and the loss on the rest of it."""
    where = "the training text"
    if leakage.searched is not None:
        where = f"the training text's last {counted(leakage.searched, 'character')}"
    rest = "" if leakage.rest is None else f" On the rest it is {leakage.rest:.3f} nats."
    return (
        f"The validation text is leaky: {leakage.share:.0%} of it occurs word for word in {where} "
        f"({SAME} characters and more in a row), so its loss says little of new text.{rest}"
    )


def _of_course(verdict: Verdict, course: Course, record: TrainingRecord) -> str:
    """Return the verdict from the losses alone."""
    best, last, where = nats(course.best), nats(course.last), f"step {course.best_step:,}"
    match verdict.kind:
        case "short":
            return "It was too short to show which way it goes: give it longer."
        case "overfits":
            train = f"{nats(course.train_then)} to {nats(course.train_last)}"
            meanwhile = f"fell from {train}" if course.train_falls else "did not"
            dropout = float(record.config.get("dropout") or 0)
            less = "More dropout" if dropout < MOST_DROPOUT else "A smaller network"
            return (
                f"It overfits: since {where} the validation loss rose from {best} to {last}, the "
                f"training loss {meanwhile}. {less} or more text would help."
            )
        case "unstable":
            return (
                f"Both losses rose after {where}, that of validation from {best} to {last}: the "
                "learning rate is too high."
            )
        case "improving":
            when = "it was stopped" if verdict.ending == "stop" else "its budget was used up"
            return (
                f"It was still improving when {when}, by {course.fell:.0%} in the second half of "
                "the run: give it longer."
            )
        case "flat":
            return (
                f"It stopped early: {counted(course.after, 'evaluation')} in a row brought nothing "
                f"better than {best} at {where}. More patience may, as the learning rate falls."
            )
    return (
        f"It has settled: the validation loss fell by {course.fell:.1%} in the second half. "
        "More text or a larger network would help."
    )


def _unlearnt(course: Course, record: TrainingRecord) -> str:
    rate = float(record.config.get("learning_rate") or 0)
    way = "higher" if better_rate(record) > rate else "lower"
    loss = course.best if record.val_loss is None else record.val_loss
    far = loss > record.baselines["unigram"] * (1 + CLOSE)
    return (
        "It learnt nothing: to know how often each character occurs (unigram) is "
        f"{'better' if far else 'as good'}. A {way} learning rate would help."
    )


def _ahead(verdict: Verdict) -> str:
    """Return which baselines do well: Xz (1.85) and the 5-gram (1.93) do."""
    named = [
        f"{'the ' if name.endswith('-gram') else ''}{name} ({nats(loss)})"
        for name, loss in verdict.behind.items()
    ]
    said = " and ".join(named)
    return f"{said[0].upper()}{said[1:]} {'does' if len(named) == 1 else 'do'}"


def _why(
    verdict: Verdict, network: NetworkConfig, record: TrainingRecord, leakage: Leakage | None
) -> str:
    """Return why counting or copying may do as well as a network."""
    if list(verdict.behind) == ["xz"]:
        if leakage and leakage.leaky:
            return "the text repeats itself word for word, and earlier text can be copied"
        return "the text has long repeats, which are easier to copy than to learn"
    if passes(record) < FEW_PASSES:
        return f"the network has read the text {passes(record):.1f} times only; give it longer"
    if network.cell == "rnn":
        return "a plain RNN keeps little of what is some characters back, and an LSTM keeps more"
    return f"{counted(network.hidden_size, 'unit')} a layer may be few for this text"
