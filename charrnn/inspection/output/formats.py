"""The formats of a result. Imports no NumPy, so the command line may read it.

A picture is the drawn screen, for a page or a slide. A schema is a format without a result: it
describes the JSON of a view, and needs no model.
"""

from pathlib import Path
from typing import Literal, get_args

from charrnn.errors import ConfigError, Way

Picture = Literal["svg", "html"]

Format = Literal["text", "json", "jsonl", "csv", "npz", Picture]

Asked = Literal[Format, "schema"]

_SUFFIXES: dict[str, Format] = {f".{name}": name for name in get_args(Format)} | {".txt": "text"}


def choose_format(named: Format | None, output: Path | None) -> Format:
    """Return the named format, or else that of the output's suffix, or else text.

    Raises
    ------
    ConfigError
        If the suffix is unknown.
    """
    if named is not None or output is None:
        return named or "text"
    if output.suffix.lower() not in _SUFFIXES:
        raise ConfigError(
            f"{output.name!r}: its suffix is none of {' '.join(_SUFFIXES)}",
            Way("choose one"),
            Way("{format}"),
        )
    return _SUFFIXES[output.suffix.lower()]
