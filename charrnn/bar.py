"""The progress of a fit for the eye: a plain bar of tqdm's on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from charrnn.training.trainer import Progress


def is_watched() -> bool:
    """Tell whether a bar would be seen: on a terminal, or in a notebook."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return on_terminal or "ipykernel" in sys.modules


@contextmanager
def bar(already: float = 0.0) -> Iterator[Callable[[Progress], None]]:
    """Show a bar, and return what is to be called after every step.

    already: the share of the budget that was used up before.
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

        def follow(progress: Progress) -> None:
            best = f", best {progress.best:.3f}" if progress.best < float("inf") else ""
            state = f"step {progress.step}, loss {progress.loss:.3f}{best} nats"
            shown.set_description_str(state, refresh=False)
            shown.update(progress.fraction - shown.n)
            if progress.note:
                shown.write(progress.note, file=sys.stderr)

        yield follow
