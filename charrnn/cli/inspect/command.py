"""`charrnn inspect`: look inside a network, without a text or as it reads one."""

import sys
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, get_args

import typer

from charrnn.checkpoint.description import is_of_pairs
from charrnn.checkpoint.paths import FOLDER
from charrnn.cli.completion import complete_model
from charrnn.cli.from_fields import takes
from charrnn.cli.inspect.background import background
from charrnn.cli.inspect.given import Given, models_and_text, named_file, sources
from charrnn.cli.inspect.options import OutputOptions, TextOptions
from charrnn.cli.keys import can_be_read
from charrnn.cli.messages import note
from charrnn.cli.models import chosen_model
from charrnn.cli.replacing import check_not_read, check_output
from charrnn.cli.stdout import deliver, file_for, standard_output
from charrnn.cli.wording import options_of, spelling
from charrnn.errors import CheckpointError, ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.output.formats import Format, Picture, choose_format
from charrnn.system.blas import threads_for, use_threads
from charrnn.system.pipes import is_pipe
from charrnn.terminal.commands import command_line
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.inspection.output.envelope import Envelope
    from charrnn.inspection.output.heading import Lines
    from charrnn.inspection.result import Result
    from charrnn.inspection.view import View
    from charrnn.terminal.colours import Theme
    from charrnn.terminal.screen import Screen


@takes({"limit": "sample"}, reads=TextOptions, options=Options, writes=OutputOptions)
def inspect(
    ctx: typer.Context,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]... [TEXT]",
            help="A model file, or several to compare; then a text to read, or - for standard "
            "input.",
            show_default=f"the newest model in {FOLDER}/",
            autocompletion=complete_model,
        ),
    ] = None,
    *,
    reads: TextOptions,
    options: Options,
    writes: OutputOptions,
) -> None:
    """Look inside a network: what it does as it reads a text, one of its own if none is given.

    For example: charrnn inspect model.npz "But, soft!" --view probs
    """
    from charrnn.inspection.views.registry import choose_view

    if _is_verdict(arguments or [], reads, writes):
        return
    asked = reads.view or ("state" if reads.part else None)
    output = file_for(writes.output)
    if reads.explain or writes.format == "schema":
        check_output(output, overwrite=writes.overwrite)
        from charrnn.inspection.output.schema import as_json

        chosen = choose_view(asked, models=None)
        _print_or_write(chosen.explain() if reads.explain else as_json(chosen), output)
        return
    from charrnn.terminal.colours import has_unknown_background
    from charrnn.terminal.console import results
    from charrnn.terminal.screen import parse_span, screen_of, show

    paths, text = models_and_text(
        arguments or [],
        has_text=reads.file is not None or reads.sample is not None,
        compares=choose_view(asked, models=None).compares,
    )
    given = Given(text, reads.file, reads.sample)
    if sum(part is not None for part in given) > 1:
        raise ConfigError("TEXT, --file and --sample each give a text; leave all but one out")
    given = named_file(given, could_be_model=not paths)
    check_not_read("--output", output, [*paths, given.file, options.train])
    check_output(output, overwrite=writes.overwrite)
    chosen = choose_view(asked, models=max(1, len(paths)))
    form = choose_format(writes.format, None if output is None or is_pipe(output) else output)
    console, theme = results(writes.colour), writes.theme
    if form == "text" and output is None and theme is None and has_unknown_background(console):
        theme = background()
    screen = screen_of(
        None if output else console,
        width=writes.width,
        theme=theme,
        ascii_only=writes.ascii_only,
        span=parse_span(writes.span) if chosen.draws_span(options, len(paths)) else (0, None),
    )
    if form in get_args(Picture):
        from charrnn.inspection.inspected import WIDTH
        from charrnn.terminal.picture import picture_screen

        drawn = picture_screen(writes.width or WIDTH, theme or "dark")
        screen = replace(screen, width=drawn.width, palette=drawn.palette, rows=None)
    written = reads.sample is not None or not given.is_there
    spelled = spelling(options_of(ctx.command.params))
    for name in chosen.unused(options):
        if not (written and chosen.reads_text and name in _OF_WRITING):
            note(f"{spelled(name, None)} does not concern this view; it is not used")
    if not (given.is_in_a_file or options.train):
        reads.encoded.no_file()
    result, envelope = _look(chosen, paths, given, reads, options, output)
    if form != "text" or output is not None:  # a drawing names both above it
        _note_taken(paths, envelope)
    if chosen.pages and writes.format is None and output is None and can_be_read():
        from charrnn.cli.inspect.pager import walk

        walk(chosen.first_page(result), screen, writes.width)
        return
    if output is not None or form != "text":
        _write(chosen, result, envelope, form, output, screen, writes.theme)
        return
    with standard_output():
        added = ["--color", *(["--theme", theme] if theme and theme not in sys.argv else [])]
        rest = f"{_again(envelope, added)} | less -R"
        show(_drawn(chosen, result, envelope, screen), screen, console, rest)
        sys.stdout.flush()


