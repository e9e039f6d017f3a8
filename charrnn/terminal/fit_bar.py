"""The progress of a fit for the eye: a plain bar of tqdm's on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Follow = Callable[[float, str, str], None]
"""Is called with the fraction of the budget that is used up, the state in a few words, and a line
to be printed above the bar, or an empty one."""


def is_watched() -> bool:
    """Return whether a bar would be seen: on a terminal, or in a notebook."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return on_terminal or "ipykernel" in sys.modules


@contextmanager
def bar(already: float = 0.0) -> Iterator[Follow]:
    """Show a bar, and return the function to be called after every step.

    already: the fraction of the budget that was used up before.
    """
    from tqdm import tqdm  # noqa: PLC0415 - takes longer to import than what does without it

    class Bar(tqdm):  # type: ignore[type-arg]
        """Draws when a step asks; no thread of its own watches over that."""

        monitor_interval = 0

    with Bar(
        total=1.0,
        initial=already,
        bar_format="{percentage:3.0f}% |{bar}| {elapsed} {desc}",
        dynamic_ncols=True,
        miniters=0,
        file=sys.stderr,
    ) as shown:

        def follow(fraction: float, state: str, note: str) -> None:
            shown.set_description_str(state, refresh=False)
            shown.update(fraction - shown.n)
            if note:
                shown.write(note, file=sys.stderr)

        yield follow
