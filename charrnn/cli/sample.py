"""`charrnn sample`: text from a trained network, on standard output and nothing else there."""

import hashlib
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import typer

from charrnn.checkpoint.paths import newest
from charrnn.cli.notes import note
from charrnn.cli.numbers import number, whole_number
from charrnn.cli.output import standard_output
from charrnn.cli.prompt import encode, from_file, typed
from charrnn.cli.reading import DEFAULT_ENCODING, DEFAULT_ERRORS, Encoded
from charrnn.cli.shell import command_line, unescaped
from charrnn.cli.signals import stopping
from charrnn.cli.threads import threads_for, use_threads
from charrnn.errors import ConfigError
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.network.functions import Ids
    from charrnn.sampling.generating import Choice
    from charrnn.sampling.sample import Sample
    from charrnn.text.vocabulary import Vocabulary

Unknown = Literal["error", "skip", "nearest"]

FOLDER = Path("checkpoints")
DEFAULT = SamplingConfig()

PROMPT, CHOOSING, HOW_MUCH, OUTPUT = "Prompt", "Choosing characters", "How much", "Output"


def sample(  # noqa: PLR0917
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL", help="A model file.", show_default=f"the newest in {FOLDER}/"
        ),
    ] = None,
    length: Annotated[
        int,
        typer.Option(
            "-n",
            "--length",
            parser=whole_number,
            metavar="N",
            help="How many characters, the prompt not counted; -1 is without end.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = DEFAULT.length,
    temperature: Annotated[
        float,
        typer.Option(
            "-t",
            "--temperature",
            parser=number,
            metavar="T",
            help="Below 1 likelier, above 1 bolder; 0 takes the likeliest every time.",
            rich_help_panel=CHOOSING,
        ),
    ] = DEFAULT.temperature,
    top_k: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="K",
            help="Choose among the K likeliest only; 0 is off.",
            rich_help_panel=CHOOSING,
        ),
    ] = DEFAULT.top_k,
    top_p: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="P",
            help="Choose among the likeliest that together reach P; 1 is off.",
            rich_help_panel=CHOOSING,
        ),
    ] = DEFAULT.top_p,
    min_p: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="P",
            help="Choose among those at least P times as likely as the likeliest; 0 is off.",
            rich_help_panel=CHOOSING,
        ),
    ] = DEFAULT.min_p,
    prompt: Annotated[
        str | None,
        typer.Option(
            "-p",
            "--prompt",
            metavar="TEXT",
            help="Go on from this text.",
            rich_help_panel=PROMPT,
        ),
    ] = None,
    prompt_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Go on from the text in this file; - is standard input.",
            rich_help_panel=PROMPT,
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How the prompt's file is encoded.",
            show_default=DEFAULT_ENCODING,
            rich_help_panel=PROMPT,
        ),
    ] = None,
    errors: Annotated[
        Literal["strict", "replace"] | None,
        typer.Option(
            help="What becomes of bytes in it that are not in that encoding.",
            show_default=DEFAULT_ERRORS,
            rich_help_panel=PROMPT,
        ),
    ] = None,
    as_bytes: Annotated[
        bool,
        typer.Option(
            "--bytes",
            help="Take each byte of the prompt's file for the character of that number.",
            rich_help_panel=PROMPT,
        ),
    ] = False,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help=r"End before this text; may be repeated. \n, \t, \r and \\ are understood.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = None,
    num_samples: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="How many texts to write, with a line ---- between them.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = 1,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="The same seed gives the same text.",
            show_default="random, told on standard error",
            rich_help_panel=CHOOSING,
        ),
    ] = None,
    unknown: Annotated[
        Unknown,
        typer.Option(
            help="What becomes of a prompt's characters that the network never saw: nearest reads "
            "a similar one in their place.",
            rich_help_panel=PROMPT,
        ),
    ] = "error",
    echo: Annotated[
        bool,
        typer.Option(
            "--echo/--no-echo",
            help="Write the prompt before the text.",
            rich_help_panel=PROMPT,
        ),
    ] = True,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="Write control characters to a terminal as they are, as to a pipe or file.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write a line of JSON for each sample.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    show_probs: Annotated[
        bool,
        typer.Option(
            "--show-probs",
            help="Show for each character what might have been instead.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    top: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="How many --show-probs shows of each.",
            rich_help_panel=OUTPUT,
        ),
    ] = 5,
    temp: Annotated[float | None, typer.Option("--temp", parser=number, hidden=True)] = None,
) -> None:
    """Write text with a trained network.

    The text goes to standard output as it is made, and everything else to standard error.

    Example: charrnn sample --prompt "Once" --length 300
    """
    config = SamplingConfig(
        length=length,
        temperature=temperature if temp is None else temp,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        stop=tuple(unescaped(text) for text in stop or ()),
    )
    if num_samples < 1 or top < 1:
        raise ConfigError("--num-samples and --top: less than 1 shows nothing; give 1 or more")
    if seed is not None and seed < 0:
        raise ConfigError(f"--seed: {seed} is negative; give a number from 0 on")
    if prompt is not None and prompt_file is not None:
        raise ConfigError("--prompt and --prompt-file both give a prompt; leave one of them out")
    encoded = Encoded(encoding, errors, as_bytes)
    given = typed(prompt or "", "--prompt")
    for text in config.stop:
        typed(text, "--stop")

    path = newest(FOLDER) if model is None else model
    together = num_samples > 1 and length != ENDLESS and not show_probs
    use_threads(1 if together else threads_for(path))  # together, each core has its own samples
    from charrnn.checkpoint.checkpoint import load

    checkpoint = load(path)
    if model is None:
        note(f"newest model: {path}")
    if prompt_file is not None:
        given = from_file(prompt_file, encoded.ways(checkpoint), checkpoint.vocabulary)
    else:
        encoded.no_file()
    ids = encode(given, checkpoint.vocabulary, unknown)
    note_stops(config.stop, checkpoint.vocabulary)
    seeded = secrets.randbits(32) if seed is None else seed
    added = [str(path)] if model is None else []
    added += ["--seed", str(seeded)] if seed is None else []
    again = command_line(added) + (" < PROMPT" if str(prompt_file) == STANDARD_INPUT else "")
    typer.echo(f"seed {seeded}; the same again: {again}", err=True)  # quoted, and never cut short

    about = {
        "model": path.name,
        "model_sha256": sha256(path) if as_json else "",
        "prompt": given.text,
        "seed": seeded,
        "params": asdict(config) | {"unknown": unknown},
    }
    output: Output
    with standard_output():
        if as_json:
            from charrnn.display.sampling.lines import JsonLines

            shown = top if show_probs else 0
            output = JsonLines(sys.stdout, checkpoint.vocabulary, about, shown)
        elif show_probs:
            from charrnn.display.console import results
            from charrnn.display.sampling.candidates import CandidateTable

            output = CandidateTable(results(), checkpoint.vocabulary, ids, top)
        else:
            from charrnn.display.sampling.writing import Writing

            before = given.data if echo else b""
            output = Writing(sys.stdout, checkpoint.vocabulary, before, raw=raw)
        made = make(checkpoint, ids, config, seeded, num_samples, together=together)
        write(made, output)


