"""A run from its plan to its end, or to the signal that stops it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charrnn.checkpoint.checkpoint import this_program
from charrnn.checkpoint.paths import resume_path
from charrnn.cli.messages import note
from charrnn.cli.signals import Stop, Stopped, stopping
from charrnn.cli.train.display import Again, Display
from charrnn.cli.train.options import OutputOptions
from charrnn.cli.train.show_end import show_unmeasured
from charrnn.cli.train.show_pair_run import PairDisplay
from charrnn.cli.train.show_profile import draw
from charrnn.cli.train.show_progress import TrainingProgress
from charrnn.cli.train.show_text_run import TextDisplay
from charrnn.errors import TrainingError
from charrnn.system.child import wake
from charrnn.terminal.console import notes
from charrnn.terminal.screen import screen_of, show
from charrnn.training.autosave import Saving
from charrnn.training.log import RunLog
from charrnn.training.pairs.run import PairRun
from charrnn.training.profile import Profile
from charrnn.training.run import Run
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import ENDED, Progress

SAMPLE_EVERY = 5
"""Evaluations from one sample to the next."""

SAMPLE = 160
"""Characters of a sample while the network learns."""


def display_of(run: Run) -> Display:
    """Return what prints a run."""
    if isinstance(run, PairRun):
        return PairDisplay(run)
    assert isinstance(run, TextRun)
    return TextDisplay(run)


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
    trainer, saving, display = run.trainer, Saving(run, path), display_of(run)
    trainer.profile = Profile() if output.profile else None
    with stopping(wake) as stop, _prepared(saving, output.log_file) as log:
        display.plan(path, spared, saving.took)
        if output.index and not stop.requested:
            display.index(path, stop)
        if not stop.requested:
            with saving.guarded():
                _train(display, saving, log, stop, output)
        if trainer.profile:
            screen = screen_of(notes())
            show(draw(trainer.profile.shares(), trainer.profile.steps, screen), screen, notes())
        if stop.requested and trainer.fraction() < 1:
            saving.stopped()
            if log:
                _written(log, "stop", step=trainer.now.step)
            display.stopped(path)
        else:
            _conclude(display, saving, log, stop, again)
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


def _train(
    display: Display, saving: Saving, log: RunLog | None, stop: Stop, output: OutputOptions
) -> None:
    """Train to the end or to the first signal, and show, log and save what there is."""
    run = saving.run
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
                shown.sample(display.sample(SAMPLE), progress)
            if stop.requested:
                break


def _conclude(
    display: Display, saving: Saving, log: RunLog | None, stop: Stop, again: Again
) -> None:
    """Save, measure the best network, and show the result of the run.

    Saved first: if the user interrupts the measuring, the model is there and can be measured later.
    """
    run, path, step = saving.run, saving.path, saving.run.trainer.now.step
    ending = run.trainer.ending()
    saving.stopped()
    if long := display.measuring():
        note(f"measuring the best network on {long}; Ctrl-C leaves it for later")
    try:
        with stop.ends_work():
            run.conclude(ENDED[ending])
    except Stopped:
        if log:
            _written(log, "stop", step=step)
        show_unmeasured(step, path, notes(), piped=run.corpus.is_piped)
        return
    run.save(path)

    def last(**fields: Any) -> None:
        if log:
            _written(log, "end", step=step, **fields)

    display.ended(path, ending, again, last)


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
