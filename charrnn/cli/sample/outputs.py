"""Where samples go: one stream, or a file each in a folder, as text, candidates or JSON."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charrnn.cli.replacing import check_output
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.sample.samples import Output, between
from charrnn.cli.stdout import file_for, written_to
from charrnn.errors import ConfigError
from charrnn.sampling.config import SamplingConfig

if TYPE_CHECKING:
    from charrnn.array_types import Ids
    from charrnn.sampling.generate import Choice
    from charrnn.sampling.sample import Sample
    from charrnn.text.vocabulary import Vocabulary


def check_new(options: SampleOptions) -> None:
    """Make sure that nothing is replaced unasked.

    Raises
    ------
    ConfigError
        A file exists that would be.
    """
    output, overwrite = options.output, options.overwrite
    if output is None or not output.is_dir():
        check_output(output, overwrite=overwrite)
        return
    if options.show_probs and not options.as_json:
        raise ConfigError(f"--output: {output} is a folder, for texts; name a file")
    for n in range(options.num_samples) if any(output.iterdir()) else ():
        check_output(_file(output, n, options), overwrite=overwrite)


@contextmanager
def opened(options: SampleOptions, writer: Callable[[], Output]) -> Iterator[Output]:
    """Give where samples are written to while the block runs.

    writer: makes what writes samples to standard output as it is now.
    """
    output = options.output
    if output is not None and output.is_dir():
        yield _Folder(output, options, writer)
        return
    with written_to(file_for(output)):
        yield writer()


def writer_of(  # noqa: PLR0917
    options: SampleOptions,
    config: SamplingConfig,
    vocabulary: "Vocabulary",
    prompt: bytes,
    ids: "Ids",
    about: dict[str, Any],
) -> Output:
    """Return what writes samples to standard output as it is now.

    prompt, ids: as it was given, and as the network reads it.
    """
    if options.as_json:
        from charrnn.cli.sample.show_json_lines import JsonLines

        shown = options.top if options.show_probs else 0
        return JsonLines(sys.stdout, vocabulary, about, shown)
    if options.show_probs:
        from charrnn.cli.sample.show_candidates import CandidateTable
        from charrnn.terminal.console import results

        return CandidateTable(results(options.colour), vocabulary, ids, options.top)
    from charrnn.cli.sample.show_text import Writing

    before = prompt if options.echo else b""
    apart, last = between(options.separator, config, vocabulary, before)
    last = last if options.num_samples > 1 else b""
    return Writing(
        sys.stdout,
        vocabulary,
        before,
        raw=options.raw,
        colour=options.colour,
        separator=apart,
        last=last,
    )


def _file(folder: Path, n: int, options: SampleOptions) -> Path:
    """Return the file of a sample in a folder: 001.txt of a hundred and more."""
    digits = len(str(options.num_samples))
    return folder / f"{n + 1:0{digits}}.{'jsonl' if options.as_json else 'txt'}"


class _Folder:
    """Writes a file for each sample."""

    def __init__(self, folder: Path, options: SampleOptions, writer: Callable[[], Output]) -> None:
        self._folder, self._options, self._writer = folder, options, writer
        self._n = 0

    def begin(self, *, beside: bool = False) -> None:
        """Open the file of the next sample."""
        self._file = ExitStack()
        self._file.enter_context(written_to(_file(self._folder, self._n, self._options)))
        self._one = self._writer()
        self._one.begin()
        self._n += 1

    def take(self, choice: "Choice") -> None:
        """Write one character."""
        self._one.take(choice)

    def end(self, sample: "Sample") -> None:
        """Write what is left, and close the file."""
        with self._file:
            self._one.end(sample)
            self._one.close()

    def close(self) -> None:
        """Do nothing: each file is closed at its end."""
