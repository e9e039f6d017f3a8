"""`charrnn inspect`: look inside a network, without a text or as it reads one."""

import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from charrnn.cli.notes import note
from charrnn.cli.numbers import whole_number
from charrnn.cli.output import standard_output
from charrnn.display.views import VIEWS, View, choose_view
from charrnn.errors import CheckpointError, ConfigError
from charrnn.inspection.formats import Format, choose_format
from charrnn.inspection.options import LIMIT, Options, Order, parse_units

if TYPE_CHECKING:
    from charrnn.display.screen import Screen
    from charrnn.inspection.envelope import Envelope
    from charrnn.inspection.result import Result
    from charrnn.inspection.source import Source
    from charrnn.text.vocabulary import Vocabulary

Unknown = Literal["error", "skip", "nearest"]
Theme = Literal["dark", "light"]

FOLDER = Path("checkpoints")
STANDARD_INPUT = "-"

_VIEWS = "; ".join(f"{name}, {view.says}" for name, view in VIEWS.items())


def inspect(  # noqa: PLR0917
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL", help="A model file.", show_default=f"the newest in {FOLDER}/"
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="A text to read; - is standard input."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("-f", "--file", metavar="FILE", help="Read the text in this file."),
    ] = None,
    view: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"What to look at: {_VIEWS}.",
            show_default="glance with a text, summary without",
        ),
    ] = None,
    top: Annotated[
        int,
        typer.Option(
            parser=whole_number, metavar="N", help="How many likely characters to name each time."
        ),
    ] = Options.top,
    layer: Annotated[
        int | None,
        typer.Option(
            parser=whole_number, metavar="N", help="Look at this layer only, counted from 0."
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="How many units of a layer to show.",
            show_default="16, or 8 at a glance",
        ),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Show these units, as layer:index: 0:31,0:5."),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="What a map shows: a; c i f o g of an LSTM; r u n of a GRU."
        ),
    ] = Options.kind,
    by: Annotated[Order, typer.Option(help="Which units a map shows first.")] = Options.by,
    span: Annotated[
        str | None,
        typer.Option(
            metavar="START:END",
            help="Which characters to draw; 0: is all of them.",
            show_default="0:320",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(parser=whole_number, metavar="N", help="Read at most so many characters."),
    ] = LIMIT,
    unknown: Annotated[
        Unknown,
        typer.Option(help="What becomes of characters that the network never saw."),
    ] = "error",
    named: Annotated[
        Format | None,
        typer.Option("--format", show_default="as the suffix of --output says, or text"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="How many columns to draw in.",
            show_default="the terminal's, or 80",
        ),
    ] = None,
    theme: Annotated[
        Theme | None,
        typer.Option(help="The background of the terminal.", show_default="as COLORFGBG says"),
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII only.")] = False,
) -> None:
    """Look inside a network: what it holds, or what it does as it reads a text.

    For example: charrnn inspect model.npz "But, soft!" --view probs
    """
    from charrnn.checkpoint.checkpoint import load
    from charrnn.display.console import results
    from charrnn.display.screen import parse_span, screen_of
    from charrnn.inspection.envelope import Envelope
    from charrnn.inspection.reading import Reading

    if text is not None and file is not None:
        raise ConfigError("TEXT and --file both give a text; leave one of them out")
    has_text = text is not None or file is not None
    chosen = choose_view(view, has_text=has_text)
    form = choose_format(named, output)
    options = Options(top, layer, rows, parse_units(units), kind, by, limit)
    screen = screen_of(
        None if output else results(),
        width=width,
        theme=theme,
        ascii_only=ascii_only,
        span=parse_span(span),
    )

    path = _path(model, has_text=has_text)
    checkpoint = load(path)
    source = None
    if chosen.reads_text:
        source = _source(checkpoint.vocabulary, text, file, unknown, limit)
        for remark in source.remarks():
            note(remark)
        reading = Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids, limit=limit)
        result = chosen.compute(reading, options)
    else:
        if has_text:
            note("this view reads no text; the one given is not used")
        result = chosen.compute(checkpoint, options)
    _deliver(chosen, result, Envelope(path, checkpoint, source, options), form, output, screen)


def _path(model: Path | None, *, has_text: bool) -> Path:
    """Return the model to look into, and tell which if nobody named it.

    Raises
    ------
    CheckpointError
        There is none; or there is no such file, and it may have been meant as a text.
    """
    from charrnn.checkpoint.checkpoint import newest

    if model is None:
        path = newest(FOLDER)
        note(f"newest model: {path}")
        return path
    if not has_text and model.suffix != ".npz" and not model.exists():
        raise CheckpointError(
            f"{str(model)!a}: no such model; if it is a text, name a model before it"
        )
    return model


def _source(
    vocabulary: "Vocabulary", text: str | None, file: str | None, unknown: Unknown, limit: int
) -> "Source":
    """Take the text from where it is given."""
    from charrnn.inspection.source import Source

    if text is None or text == STANDARD_INPUT:
        name = file or STANDARD_INPUT
        if name == STANDARD_INPUT and sys.stdin is not None and sys.stdin.isatty():
            note("the text is what you type now, until Ctrl-D at the beginning of a line")
        return Source.file(vocabulary, name, unknown, limit)
    return Source.typed(vocabulary, text, unknown, limit)


def _deliver(  # noqa: PLR0917
    view: View,
    result: "Result",
    envelope: "Envelope",
    form: Format,
    output: Path | None,
    screen: "Screen",
) -> None:
    """Draw the result or write it, to a file or on standard output."""
    from charrnn.checkpoint.atomic import write_atomically
    from charrnn.display.console import results
    from charrnn.display.heading import framed
    from charrnn.display.screen import show
    from charrnn.inspection.writers import write

    def put(stream: BinaryIO) -> None:
        if form == "text":
            lines = framed(view.draw(result, screen), envelope, screen)
            stream.write("".join(f"{line.plain.rstrip()}\n" for line in lines).encode())
        else:
            write(result, envelope, form, stream)

    if output is not None:
        write_atomically(output, put)
        return
    if form == "npz" and sys.stdout is not None and sys.stdout.isatty():
        raise ConfigError("npz: arrays are not for a terminal; give --output FILE.npz")
    with standard_output():
        if form == "text":
            show(framed(view.draw(result, screen), envelope, screen), screen, results())
        else:
            whole = BytesIO()  # one can seek in it, as an npz needs, and not in a pipe
            put(whole)
            sys.stdout.flush()
            sys.stdout.buffer.write(whole.getbuffer())
        sys.stdout.flush()
