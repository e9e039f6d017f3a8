"""The options of `charrnn inspect`, as Typer reads them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from charrnn.checkpoint.paths import FOLDER
from charrnn.cli import values
from charrnn.cli.completion import complete_model, complete_view
from charrnn.cli.help import Alias
from charrnn.cli.numbers import number, whole_number
from charrnn.cli.reading import DEFAULT_ENCODING, DEFAULT_ERRORS
from charrnn.inspection import options
from charrnn.inspection.output.formats import Asked

STANDARD_INPUT = "-"

TEXT, UNITS, GUESSES = "Text", "Units", "Guesses"
PAST, DOING, OUTPUT = "The past", "What is done to units", "Output"

Positional = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL]... [TEXT]",
        help="A model file, or several to compare; then a text to read, or - for standard input.",
        show_default=f"the newest model in {FOLDER}/",
        autocompletion=complete_model,
    ),
]
ViewName = Annotated[
    str | None,
    typer.Option(
        "--view",
        metavar="NAME",
        help="What to look at: a view of those above.",
        autocompletion=complete_view,
        show_default="overview",
    ),
]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain", help="Explain how the numbers of the view are made, and stop; needs no model."
    ),
]

File = Annotated[
    str | None,
    typer.Option(
        "-f",
        "--file",
        parser=values.source,
        metavar="FILE",
        help="Read the text in this file.",
        rich_help_panel=TEXT,
    ),
]
SampleLength = Annotated[
    int | None,
    typer.Option(
        "--sample",
        parser=whole_number,
        metavar="N",
        help="Read N characters that the model writes itself, as where no text is given.",
        rich_help_panel=TEXT,
    ),
]
Limit = Annotated[
    int,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="Read at most so many characters.",
        rich_help_panel=TEXT,
    ),
]
Unknown = Annotated[
    Literal["error", "skip", "nearest"],
    typer.Option(
        help="What becomes of characters that the network never saw: nearest reads a similar "
        "one in their place.",
        rich_help_panel=TEXT,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="How the files of --file and --train are encoded.",
        show_default=DEFAULT_ENCODING,
        rich_help_panel=TEXT,
    ),
]
OnErrors = Annotated[
    Literal["strict", "replace"] | None,
    typer.Option(
        "--errors",
        help="What becomes of bytes in them that are not in that encoding.",
        show_default=DEFAULT_ERRORS,
        rich_help_panel=TEXT,
    ),
]
AsBytes = Annotated[
    bool,
    typer.Option(
        "--bytes",
        help="Take each byte of them for the character of that number.",
        rich_help_panel=TEXT,
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "-t",
        "--at",
        metavar="PLACE",
        help="The place to look at: an index from 0, or from the end if negative; last; worst, "
        "before the largest surprise; or /regex/, the end of its first match.",
        rich_help_panel=TEXT,
    ),
]
Train = Annotated[
    str | None,
    typer.Option(
        parser=values.source,
        metavar="FILE",
        help="The text that the network was trained on, for errors to compare with.",
        rich_help_panel=TEXT,
    ),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--feature",
        metavar="NAME=REGEX",
        help="Ask of units whether they follow this too: being inside a match of REGEX; may be "
        "repeated.",
        rich_help_panel=TEXT,
    ),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        metavar="START:END",
        help="The part of the text for which match finds similar states.",
        rich_help_panel=TEXT,
    ),
]

Layer = Annotated[
    int | None,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="Look at this layer only, counted from 0.",
        rich_help_panel=UNITS,
    ),
]
Units = Annotated[
    str | None,
    typer.Option(
        "--units",
        "--unit",
        metavar="LIST",
        help="Show these units, each as layer:index, such as 0:31,0:5; of one layer the index "
        "will do.",
        rich_help_panel=UNITS,
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Which state or gate: a of any cell; c i f o g of an LSTM; r u n of a GRU; z x for "
        "grad.",
        show_default="a; find and neuron try every state",
        rich_help_panel=UNITS,
    ),
]
By = Annotated[
    options.Order, typer.Option(help="Which units a map shows first.", rich_help_panel=UNITS)
]
Rows = Annotated[
    int | None,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="How many units of a layer to show.",
        show_default="as the view has it",
        rich_help_panel=UNITS,
    ),
]
Random = Annotated[
    int | None,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="Show so many units drawn at random too, as a control.",
        show_default="16 for ablate, else none",
        rich_help_panel=UNITS,
    ),
]

Top = Annotated[
    int,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="How many of the likeliest characters to name each time.",
        rich_help_panel=GUESSES,
    ),
]
Rival = Annotated[
    str | None,
    typer.Option(
        "--not",
        metavar="CHAR",
        help="Ask why it was not this character.",
        show_default="the likeliest other",
        rich_help_panel=GUESSES,
    ),
]
Temperature = Annotated[
    float,
    typer.Option(
        parser=number,
        metavar="X",
        help="Divide the scores by this: below 1 surer, above 1 bolder.",
        rich_help_panel=GUESSES,
    ),
]
Branch = Annotated[
    int,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="Go on from each guess for N characters.",
        rich_help_panel=GUESSES,
    ),
]
Paint = Annotated[
    options.Paint,
    typer.Option(
        help="Paint each character by its surprise in bits, by its rank among the guesses, or by "
        "how much more it surprised than was expected.",
        rich_help_panel=GUESSES,
    ),
]

Lags = Annotated[
    int | None,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="How many characters back to look.",
        show_default="as the view has it",
        rich_help_panel=PAST,
    ),
]
Targets = Annotated[
    int | None,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="From how many places of the text to look back.",
        show_default="as the view has it",
        rich_help_panel=PAST,
    ),
]

How = Annotated[
    options.Ablation,
    typer.Option(
        help="What ablate sets a unit to: its mean over the text, or 0.", rich_help_panel=DOING
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="UNIT=VALUE",
        help="Let steer hold this unit at this value, as in 0:31=1; may be repeated.",
        rich_help_panel=DOING,
    ),
]
Length = Annotated[
    int,
    typer.Option(
        "-n",
        "--length",
        parser=whole_number,
        metavar="N",
        help="How many characters steer writes.",
        rich_help_panel=DOING,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="The seed of all that is drawn at random.",
        rich_help_panel=DOING,
    ),
]
Quick = Annotated[
    bool,
    typer.Option("--quick", help="Do an eighth of the work, for a rough answer."),
]

Named = Annotated[
    Asked | None,
    typer.Option(
        "--format",
        help="The form of the result; schema: the JSON Schema of what the view writes as json, "
        "which needs no model.",
        show_default="as the suffix of --output says, or text",
        rich_help_panel=OUTPUT,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        Alias("--out"),
        parser=values.output,
        metavar="FILE",
        help="Write to this file; - is standard output.",
        rich_help_panel=OUTPUT,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace a file that is there already.", rich_help_panel=OUTPUT
    ),
]
Span = Annotated[
    str | None,
    typer.Option(
        metavar="START:END",
        help="Which characters to draw; 0: is all of them.",
        show_default="0:320",
        rich_help_panel=OUTPUT,
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        parser=whole_number,
        metavar="N",
        help="How many columns to draw in.",
        show_default="the terminal's, or 80",
        rich_help_panel=OUTPUT,
    ),
]
Theme = Annotated[
    Literal["dark", "light"] | None,
    typer.Option(
        help="The background of the terminal.",
        show_default="as COLORFGBG or the terminal says",
        rich_help_panel=OUTPUT,
    ),
]
Colour = Annotated[
    bool | None,
    typer.Option(
        "--color/--no-color",
        help="Draw in colours, also into a pipe, as for less -R; or in none.",
        show_default="colours on a terminal",
        rich_help_panel=OUTPUT,
    ),
]
AsciiOnly = Annotated[
    bool, typer.Option("--ascii", help="Draw with ASCII only.", rich_help_panel=OUTPUT)
]
