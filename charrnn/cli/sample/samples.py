"""The samples of one command: how they are made, separated and written."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import typer

from charrnn.cli.messages import note
from charrnn.cli.sample.escapes import as_meant, unescaped
from charrnn.cli.sample.prompt import typed
from charrnn.cli.signals import Stop, stopping
from charrnn.cli.stdout import silence
from charrnn.sampling.config import SamplingConfig

if TYPE_CHECKING:
    from charrnn.array_types import Ids
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.sampling.generate import Choice
    from charrnn.sampling.sample import Sample
    from charrnn.text.vocabulary import Vocabulary


class Output(Protocol):
    """Where samples go: text, a table of candidates, or lines of JSON."""

    def begin(self, *, beside: bool = False) -> None:
        """Begin a sample; `beside`: made along with the one before."""

    def take(self, choice: "Choice") -> None:
        """Write one character of it."""

    def end(self, sample: "Sample") -> None:
        """End it, complete or interrupted."""

    def close(self) -> None:
        """End all of them."""


def make(
    checkpoint: "Checkpoint",
    prompt: "Ids",
    config: SamplingConfig,
    seed: int,
    num_samples: int,
    *,
    together: bool,
    scored: bool = False,
    recorded: bool = False,
) -> "Iterator[list[Sample]]":
    """Yield the samples in groups: one by one, or those that are made side by side."""
    from charrnn.sampling.draw import random_streams

    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    streams = islice(random_streams(seed), num_samples)
    if together:
        from charrnn.sampling.many import samples

        yield from samples(network, vocabulary, prompt, config, streams, scored=scored)
        return
    from charrnn.sampling.sample import Sample, first_ids

    sample = partial(Sample, network, vocabulary, recorded=recorded)
    if config.num_beams > 1:
        from charrnn.sampling.beam import beam_search

        rng = next(streams)
        prompt = prompt if len(prompt) else first_ids(vocabulary, rng)
        for whole in beam_search(network, vocabulary, prompt, config)[:num_samples]:
            yield [sample(prompt, config, rng, whole=whole)]
        return
    for rng in streams:
        yield [sample(prompt, config, rng)]


def write(groups: "Iterator[list[Sample]]", output: Output, total: int = 1) -> None:
    """Write the samples as they are made, until a signal requests a stop.

    total: how many there are; of several, a bar on standard error shows how many are there.

    Raises
    ------
    Exit
        A signal did, with its exit code.
    """
    import numpy as np

    from charrnn.system.child import wake

    with stopping(wake) as stop:
        try:
            # Of parameters so large that products overflow the sampler says so in its own words.
            with closing(output), np.errstate(all="ignore"):
                _write(_tracked(groups, total), output, stop)
        except OSError:
            if stop.requested is None:
                raise
            silence()  # the terminal was closed
    if stop.requested:
        raise typer.Exit(stop.exit_code)


def _tracked(groups: "Iterator[list[Sample]]", total: int) -> "Iterable[tuple[Sample, bool]]":
    """Return each sample, and whether it is made along with the one before; with a bar."""
    samples = ((one, n > 0) for group in groups for n, one in enumerate(group))
    if total == 1 or sys.stdout.isatty():
        return samples
    from charrnn.terminal.progress_bar import tracked

    return tracked(samples, "samples", total)


def _write(samples: "Iterable[tuple[Sample, bool]]", output: Output, stop: Stop) -> None:
    for sample, beside in samples:
        output.begin(beside=beside)
        for choice in sample.choices():
            output.take(choice)
            if stop.requested:
                for delayed in sample.delayed():
                    output.take(delayed)
                break
        output.end(sample)
        if stop.requested:
            break


def between(
    separator: str | None, config: SamplingConfig, vocabulary: "Vocabulary", prompt: bytes
) -> tuple[bytes, bytes]:
    """Return what is written between two samples, and after the last of several.

    Samples in which no line can end are written as lines, as other programs read them.

    prompt: written before each sample.
    """
    if separator is not None:
        return typed(unescaped(separator), "--separator").data, b""
    if b"\n" not in prompt and ("\n" in config.stop or "\n" not in vocabulary):
        return b"\n", b"\n"
    return b"\n----\n", b""


def stops_meant(written: Sequence[str], vocabulary: "Vocabulary") -> tuple[str, ...]:
    """Return the stop texts unescaped, with a note on those that cannot end a sample."""
    from charrnn.sampling.endings import can_appear

    meant = tuple(as_meant(text, "--stop", vocabulary) for text in written)
    for text, stop in zip(written, meant, strict=True):
        if not can_appear(stop, vocabulary):
            note(f"--stop '{text}' cannot appear: the network does not know all its characters")
    return meant
