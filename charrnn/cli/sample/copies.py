"""The options against copying: which index they search, and what they report."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from charrnn.checkpoint.paths import index_path
from charrnn.cli.messages import note
from charrnn.errors import ConfigError
from charrnn.plurals import counted
from charrnn.terminal.commands import quoted
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.cli.sample.samples import Output
    from charrnn.sampling.generate import Choice
    from charrnn.sampling.sample import Sample
    from charrnn.text.copies import Copies, IndexedCorpus

LONG = 1_000_000
"""Characters above which a note says what takes the time, a second or so."""

SHOWN = 60
"""Characters of a run that are shown."""


@contextmanager
def searched(
    corpora: Sequence[str], model: Path, checkpoint: "Checkpoint", *, by_samplers: bool
) -> "Iterator[tuple[IndexedCorpus | None, str | None]]":
    """Yield the corpus in which copies are searched, and the path of its index; None if unused.

    corpora: files to read; of none the index beside the model is taken.
    by_samplers: whether the index has to be in a file: samplers may be other processes.

    Raises
    ------
    ConfigError
        There is no index, and no file is named.
    TextError, CheckpointError
        A file or the index cannot be read.
    """
    if not (corpora or by_samplers):
        yield None, None
        return
    from charrnn.checkpoint.index import index_of, save_index

    beside = index_path(model)
    if not corpora:
        if not beside.exists():
            raise ConfigError(
                f"--no-copy: {model} has no index of its training text beside it; name the text "
                "with --check-copies CORPUS, or make one with `charrnn train --index`"
            )
        yield index_of(model, checkpoint), str(beside)
        return
    corpus = _read(corpora, model, checkpoint)
    if corpus is None:
        yield index_of(model, checkpoint), str(beside)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = index_path(Path(folder, model.name))
        if by_samplers:
            save_index(path, corpus)
        yield corpus, str(path) if by_samplers else None


def _read(corpora: Sequence[str], model: Path, checkpoint: "Checkpoint") -> "IndexedCorpus | None":
    """Return corpora indexed; None if the index beside the model is that of the same text."""
    from charrnn.text.copies import IndexedCorpus
    from charrnn.text.corpus import read_first
    from charrnn.text.read_as import ways_to_read

    training = checkpoint.training
    as_bytes = checkpoint.vocabulary.kind == "bytes"
    corpus = read_first(corpora, ways_to_read(training.read_as, as_bytes=as_bytes))
    for remark in corpus.notes:
        note(remark)
    if corpus.sha256 != training.sha256:
        named = ", ".join(quoted(name) for name in corpora)
        note(f"--check-copies: {named} is not the text, or not all of it, that {model} has learnt")
    elif index_path(model).exists():
        return None
    if len(corpus) > LONG:
        said = "" if corpus.sha256 != training.sha256 else "; `charrnn train --index` keeps it"
        note(f"indexing {counted(len(corpus), 'character')}{said}")
    return IndexedCorpus.of(corpus, checkpoint.vocabulary)


def watched(output: "Output", corpus: "IndexedCorpus | None") -> "Output":
    """Return an output that also reports what is copied from a corpus, if one is searched."""
    from charrnn.text.copies import Copies

    return Watched(output, Copies(corpus)) if corpus else output


class Watched:
    """An output whose texts are searched for copies; at its end the result is reported."""

    def __init__(self, output: "Output", copies: "Copies") -> None:
        self._output, self._copies = output, copies

    def begin(self, *, beside: bool = False) -> None:
        """Begin a sample."""
        self._copies.begin()
        self._output.begin(beside=beside)

    def take(self, choice: "Choice") -> None:
        """Write and count one character of it."""
        self._copies.accept(choice.id)
        self._output.take(choice)

    def end(self, sample: "Sample") -> None:
        """End it."""
        self._output.end(sample)

    def close(self) -> None:
        """End all of them, and report on standard error."""
        try:
            self._output.close()
        finally:
            for line in report(self._copies):
                note(line)


def report(copies: "Copies") -> Iterator[str]:
    """Yield in lines what texts have copied: the longest run, and the share of new n-grams."""
    from charrnn.text.copies import GRAM

    run, corpus = copies.longest, copies.corpus
    if not run.length:
        yield "copies: nothing of it stands in the corpus"
    else:
        times, start = corpus.index.occurrences(run)
        place = corpus.place(start)
        name = "standard input" if place.name == STANDARD_INPUT else place.name
        line = f", line {place.line:,}" if place.line else ""
        first = "" if times == 1 else f"{times:,} times, first in "
        text = corpus.text(run._replace(length=min(run.length, SHOWN)))
        rest = "..." if run.length > SHOWN else ""
        yield (
            f"copies: the longest run that stands in the corpus has "
            f"{counted(run.length, 'character')} ({first}{name}{line}): {text!r}{rest}"
        )
    if copies.grams:
        share = copies.new / copies.grams
        yield f"copies: {share:.1%} of {counted(copies.grams, f'{GRAM}-gram')} are new"
    else:
        yield f"copies: no text has {GRAM} characters, so none has a {GRAM}-gram"
