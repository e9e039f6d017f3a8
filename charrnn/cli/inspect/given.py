"""The text of `charrnn inspect`: which argument it is, and where it comes from."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from charrnn.checkpoint.paths import ENDING
from charrnn.cli.messages import note
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.plurals import counted
from charrnn.system.pipes import is_pipe
from charrnn.text.names import is_there, looks_like_path
from charrnn.text.read_as import Unknown
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.inspection.source import Source


class Given(NamedTuple):
    """The text as it is given: itself, a file, or how much the model writes."""

    text: str | None
    file: str | None
    sample: int | None

    @property
    def is_there(self) -> bool:
        """Whether a text is given at all."""
        return self != Given(None, None, None)

    @property
    def is_in_a_file(self) -> bool:
        """Whether it is to be read from a file or standard input."""
        return self.file is not None or self.text == STANDARD_INPUT

    @property
    def is_read_once(self) -> bool:
        """Whether it comes by standard input or another pipe."""
        if STANDARD_INPUT in self:
            return True
        return self.file is not None and is_pipe(Path(self.file))


def models_and_text(
    arguments: list[str], *, has_text: bool = False, compares: bool = False
) -> tuple[list[Path], str | None]:
    """Return the models and the text of a command line: the text is what comes last.

    Of several arguments the first is a model whatever its name, and so is the only one if the text
    is given elsewhere; another is one if it ends in .npz, or means one and is not the text. Two
    texts are one too many. Where models are compared, the last argument too may mean one.

    has_text: whether the text is given elsewhere.
    compares: whether several models can be looked at.

    Raises
    ------
    ConfigError
        There are more texts than one, or there is one between models.
    """
    from charrnn.checkpoint.finding import names_model

    alone = len(arguments) == 1 and not has_text
    texts = 0 if has_text or (compares and not is_there(*arguments[-1:])) else 1
    models = [
        argument.endswith(ENDING)
        or (n == 0 and not alone)
        or (n in range(max(1, len(arguments) - texts)) and names_model(argument))
        for n, argument in enumerate(arguments)
    ]
    if not all(models[:-1]):
        text = arguments[models.index(False)]
        raise ConfigError(
            f"{text!r} is neither a model (a name in .npz) nor the last argument, the text"
        )
    if all(models):
        return [Path(argument) for argument in arguments], None
    return [Path(argument) for argument in arguments[:-1]], arguments[-1]


def named_file(given: Given, *, could_be_model: bool = False) -> Given:
    """Return a text that names a file or folder as that file, with a note.

    could_be_model: whether a single word may be a mistyped name of a model, which a note says.
    """
    text = given.text
    if text is None or text == STANDARD_INPUT:
        return given
    if is_there(text):
        note(f"reads the file {text}, not its name")
        return given._replace(text=None, file=text)
    word = could_be_model and len(text.split()) == 1
    if looks_like_path(text) or word:
        what = "model or file" if could_be_model else "file"
        note(f"there is no {what} {text}; reads {counted(len(text), 'character')} as text")
    return given


def sources(
    models: "list[Checkpoint]",
    given: Given,
    unknown: Unknown,
    choices: list[Options],
    writes: int,
) -> "list[Source]":
    """Return the text for each model; the first model writes it for all that know its characters.

    writes: how many characters a model writes where no text is given.
    """
    from charrnn.inspection.source import Source

    pairs = list(zip(models, choices, strict=True))
    if given.is_there and given.sample is None:
        return [_source(model, given, unknown, options) for model, options in pairs]
    length = min(writes, choices[0].limit) if given.sample is None else given.sample
    alike = all(list(model.vocabulary) == list(models[0].vocabulary) for model in models)
    return [
        Source.written(models[0] if alike else model, length, options) for model, options in pairs
    ]


def _source(checkpoint: "Checkpoint", given: Given, unknown: Unknown, options: Options) -> "Source":
    """Return the text from where it is given."""
    from charrnn.inspection.source import Source

    vocabulary, limit = checkpoint.vocabulary, options.limit
    if given.is_in_a_file:
        name = given.file or STANDARD_INPUT
        if name == STANDARD_INPUT and sys.stdin is not None and sys.stdin.isatty():
            note("the text is what you type now, until Ctrl-D at the beginning of a line")
        return Source.file(vocabulary, name, unknown, limit, options.read)
    assert given.text is not None
    return Source.typed(vocabulary, given.text, unknown, limit)
