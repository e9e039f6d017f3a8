"""A run from its plan to its end, or to the signal that stops it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.checkpoint.checkpoint import Checkpoint, this_program
from charrnn.checkpoint.paths import resume_path
from charrnn.cli.messages import note
from charrnn.cli.signals import Stop, Stopped, stopping
from charrnn.cli.train.index_text import index_text
from charrnn.cli.train.options import OutputOptions
from charrnn.cli.train.show_end import Ended, show_end, show_stop, show_stopped, show_unmeasured
from charrnn.cli.train.show_pairs import answered, show_pair_end, show_pair_plan
from charrnn.cli.train.show_plan import show_plan
from charrnn.cli.train.show_profile import draw
from charrnn.cli.train.show_progress import TrainingProgress
from charrnn.errors import TrainingError
from charrnn.plurals import counted
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.sample import stream
from charrnn.system.child import wake
from charrnn.terminal.console import notes
from charrnn.terminal.screen import screen_of, show
from charrnn.training.autosave import Saving
from charrnn.training.log import RunLog
from charrnn.training.pairs.run import PairRun
from charrnn.training.profile import Profile
from charrnn.training.run import Run
from charrnn.training.trainer import ENDED, Ending, Progress
from charrnn.training.verdict import Verdict, judge, remedy

Again = Callable[[Path | None, dict[str, Any]], str]
"""The command with other options, given by their names: to resume a model, or to start afresh."""

SAMPLE_EVERY = 5
"""Evaluations from one sample to the next."""

LONG_TEXT = 20_000
"""Validation characters above which a note says what takes the time."""


def print_plan(run: Run, path: Path, spared: Path | None = None, saving: float = 0.0) -> None:
    """Show what the run will take.

    spared: what lies where the model would have been saved, and stays.
    saving: the seconds that the run takes to be saved.
    """
    now, used = run.trainer.now, run.trainer.fraction()
    if isinstance(run, PairRun):
        show_pair_plan(run, path, notes(), step=now.step, used=used, spared=spared)
        return
    sources = tuple(source.name for source in run.corpus.sources)
    planned = run.plan(saving)
    show_plan(planned, sources, path, notes(), step=now.step, used=used, spared=spared)


def run_session(
    run: Run, path: Path, output: OutputOptions, again: Again, spared: Path | None = None
) -> int:
    """Show the plan, train to the end or to the first signal, and save; return the exit code.

    again: how to type the command with other options.
    spared: what lies where the model would have been saved, and stays.

    Raises
    ------
    CharRNNError
        The run cannot start or continue, or not all of it is saved; what is saved is whole.
    """
    trainer, saving = run.trainer, Saving(run, path)
    trainer.profile = Profile() if output.profile else None
    with stopping(wake) as stop, _prepared(saving, output.log_file) as log:
        print_plan(run, path, spared, saving.took)
        if output.index and not stop.requested and not isinstance(run, PairRun):
            index_text(run, path, stop)
        if not stop.requested:
            with saving.guarded():
                _train(run, saving, log, stop, output)
        if trainer.profile:
            screen = screen_of(notes())
            show(draw(trainer.profile.shares(), trainer.profile.steps, screen), screen, notes())
        if stop.requested and trainer.fraction() < 1:
            saving.stopped()
            if log:
                _written(log, "stop", step=trainer.now.step)
            piped = run.corpus.is_piped
            if isinstance(run, PairRun):
                show_stopped(trainer.now.step, path, notes(), piped=piped)
            else:
                checkpoint = run.checkpoint()
                verdict = _judged(run, checkpoint, "stop")
                show_stop(checkpoint, verdict, path, notes(), piped=piped)
        else:
            _conclude(run, path, saving, log, stop, again)
    if lost := _lost(saving, log):
        raise TrainingError(f"{path}: saved, but on the way {lost}")
    return stop.exit_code


@contextmanager
def _prepared(saving: Saving, log_file: Path | None) -> Iterator[RunLog | None]:
    """Save for the first time and begin the log: an unwritable path fails before the run."""
    run, state = saving.run, resume_path(saving.path)
    new = not state.exists()
    saving.state()
    with ExitStack() as unless_begun:
        if new:
            unless_begun.callback(state.unlink, missing_ok=True)
        log = RunLog(log_file, run.trainer.now.step) if log_file else None
        with log or nullcontext():
            if log:
                log.write("resume" if run.trainer.now.step else "start", **_about(run))
            unless_begun.pop_all()
            yield log


def _train(run: Run, saving: Saving, log: RunLog | None, stop: Stop, output: OutputOptions) -> None:
    """Train to the end or to the first signal, and show, log and save what there is."""
    with TrainingProgress(
        run.trainer.fraction(),
        run.trainer.now.history,
        validated=run.is_validated,
        plot=output.plot,
    ) as shown:
        for progress in run.trainer.run():
            shown.show(progress)
            for warning in (saving.after(progress), log and _logged(log, progress)):
                if warning:
                    shown.line(f"warning: {warning}")
            if output.samples and _sample_due(run, progress):
                shown.sample(_write_sample(run, 160), progress)
            if stop.requested:
                break


def _conclude(  # noqa: PLR0917
    run: Run, path: Path, saving: Saving, log: RunLog | None, stop: Stop, again: Again
) -> None:
    """Save, measure the best network, and show the result of the run.

    Saved first: if the user interrupts the measuring, the model is there and can be measured later.
    """
    trainer, ending = run.trainer, run.trainer.ending()
    saving.stopped()
    if len(run.validation) > LONG_TEXT:
        kept = counted(len(run.validation), "character")
        note(f"measuring the best network on {kept} of validation; Ctrl-C leaves it for later")
    try:
        with stop.ends_work():
            run.conclude(ENDED[ending])
    except Stopped:
        if log:
            _written(log, "stop", step=trainer.now.step)
        show_unmeasured(trainer.now.step, path, notes(), piped=run.corpus.is_piped)
        return
    run.save(path)
    if isinstance(run, PairRun):
        _ended_with_pairs(run, path, log, ending)
        return
    checkpoint = run.checkpoint()
    record, leakage = checkpoint.training, run.leakage
    verdict = _judged(run, checkpoint, ending)
    if log:
        _written(
            log, "end", step=trainer.now.step, best_step=record.best_step,
            val_loss=record.val_loss, baselines=record.baselines, seconds=record.seconds,
            verdict=verdict.kind, repeated=leakage and leakage.share,
        )  # fmt: skip
    better = remedy(verdict, checkpoint.network.config, record)
    advice = again(path if better.resumed else None, dict(better.options)) if better else None
    show_end(Ended(checkpoint, verdict, leakage, advice, _write_sample(run, 280)), path, notes())


def _ended_with_pairs(run: PairRun, path: Path, log: RunLog | None, ending: Ending) -> None:
    checkpoint = run.pair_checkpoint()
    record = checkpoint.training
    if log:
        _written(
            log, "end", step=run.trainer.now.step, best_step=record.best_step,
            val_loss=record.val_loss, measured=checkpoint.measured, seconds=record.seconds,
        )  # fmt: skip
    verdict = judge(checkpoint.history, ending, validated=run.is_validated)
    show_pair_end(run, checkpoint, verdict, path, notes())


def _judged(run: Run, checkpoint: Checkpoint, ending: Ending) -> Verdict:
    record = checkpoint.training
    measured = bool(record.baselines)
    return judge(
        checkpoint.history,
        ending,
        loss=record.val_loss if measured else None,
        baselines=record.baselines,
        validated=run.is_validated,
    )


def _about(run: Run) -> dict[str, Any]:
    """Return the first entry of a log, before the first step."""
    return {
        "sources": [source.name for source in run.corpus.sources],
        "sha256": run.corpus.sha256,
        **run.sizes(),
        "network": asdict(run.trainer.network.config),
        "training": asdict(run.trainer.config),
        "versions": this_program(),
        "resumed_at": run.trainer.now.step,
    }


def _logged(log: RunLog, progress: Progress) -> str | None:
    """Log a step; return a warning the first time that this fails."""
    try:
        log.progress(progress)
    except TrainingError as error:
        return str(error)
    return None


def _written(log: RunLog, event: str, **fields: Any) -> None:
    try:
        log.write(event, **fields)
    except TrainingError as error:
        note(f"warning: {error}")


def _lost(saving: Saving, log: RunLog | None) -> str:
    """Return what went wrong without ending the run, or nothing."""
    times = f"{saving.failures} times" if saving.failures > 1 else "once"
    lost = [f"it could not be, {times}"] if saving.failures else []
    lost += [f"the log broke off ({log.failure})"] if log and log.failure else []
    return " and ".join(lost)


def _sample_due(run: Run, progress: Progress) -> bool:
    """Return whether a sample is due: at every fifth evaluation but the last."""
    evaluations = len(run.trainer.now.history)
    return bool(progress.evaluation) and not evaluations % SAMPLE_EVERY and progress.fraction < 1


def _write_sample(run: Run, length: int) -> str:
    if isinstance(run, PairRun):
        return answered(run, length)
    rng = np.random.Generator(np.random.PCG64(run.trainer.config.seed))
    config = SamplingConfig(length=length)
    return "".join(stream(run.network, run.vocabulary, run.train[:0], config, rng))
