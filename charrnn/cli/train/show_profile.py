"""Where the time of training went, as a table."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from charrnn.plurals import counted
from charrnn.terminal.bars import bar
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import Shown, Table, prose
from charrnn.training.profile import Share

_BAR = 12


def draw(shares: Sequence[Share], steps: int, screen: Screen) -> Iterator[Text]:
    """Yield a row for each part, its share of the whole time and its milliseconds a step."""
    whole = sum(share.seconds for share in shares)
    yield Text()
    yield Text(f"{whole:.1f} seconds, {counted(steps, 'step')}", screen.palette.bold)
    rows: list[list[Shown]] = [
        [
            share.part,
            f"{share.seconds / whole:.1%}",
            f"{1e3 * share.seconds / max(1, steps):.2f}",
            Text(bar(share.seconds / whole, _BAR, ascii_only=screen.ascii_only).ljust(_BAR)),
            share.details,
        ]
        for share in shares
    ]
    heading = ["where", "share", "ms a step", "", "what"]
    yield from Table(heading, "<>><<", rows).draw(screen)
    yield from prose(
        "of this process; the profiler itself slows the steps by some percent, most of it in "
        "the parts with many small calls",
        screen,
    )
