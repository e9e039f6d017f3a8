"""The options of `charrnn inspect` that are not the view's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from charrnn.checkpoint.paths import expanded
from charrnn.cli.completion import complete_view
from charrnn.cli.option_values import output
from charrnn.cli.reading import DEFAULT_ENCODING, DEFAULT_ERRORS, Encoded
from charrnn.inspection.options import Part
from charrnn.inspection.output.formats import Asked
from charrnn.option_fields import Checked, Count, opt
from charrnn.text.decoding import Errors
from charrnn.text.read_as import TEXT, Unknown

OUTPUT = "Output"


@dataclass(frozen=True)
class TextOptions(Checked):
    """Which view it is, and of which text."""

    # fmt: off
    view: str | None = opt(
        None, "What to look at: a view of those above, or verdict, of a model of pairs.",
        metavar="NAME", shown="overview, of pairs verdict",
        complete=complete_view,
    )
    part: Part | None = opt(
        None,
        "Of a model of pairs what is looked at: the encoder as it reads the text, or the decoder "
        "as it writes the answer, or one given behind a tab.", shown="decoder, of labels encoder",
    )
    explain: bool = opt(
        False, "Explain how the numbers of the view are made, and stop; needs no model."
    )
    file: str | None = opt(
        None, "Read the text in this file.", TEXT, "FILE", names="-f", parse=expanded
    )
    sample: Count | None = opt(
        None, "Read N characters that the model writes itself, as where no text is given.", TEXT,
        "N",
    )
    unknown: Unknown = opt(
        "error",
        "What becomes of characters that the network never saw: nearest reads a similar one in "
        "their place.", TEXT,
    )
    encoding: str | None = opt(
        None, "How the files of --file and --train are encoded.", TEXT, "NAME",
        shown=DEFAULT_ENCODING,
    )
    errors: Errors | None = opt(
        None, "What becomes of bytes in them that are not in that encoding.", TEXT,
        shown=DEFAULT_ERRORS,
    )
    as_bytes: bool = opt(
        False, "Take each byte of them for the character of that number.", TEXT, names="--bytes"
    )
    field: str | None = opt(
        None, "Read this column of a .csv or .tsv, this field of a .jsonl or .json.", TEXT, "NAME"
    )
    # fmt: on

    @property
    def encoded(self) -> Encoded:
        """How the files are encoded."""
        return Encoded(self.encoding, self.errors, self.as_bytes, self.field)


@dataclass(frozen=True)
class OutputOptions:
    """Where the result goes, in which form, and how it is drawn."""

    # fmt: off
    format: Asked | None = opt(
        None,
        "The form of the result; svg and html: the screen as a picture; schema: the JSON Schema of "
        "what the view writes as json, which needs no model.", OUTPUT,
        shown="as the suffix of --output says, or text",
    )
    output: Path | None = opt(
        None, "Write to this file; - is standard output.", OUTPUT, "FILE", names="-o",
        aliases="--out", parse=output,
    )
    overwrite: bool = opt(False, "Replace a file that is there already.", OUTPUT)
    span: str | None = opt(
        None, "Which characters to draw; 0: is all of them.", OUTPUT, "START:END", shown="0:320"
    )
    width: int | None = opt(
        None, "How many columns to draw in.", OUTPUT, "N", shown="the terminal's, or 80"
    )
    theme: Literal["dark", "light"] | None = opt(
        None, "The background of the terminal.", OUTPUT, shown="as COLORFGBG or the terminal says"
    )
    colour: bool | None = opt(
        None, "Draw in colours, also into a pipe, as for less -R; or in none.", OUTPUT,
        names="--color/--no-color", shown="colours on a terminal",
    )
    ascii_only: bool = opt(False, "Draw with ASCII only.", OUTPUT, names="--ascii")
    # fmt: on