def _is_verdict(arguments: list[str], reads: TextOptions, writes: OutputOptions) -> bool:
    """Show the view of a model of pairs, if it is one that is looked at; return whether it is."""
    if reads.part and reads.view == "verdict":
        raise ConfigError("is not of the view verdict; leave it out", argument="part")
    if reads.explain or reads.part or reads.view not in (None, "verdict"):
        return False
    paths, text = models_and_text(arguments, has_text=reads.file is not None)
    if reads.view is None and not (len(paths) == 1 and is_of_pairs(_path_of(paths[0]))):
        return False
    from charrnn.cli.inspect.show_verdict import show_verdict

    check_output(file_for(writes.output), overwrite=writes.overwrite)
    path = chosen_model(paths[0] if paths else None)
    check_not_read("--output", file_for(writes.output), [path, reads.file])
    given = named_file(Given(text, reads.file, None), could_be_model=False)
    show_verdict(path, given, reads, writes)
    return True


def _path_of(name: Path) -> Path:
    """Return the path of a model that may be named alone; the name itself if there is none."""
    from charrnn.checkpoint.finding import find

    try:
        return find(name)
    except CheckpointError:
        return name


_OF_WRITING = ("seed", "temperature")
"""Fields that concern the text that a model writes itself, whatever the view."""


def _print_or_write(said: str, output: Path | None) -> None:
    """Write a text to a file or on standard output."""
    if output is not None:
        deliver(output, lambda stream: stream.write(said.encode()))
        return
    with standard_output():
        sys.stdout.write(said)
        sys.stdout.flush()


def _look(  # noqa: PLR0917
    view: "View",
    paths: list[Path],
    given: Given,
    reads: TextOptions,
    options: Options,
    output: Path | None,
) -> "tuple[Result, Envelope]":
    """Read models and text, and compute the view, which will go to `output`."""
    from charrnn.checkpoint.finding import newest

    paths = [chosen_model(path) for path in paths] or [newest()]
    check_not_read("--output", output, paths)
    use_threads(threads_for(max(path.stat().st_size for path in paths)))
    from charrnn.checkpoint.checkpoint import load
    from charrnn.inspection.output.envelope import Envelope
    from charrnn.inspection.reading import Reading
    from charrnn.terminal.progress_bar import tracked

    if len(paths) > 1 and given.is_read_once:
        raise ConfigError("a pipe can be read for one model only; give --file FILE")
    if any(map(is_of_pairs, paths)):
        from charrnn.cli.inspect.pairs import look_at_part

        return look_at_part(view, paths, given, reads, options)
    if reads.part:
        raise ConfigError("is of models of pairs, and this is none; leave it out", argument="part")
    models = [(path, load(path)) for path in paths]
    (path, checkpoint), *others = models
    options = options.resolved(checkpoint.network.config)
    if not view.reads_text:
        if given.is_there:
            note("this view reads no text; the one given is not used")
        result = view.compute(checkpoint, options)
        return result, Envelope(path, checkpoint, None, options)
    choices = [replace(options, read=reads.encoded.ways(model)) for _, model in models]
    texts = sources(
        [model for _, model in models], given, reads.unknown, choices, view.sample_length
    )
    options = choices[0]
    for remark in dict.fromkeys(remark for text in texts for remark in text.remarks()):
        note(remark)
    readings = tuple(
        Reading.of(model.network, model.vocabulary, text.ids, limit=options.limit, track=tracked)
        for (_, model), text in zip(models, texts, strict=True)
    )
    result = view.compute(readings if view.compares else readings[0], options, tracked)
    return result, Envelope(path, checkpoint, texts[0], options, tuple(others))


def _note_taken(paths: list[Path], envelope: "Envelope") -> None:
    """Note the model and the text that stand in for those not given."""
    if not paths:
        note(f"newest model: {envelope.path}")
    if envelope.source is not None and envelope.source.seed is not None:
        note(f"the text is written by the model, seed {envelope.source.seed}")


def _drawn(view: "View", result: "Result", envelope: "Envelope", screen: "Screen") -> "Lines":
    """Return the lines of a result, with the heading and the footer."""
    from charrnn.inspection.output.heading import framed

    own_text = envelope.source is not None and envelope.source.seed is not None
    onward = view.lead_on(result, _again(envelope, []), screen, own_text=own_text)
    return framed(
        partial(view.draw, result), envelope, screen, names_units=view.names_units, onward=onward
    )


def _again(envelope: "Envelope", added: list[str]) -> str:
    """Return the command that is running, with more options; a text from a pipe is gone."""
    from_a_pipe = envelope.source is not None and envelope.source.name == STANDARD_INPUT
    return command_line(added) + (" < TEXT" if from_a_pipe else "")


def _write(  # noqa: PLR0917
    view: "View",
    result: "Result",
    envelope: "Envelope",
    form: Format,
    output: Path | None,
    screen: "Screen",
    theme: "Theme | None",
) -> None:
    """Write the result to a file, or as data on standard output."""
    from charrnn.inspection.output.writers import write

    def put(stream: BinaryIO) -> None:
        if form == "text":
            lines = _drawn(view, result, envelope, screen)
            stream.write("".join(f"{line.plain.rstrip()}\n" for line in lines).encode())
        elif form in get_args(Picture):
            from charrnn.terminal.picture import draw

            drawn = draw(form, _drawn(view, result, envelope, screen), screen.width, theme)
            stream.write(drawn.encode())
        else:
            write(result, envelope, form, stream)

    if output is not None:
        deliver(output, put)
        return
    if form == "npz" and sys.stdout is not None and sys.stdout.isatty():
        raise ConfigError("npz: arrays are not for a terminal; give --output FILE.npz")
    with standard_output():
        whole = BytesIO()  # one can seek in it, as an npz needs, and not in a pipe
        put(whole)
        sys.stdout.flush()
        sys.stdout.buffer.write(whole.getbuffer())
        sys.stdout.flush()
