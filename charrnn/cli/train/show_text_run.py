"""What a run on a text prints."""

from pathlib import Path

import numpy as np

from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.cli.signals import Stop
from charrnn.cli.train.display import Again, Log
from charrnn.cli.train.index_text import index_text
from charrnn.cli.train.show_end import Ended, show_end, show_stop
from charrnn.cli.train.show_plan import show_plan
from charrnn.plurals import counted
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.sample import stream
from charrnn.terminal.console import notes
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import Ending
from charrnn.training.verdict import Verdict, judge, remedy

LONG_TEXT = 20_000
"""Validation characters above which a note says what takes the time."""

LAST_SAMPLE = 280
"""Characters of the sample at the end."""


class TextDisplay:
    """Prints a run on a text; a `charrnn.cli.train.display.Display`."""

    def __init__(self, run: TextRun) -> None:
        self._run = run

    def plan(self, path: Path, spared: Path | None = None, saving: float = 0.0) -> None:
        """Print the plan: the text, the network, the training, its time and memory."""
        run, trainer = self._run, self._run.trainer
        sources = tuple(source.name for source in run.corpus.sources)
        show_plan(
            run.plan(saving),
            sources,
            path,
            notes(),
            step=trainer.now.step,
            used=trainer.fraction(),
            spared=spared,
        )

    def index(self, path: Path, stop: Stop) -> None:
        """Index the text, all of it."""
        index_text(self._run, path, stop)

    def sample(self, length: int) -> str:
        """Return so many characters that the network writes."""
        run = self._run
        rng = np.random.Generator(np.random.PCG64(run.trainer.config.seed))
        config = SamplingConfig(length=length)
        return "".join(stream(run.network, run.vocabulary, run.train[:0], config, rng))

    def measuring(self) -> str:
        """Return how much validation text is read, if it is long."""
        kept = len(self._run.validation)
        return f"{counted(kept, 'character')} of validation" if kept > LONG_TEXT else ""

    def stopped(self, path: Path) -> None:
        """Print that the run was stopped, how it was going, and how to resume it."""
        checkpoint = self._run.checkpoint()
        verdict = self._judged(checkpoint, "stop")
        show_stop(checkpoint, verdict, path, notes(), piped=self._run.corpus.is_piped)

    def ended(self, path: Path, ending: Ending, again: Again, log: Log) -> None:
        """Log and print the loss beside those of baselines, a sample, and what to type next."""
        checkpoint, leakage = self._run.checkpoint(), self._run.leakage
        record = checkpoint.training
        verdict = self._judged(checkpoint, ending)
        log(
            best_step=record.best_step, val_loss=record.val_loss, baselines=record.baselines,
            seconds=record.seconds, verdict=verdict.kind, repeated=leakage and leakage.share,
        )  # fmt: skip
        better = remedy(verdict, checkpoint.network.config, record)
        advice = again(path if better.resumed else None, dict(better.options)) if better else None
        sample = self.sample(LAST_SAMPLE)
        show_end(Ended(checkpoint, verdict, leakage, advice, sample), path, notes())

    def _judged(self, checkpoint: Checkpoint, ending: Ending) -> Verdict:
        record = checkpoint.training
        return judge(
            checkpoint.history,
            ending,
            loss=record.val_loss if record.baselines else None,
            baselines=record.baselines,
            validated=self._run.is_validated,
        )
