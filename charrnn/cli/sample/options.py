"""The options of `charrnn sample` that are not the sampler's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charrnn.checkpoint.paths import expanded
from charrnn.cli.option_values import file, output
from charrnn.cli.reading import DEFAULT_ENCODING, DEFAULT_ERRORS, Encoded
from charrnn.option_fields import Checked, Count, Seed, opt
from charrnn.sampling.config import CHOOSING, HOW_MUCH
from charrnn.text.decoding import Errors
from charrnn.text.read_as import Unknown

PROMPT, OUTPUT = "Prompt", "Output"


@dataclass(frozen=True)
class SampleOptions(Checked):
    """What is continued, how often, and in which form it is written."""

    # fmt: off
    prompt: str | None = opt(
        None, r"Continue this text; \n, \t, \r and \\ are understood.", PROMPT, "TEXT",
        names="-p", shown="a text that waits on standard input",
    )
    prompt_file: Path | None = opt(
        None, "Continue the text in this file, without a line end at its end; - is standard "
        "input.", PROMPT, "FILE",
    )
    encoding: str | None = opt(
        None, "How the prompt's file is encoded.", PROMPT, "NAME", shown=DEFAULT_ENCODING
    )
    errors: Errors | None = opt(
        None, "What becomes of bytes in it that are not in that encoding.", PROMPT,
        shown=DEFAULT_ERRORS,
    )
    as_bytes: bool = opt(
        False, "Take each byte of the prompt's file for the character of that number.", PROMPT,
        names="--bytes",
    )
    field: str | None = opt(
        None, "Read this column of a .csv or .tsv, this field of a .jsonl or .json.", PROMPT, "NAME"
    )
    num_samples: Count = opt(1, "How many texts to write.", HOW_MUCH, "N", aliases="--repeat")
    separator: str | None = opt(
        None, r"What is written between two texts; \n, \t, \r and \\ are understood.", HOW_MUCH,
        "TEXT", shown="a line ----, or a line end where each text is one line",
    )
    seed: Seed | None = opt(
        None, "The same seed gives the same text.", CHOOSING, "N",
        shown="random, shown on standard error",
    )
    unknown: Unknown = opt(
        "error",
        "What becomes of a prompt's characters that the network never saw: nearest reads a "
        "similar one in their place.", PROMPT,
    )
    interactive: bool = opt(
        False, "Complete what is typed, in an editor in this terminal; from a pipe, or with "
        "--json, by a line of JSON for each request.", PROMPT, names="-i",
    )
    each_line: bool = opt(
        False, "Of a model of pairs: answer each line of --prompt-file, or of standard input.",
        PROMPT,
    )
    state_in: Path | None = opt(
        None, "Go on where --state-out stopped, as if it never had.", PROMPT, "FILE", parse=file
    )
    echo: bool = opt(True, "Write the prompt before the text.", PROMPT)
    output: Path | None = opt(
        None, "Write to this file, or to a file for each text in this folder.", OUTPUT, "FILE",
        names="-o", aliases="--out", shown="standard output", parse=output,
    )
    replay: Path | None = opt(
        None, "Write the texts of a file of --json again, and tell what differs; - is standard "
        "input.", OUTPUT, "FILE",
    )
    state_out: Path | None = opt(
        None, "Keep the place where the text stops, for --state-in.", OUTPUT, "FILE", parse=file
    )
    overwrite: bool = opt(False, "Replace a file that is there already.", OUTPUT)
    colour: bool | None = opt(
        None, "Write in colours, also into a pipe, as for less -R; or in none.", OUTPUT,
        names="--color/--no-color", shown="colours on a terminal",
    )
    raw: bool = opt(
        False, "Write control characters to a terminal as they are, as to a pipe or file.", OUTPUT
    )
    as_json: bool = opt(False, "Write a line of JSON for each sample.", OUTPUT, names="--json")
    check_copies: Sequence[str] = opt(
        (), "Say at the end what stands verbatim in these files; may be repeated.", OUTPUT,
        "CORPUS", is_repeated=True, parse=lambda names: tuple(map(expanded, names)),
    )
    show_probs: bool = opt(False, "Show for each character what might have been instead.", OUTPUT)
    top: Count = opt(5, "How many --show-probs shows of each.", OUTPUT, "N")
    # fmt: on

    @property
    def goes_on(self) -> bool:
        """Whether the text goes on from another, or may be continued."""
        return self.state_in is not None or self.state_out is not None

    @property
    def encoded(self) -> Encoded:
        """How the prompt's file is encoded."""
        return Encoded(self.encoding, self.errors, self.as_bytes, self.field)
