"""charrnn: a character-level recurrent network to train, sample and inspect.

    from charrnn import CharRNN, load

    model = CharRNN(cell="lstm", hidden_size=128).fit("corpus.txt", max_time=60)
    print(model.generate("Once", length=200))

The names below are imported when they are first used, so that the command line's help and
completion need not wait for NumPy.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from charrnn.api import CharRNN, load
    from charrnn.errors import CharRNNError, CheckpointError, ConfigError, TextError, TrainingError
    from charrnn.text.vocabulary import Vocabulary

_HOMES = {
    "CharRNN": "charrnn.api",
    "CharRNNError": "charrnn.errors",
    "CheckpointError": "charrnn.errors",
    "ConfigError": "charrnn.errors",
    "TextError": "charrnn.errors",
    "TrainingError": "charrnn.errors",
    "Vocabulary": "charrnn.text.vocabulary",
    "load": "charrnn.api",
}

__all__ = [
    "CharRNN",
    "CharRNNError",
    "CheckpointError",
    "ConfigError",
    "TextError",
    "TrainingError",
    "Vocabulary",
    "load",
]


def __dir__() -> list[str]:
    return sorted((*__all__, "__version__"))


def __getattr__(name: str) -> _Any:
    if name in _HOMES:
        return getattr(_import_module(_HOMES[name]), name)
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - takes longer than it is needed for

        return version("charrnn")
    raise AttributeError(f"module 'charrnn' has no attribute {name!r}")
