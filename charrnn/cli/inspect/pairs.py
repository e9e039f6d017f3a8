"""The text that a model of pairs is looked at with, and its parts as models."""

from pathlib import Path
from typing import TYPE_CHECKING

from charrnn.cli.inspect.given import Given
from charrnn.cli.inspect.options import TextOptions
from charrnn.cli.messages import note
from charrnn.errors import ConfigError, Way
from charrnn.inspection.options import Options
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.checkpoint.pairs import PairCheckpoint
    from charrnn.inspection.output.envelope import Envelope
    from charrnn.inspection.result import Result
    from charrnn.inspection.view import View


def text_to_answer(
    checkpoint: "PairCheckpoint", given: Given, reads: TextOptions, view: str
) -> str:
    """Return the text that is to be answered.

    Raises
    ------
    ConfigError
        None is given, and a model of pairs writes none.
    TextError
        Its file cannot be read.
    """
    from charrnn.cli.sample.prompt import prompt_of

    text = given.text
    if given.is_in_a_file:
        file = Path(given.file or STANDARD_INPUT)
        text = prompt_of(None, file, reads.encoded, checkpoint).text.removesuffix("\n")
    if text is None:
        raise ConfigError(
            f"{view} of a model of pairs needs a text to answer",
            Way("give one behind the model"),
            Way("a {file}"),
        )
    return text


def look_at_part(
    view: "View", paths: list[Path], given: Given, reads: TextOptions, options: Options
) -> "tuple[Result, Envelope]":
    """Read a text with a part of a model of pairs, and compute a view.

    Raises
    ------
    ConfigError
        Models are compared, there is no text, or the part or the view does not fit.
    """
    from charrnn.checkpoint.pairs import load_pairs
    from charrnn.inspection.output.envelope import Envelope
    from charrnn.inspection.pair_parts import look
    from charrnn.terminal.progress_bar import tracked

    if len(paths) > 1:
        raise ConfigError("models of pairs are looked at one at a time; name one")
    [path] = paths
    checkpoint = load_pairs(path)
    text = text_to_answer(checkpoint, given, reads, view.name) if view.reads_text else None
    found = look(view, checkpoint, text, reads.part, reads.unknown, options, tracked)
    for remark in found.source.remarks() if found.source else ():
        note(remark)
    return found.result, Envelope(path, found.checkpoint, found.source, found.options)