class Output(Protocol):
    """Where samples go: text, a table of candidates, or lines of JSON."""

    def begin(self, *, beside: bool = False) -> None:
        """Begin a sample; `beside` tells that it was made along with the one before."""

    def take(self, choice: "Choice") -> None:
        """Take one character of it."""

    def end(self, sample: "Sample") -> None:
        """End it, which may be before its end."""

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
) -> "Iterator[list[Sample]]":
    """Yield the samples in groups: one by one, or those that are made side by side."""
    from charrnn.sampling.choosing import random_streams

    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    streams = islice(random_streams(seed), num_samples)
    if together:
        from charrnn.sampling.groups import samples

        yield from samples(network, vocabulary, prompt, config, streams)
    else:
        from charrnn.sampling.sample import Sample

        for rng in streams:
            yield [Sample(network, vocabulary, prompt, config, rng)]


def write(groups: "Iterator[list[Sample]]", output: Output) -> None:
    """Hand the samples on, as they are made, until somebody asks to stop.

    Raises
    ------
    Exit
        Somebody did, with the exit code of the signal.
    """
    import numpy as np

    # Of parameters so large that products overflow the sampler tells in its own words.
    with closing(output), stopping() as stop, np.errstate(all="ignore"):
        for sample, beside in ((one, n > 0) for group in groups for n, one in enumerate(group)):
            output.begin(beside=beside)
            for choice in sample.choices():
                output.take(choice)
                if stop.requested:
                    break
            output.end(sample)
            if stop.requested:
                break
    if stop.requested:
        raise typer.Exit(stop.exit_code)


def note_stops(stops: Iterable[str], vocabulary: "Vocabulary") -> None:
    """Tell of stop texts that cannot end a sample."""
    from charrnn.sampling.sample import can_appear

    for stop in stops:
        if not can_appear(stop, vocabulary):
            note(f"--stop {stop!r} cannot appear: the network does not know all its characters")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
