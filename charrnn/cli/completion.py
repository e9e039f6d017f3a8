"""Shell completion of the names of views, models and runs. Imports nothing slow.

Where nothing is offered the shell offers its files, as for texts.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from charrnn.checkpoint.paths import FOLDER, expanded

CORPORA = "corpora"
"""The folder that texts are offered from."""

NO_TEXTS = (".py", ".md", ".npz")
"""The ends of names of what is no text to learn from."""


def complete_view(incomplete: str) -> list[tuple[str, str]]:
    """Return the views whose names begin with `incomplete`, with what they answer."""
    from charrnn.inspection.views.registry import VIEWS

    return [(name, view.says) for name, view in VIEWS.items() if name.startswith(incomplete)]


def complete_model(incomplete: str) -> list[str]:
    """Return the models whose names begin with `incomplete`."""
    return list(_models(incomplete, lambda _: True))


def complete_run(incomplete: str) -> list[str]:
    """Return the models whose names begin with `incomplete` and whose runs can be resumed."""
    from charrnn.checkpoint.finding import has_run

    return list(_models(incomplete, has_run))


def complete_corpus(incomplete: str) -> list[str]:
    """Return the texts in `corpora/` once that is what is typed; of others the shell knows more."""
    folder, begun = os.path.split(incomplete)
    names = sorted(os.listdir(CORPORA)) if os.path.isdir(CORPORA) else []  # noqa: PTH112, PTH208
    others = [name for name in os.listdir() if name != CORPORA] if begun and not folder else []  # noqa: PTH208
    is_meant = folder == CORPORA or (begun and not any(name.startswith(begun) for name in others))
    texts = [f"{CORPORA}/{name}" for name in names if not name.endswith(NO_TEXTS)]
    return [text for text in texts if is_meant and text.startswith(incomplete)]


def _models(incomplete: str, is_meant: Callable[[Path], bool]) -> Iterator[str]:
    """Yield models by path, or by name alone those in `checkpoints/`."""
    from charrnn.checkpoint.finding import models

    folder, begun = os.path.split(incomplete)
    for path in models(Path(expanded(folder))):
        if path.name.startswith(begun) and is_meant(path):
            yield os.path.join(folder, path.name)  # noqa: PTH118 - as it was typed, with ~ and ./
    if folder:
        return
    for path in filter(is_meant, models(FOLDER)):
        yield from [name for name in (str(path), path.name) if name.startswith(begun)][:1]
