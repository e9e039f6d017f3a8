"""The registry of views, in the order of help.

A new view is a folder beside this file, and its name below.
"""

import difflib

from charrnn.errors import ConfigError
from charrnn.inspection.view import View
from charrnn.inspection.views import (
    ablate,
    context,
    diff,
    dump,
    errors,
    find,
    gates,
    grad,
    ledger,
    match,
    memory,
    neuron,
    overview,
    probs,
    state,
    steer,
    step,
    summary,
    votes,
    weights,
    why,
)
from charrnn.plurals import counted

_ORDER = (
    overview,
    probs,
    errors,
    state,
    gates,
    memory,
    neuron,
    find,
    why,
    grad,
    context,
    votes,
    ledger,
    match,
    ablate,
    steer,
    step,
    diff,
    weights,
    summary,
    dump,
)

VIEWS: dict[str, View] = {module.VIEW.name: module.VIEW for module in _ORDER}

OPENS = "overview"
"""The default view."""


def choose_view(name: str | None, models: int | None = 1) -> View:
    """Return the view of a name, or the default one.

    models: number of models; None where that does not matter.

    Raises
    ------
    ConfigError
        If there is no such view, or it takes fewer or more models.
    """
    if name is None:
        name = OPENS
    if name not in VIEWS:
        if meant := _meant(name):
            raise ConfigError(
                f"there is no {name!r}; did you mean {meant} ({VIEWS[meant].says})",
                argument="view",
            )
        raise ConfigError(f"{name!r} is none of {', '.join(VIEWS)}", argument="view")
    least, most = VIEWS[name].models
    if models is not None and models > most:
        several = ", ".join(other for other, view in VIEWS.items() if view.compares)
        raise ConfigError(
            f"the view {name} looks at {counted(most, 'model')}, not at {models}; "
            f"for several there are {several}"
        )
    if models is not None and models < least:
        raise ConfigError(f"the view {name} compares {least} models; name one more before the text")
    return VIEWS[name]


def _meant(name: str) -> str | None:
    """Return the view that an unknown name means, by its synonyms or as a misspelling."""
    words = {word: view for view in VIEWS for word in (view, *VIEWS[view].synonyms.split())}
    written = name.lower().replace("_", "-").replace(" ", "-")
    alike = difflib.get_close_matches(written, words, n=1, cutoff=0.7)
    return words[alike[0]] if alike else None
