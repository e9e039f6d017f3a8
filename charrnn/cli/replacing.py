"""Checks of what a command writes: not a file that it reads, nor any file without --overwrite."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from charrnn.errors import ConfigError, TextError
from charrnn.system.pipes import is_pipe


def check_output(output: Path | None, *, overwrite: bool, option: str = "--output") -> None:
    """Make sure that a file is new or may be replaced; a pipe takes what comes.

    Raises
    ------
    ConfigError
        There is a file.
    """
    if output is None or overwrite or is_pipe(output) or not os.path.lexists(output):
        return
    raise ConfigError(
        f"{option}: {output} exists already; choose another, or replace it with --overwrite"
    )


def check_not_read(option: str, output: Path | None, read: Iterable[Path | str | None]) -> None:
    """Make sure that a file to be written is none of those that are read, by whatever name.

    read: paths of files; or names of texts, a folder's or a pattern's among them.

    Raises
    ------
    ConfigError
        It is one of them.
    """
    if output is None or is_pipe(output) or not os.path.lexists(output):
        return
    from charrnn.text.sources import find_inputs

    files: list[Path | None] = []
    for name in read:
        if isinstance(name, str):
            with suppress(TextError):  # which reading it will report
                files += [found.path for found in find_inputs([name])]
        else:
            files.append(name)
    for path in files:
        if path is not None and _same(output, path):
            raise ConfigError(f"{option}: {output} is a file that is read here; choose another")


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - a link that leads nowhere is none
    except (OSError, ValueError):
        return False
