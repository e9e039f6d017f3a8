"""A progress bar for `fit`: tqdm's plain bar on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Follow = Callable[[float, str, str], None]
"""Called with the fraction of the budget used, the state in a few words, and a line
to print above the bar, or an empty one."""


def is_watched() -> bool:
    """Return whether a bar is visible: on a terminal, or in a notebook."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return on_terminal or "ipykernel" in sys.modules


@contextmanager
def bar(already: float = 0.0) -> Iterator[Follow]:
    """Show a bar, and return the function to call after every step.

    already: the fraction of the budget used before.
    """
    from tqdm import tqdm  # noqa: PLC0415 - takes longer to import than what does without it

    class Bar(tqdm):  # type: ignore[type-arg]
        """A bar that is drawn by the steps, without tqdm's monitor thread."""

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
