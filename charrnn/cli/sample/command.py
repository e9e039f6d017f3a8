"""`charrnn sample`: text from a trained network, on standard output and nothing else there."""

import hashlib
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from charrnn.checkpoint.paths import ENDING, FOLDER
from charrnn.cli import values
from charrnn.cli.completion import complete_model
from charrnn.cli.help import Alias
from charrnn.cli.messages import note
from charrnn.cli.models import chosen_model
from charrnn.cli.numbers import number, whole_number
from charrnn.cli.quoting import command_line
from charrnn.cli.reading import DEFAULT_ENCODING, DEFAULT_ERRORS, Encoded
from charrnn.cli.replacing import check_not_read, check_output
from charrnn.cli.sample.prompt import encode, prompt_of, typed
from charrnn.cli.sample.samples import Output, between, make, stops_meant, write
from charrnn.cli.stdout import file_for, written_to
from charrnn.cli.threads import threads_for, use_threads
from charrnn.errors import ConfigError
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.terminal.commands import quoted
from charrnn.text.sources import STANDARD_INPUT

Unknown = Literal["error", "skip", "nearest"]

DEFAULT = SamplingConfig()

PROMPT, CHOOSING, HOW_MUCH, OUTPUT = "Prompt", "Choosing characters", "How much", "Output"


def sample(  # noqa: PLR0917
    ctx: typer.Context,
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help=f"A model file, or its name in {FOLDER}/.",
            show_default=f"the newest in {FOLDER}/",
            autocompletion=complete_model,
        ),
    ] = None,
    length: Annotated[
        int,
        typer.Option(
            "-n",
            "--length",
            Alias("--max-tokens"),
            Alias("--max-new-tokens"),
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
            Alias("--temp"),
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
            help=r"Go on from this text; \n, \t, \r and \\ are understood.",
            show_default="a text that waits on standard input",
            rich_help_panel=PROMPT,
        ),
    ] = None,
    prompt_file: Annotated[
        Path | None,
        typer.Option(
            parser=values.file,
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
            help=r"End before this text; may be repeated; \n, \t, \r and \\ are understood.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = None,
    num_samples: Annotated[
        int,
        typer.Option(
            "--num-samples",
            Alias("--repeat"),
            parser=whole_number,
            metavar="N",
            help="How many texts to write.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = 1,
    separator: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help=r"What stands between two texts; \n, \t, \r and \\ are understood.",
            show_default="a line ----, or a line end where each text is one line",
            rich_help_panel=HOW_MUCH,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="The same seed gives the same text.",
            show_default="random, shown on standard error",
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
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            Alias("--out"),
            parser=values.output,
            metavar="FILE",
            help="Write to this file.",
            show_default="standard output",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace a file that is there already.", rich_help_panel=OUTPUT
        ),
    ] = False,
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
) -> None:
    """Write text with a trained network.

    The text goes to standard output as it is made, and everything else to standard error.

    Example: charrnn sample --prompt "Once" --length 300
    """
    config = SamplingConfig(
        length=length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        stop=tuple(stop or ()),
    )
    if ctx.args:
        raise ConfigError(
            f"{ctx.args[0]!r}: a prompt is given by an option: -p {quoted(' '.join(ctx.args))}"
        )
    if num_samples < 1 or top < 1:
        raise ConfigError("--num-samples and --top: less than 1 shows nothing; give 1 or more")
    if seed is not None and seed < 0:
        raise ConfigError(
            f"--seed: {seed} is negative; give a number from 0 on, or leave it out for a random one"
        )
    encoded = Encoded(encoding, errors, as_bytes)
    check(prompt, prompt_file, config.stop, output)
    check_not_read("--output", output, [prompt_file, model])
    check_output(output, overwrite=overwrite)
    if separator is not None and (as_json or show_probs):
        note("--separator stands between texts only; it is not used")

    path = chosen_model(model, f"a prompt is given as -p {quoted(str(model))}")
    check_not_read("--output", output, [path])
    together = num_samples > 1 and length != ENDLESS and not show_probs
    use_threads(1 if together else threads_for(path))  # together, each core has its own samples
    from charrnn.checkpoint.checkpoint import load

    checkpoint = load(path)
    vocabulary = checkpoint.vocabulary
    given = prompt_of(prompt, prompt_file, encoded, checkpoint)
    ids = encode(given, vocabulary, unknown)
    config = replace(config, stop=stops_meant(config.stop, vocabulary))
    seeded = secrets.randbits(32) if seed is None else seed
    added = [str(path)] if model is None else []
    added += ["--seed", str(seeded)] if seed is None else []
    again, prompted = command_line(added), str(prompt_file or STANDARD_INPUT)
    again += " < PROMPT" if given.once and prompted == STANDARD_INPUT else ""
    provided = f", given {prompted} anew" if given.once and prompted != STANDARD_INPUT else ""
    # Quoted, and never cut short.
    typer.echo(f"seed {seeded}; the same again{provided}: {again}", err=True)

    about = {
        "model": path.name,
        "model_sha256": sha256(path) if as_json else "",
        "prompt": given.text,
        "seed": seeded,
        "params": asdict(config) | {"unknown": unknown},
    }
    writer: Output
    with written_to(file_for(output)):
        if as_json:
            from charrnn.cli.sample.show_json_lines import JsonLines

            shown = top if show_probs else 0
            writer = JsonLines(sys.stdout, vocabulary, about, shown)
        elif show_probs:
            from charrnn.cli.sample.show_candidates import CandidateTable
            from charrnn.terminal.console import results

            writer = CandidateTable(results(), vocabulary, ids, top)
        else:
            from charrnn.cli.sample.show_text import Writing

            before = given.data if echo else b""
            apart, last = between(separator, config, vocabulary, before)
            last = last if num_samples > 1 else b""
            writer = Writing(sys.stdout, vocabulary, before, raw=raw, separator=apart, last=last)
        made = make(checkpoint, ids, config, seeded, num_samples, together=together)
        write(made, writer)


def check(
    prompt: str | None, prompt_file: Path | None, stops: Sequence[str], output: Path | None
) -> None:
    """Check texts and files before a model is read.

    Raises
    ------
    ConfigError
        There are two prompts, a text was no UTF-8, or a model would be written over.
    """
    if prompt is not None and prompt_file is not None:
        raise ConfigError("--prompt and --prompt-file both give a prompt; leave one of them out")
    typed(prompt or "", "--prompt")
    for text in stops:
        typed(text, "--stop")
    if output is not None and output.suffix == ENDING:
        raise ConfigError(
            f"--output: {output} is the name of a model; name it {output.with_suffix('.txt')}"
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
