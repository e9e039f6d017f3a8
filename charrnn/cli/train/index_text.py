"""The index of the text of a run, beside its model."""

import time
from contextlib import suppress
from pathlib import Path

from charrnn.checkpoint.index import save_index
from charrnn.checkpoint.paths import index_path
from charrnn.cli.messages import note
from charrnn.cli.signals import Stop, Stopped
from charrnn.plurals import counted
from charrnn.terminal.numbers import duration
from charrnn.text.copies import IndexedCorpus
from charrnn.training.text_run import TextRun


def index_text(run: TextRun, model: Path, stop: Stop) -> None:
    """Index the text, all of it, beside the model, unless a signal ends that.

    Raises
    ------
    TextError, CheckpointError
        The text is too long, or the index cannot be saved.
    """
    began, path = time.monotonic(), index_path(model)
    with suppress(Stopped), stop.ends_work():
        save_index(path, IndexedCorpus.of(run.corpus, run.vocabulary))
        took, size = time.monotonic() - began, path.stat().st_size
        note(
            f"indexed {counted(len(run.corpus), 'character')} in {duration(took)}: {path}, "
            f"{size / 1e6:,.1f} MB"
        )
