"""Where a run is saved, checked before a text is read, and what may not be replaced there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charrnn.checkpoint.paths import BESIDE, FOLDER, files_of, model_path, resume_path
from charrnn.cli.replacing import check_not_read
from charrnn.errors import CheckpointError, ConfigError
from charrnn.system.atomic import Lock, check_writable, remove_stale_temporaries
from charrnn.system.pipes import is_pipe
from charrnn.terminal.commands import file_word, quoted
from charrnn.text.sources import STANDARD_INPUT
from charrnn.training.log import is_log

LONGEST_NAME = 100
"""Characters of a generated name at most: with its suffixes it has to fit on any disk."""


def destination(
    out: Path | None, resume: Path | None, sources: list[str], *, overwrite: bool
) -> Path:
    """Return where to save the model: as given, or under a name that is free.

    sources: of the corpus, as they were typed.

    Raises
    ------
    ConfigError, CheckpointError
        The path is not one of a model, or of a file that is read, or there is one already.
    """
    if out is None:
        path = model_path(resume) if resume else _free(sources[0], overwrite=overwrite)
    else:
        path = _named(out, resume, overwrite=overwrite)
    for written in files_of(path):
        check_not_read("--out", written, sources)
    return path


def _named(out: Path, resume: Path | None, *, overwrite: bool) -> Path:
    """Return where to save the model, as given."""
    if out.name.endswith(BESIDE) or out.suffix != ".npz":
        stem = out.name
        for suffix in BESIDE:
            stem = stem.removesuffix(suffix)
        better = stem if stem not in ("", ".npz") and not is_pipe(out) else "model"
        raise ConfigError(f"--out: {out} is no name of a model; name it {better}.npz")
    if not overwrite and not (resume and _same(out, model_path(resume))):
        refuse_to_replace(out)
    return out


def refuse_to_replace(path: Path) -> None:
    """Make sure that no model, stopped run or index lies at a path.

    Raises
    ------
    CheckpointError
        One does.
    """
    for there in files_of(path):
        if os.path.lexists(there):
            resume = f", or resume it with --resume {quoted(file_word(path))}"
            again = resume if os.path.lexists(resume_path(path)) else ""
            raise CheckpointError(
                f"{there}: exists already; choose another --out, replace it with --overwrite{again}"
            )


def check_log(
    log: Path | None, path: Path, sources: list[str], resume: Path | None, *, overwrite: bool
) -> None:
    """Make sure that a log replaces nothing that it should not.

    sources: of the corpus, as they were typed.

    Raises
    ------
    ConfigError, TrainingError
        Something else lies there, or another run's log, or a file that is read.
    """
    if log is None or is_pipe(log):
        return
    if any(_same(log, taken) for taken in files_of(path)):
        raise ConfigError(f"--log-file: {log} is where the model is saved; choose another")
    check_not_read(
        "--log-file", log, [*sources, *([resume, resume_path(resume)] if resume else [])]
    )
    if not is_log(log):
        raise ConfigError(f"--log-file: {log} exists and is no log of a run; choose another")
    if not (resume or overwrite) and log.is_file() and log.stat().st_size:
        raise ConfigError(
            f"--log-file: {log} exists already; choose another, or replace it with --overwrite"
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock a path for this process, once a file can be saved there.

    Raises
    ------
    CheckpointError
        Another process trains it, or nothing can be saved there.
    """
    check_writable(path)
    with Lock(path):
        for written in files_of(path):
            remove_stale_temporaries(written)
        yield


def path_passed_over(path: Path, text: str) -> Path | None:
    """Return the file that keeps a model from its first name, None if it is saved under that.

    path: where it is saved, under a name that was made up.
    """
    first = next(_names(text))
    if first == path:
        return None
    return next(there for there in files_of(first) if os.path.lexists(there))


def _free(text: str, *, overwrite: bool) -> Path:
    """Return checkpoints/NAME.npz, or NAME-2.npz and so on where that is taken."""
    for path in _names(text):
        if overwrite or not any(map(os.path.lexists, files_of(path))):
            return path
    raise CheckpointError(f"{next(_names(text))}: exists, and 9,998 more; choose another --out")


def _names(text: str) -> Iterator[Path]:
    """Yield the paths that a model of a text may be saved at, the first first."""
    name = "corpus"
    if text != STANDARD_INPUT and os.path.lexists(Path(text)) and not is_pipe(Path(text)):
        name = Path(text).resolve().name.split(".")[0] or name
    stem = "".join(letter if letter.isprintable() else "_" for letter in name)[:LONGEST_NAME]
    for suffix in ("", *(f"-{k}" for k in range(2, 10**4))):
        yield FOLDER / f"{stem}{suffix}.npz"


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
