"""The view `dump`: the arrays for export, with their contents."""

from collections.abc import Iterator
from dataclasses import replace

from rich.text import Text

from charrnn.inspection.views.dump.result import Dump
from charrnn.terminal.numbers import memory
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import Shown, Table, prose, rule, section


def draw(result: Dump, screen: Screen) -> Iterator[Text]:
    """Yield a table of the arrays, then how they are written and read."""
    yield from rule("arrays", screen, right=f"{memory(result.size)} altogether")
    heading = ["name", "dimensions", "shape", "type", "bytes"]
    body: list[list[Shown]] = [
        [
            Text(name, screen.palette.bold),
            dimensions,
            " x ".join(map(str, values.shape)),
            str(values.dtype),
            f"{values.nbytes:,}",
        ]
        for name, values, dimensions in result.described
    ]
    yield from Table(heading, "<<<<>", body).draw(screen)
    yield from section("what they hold", screen, right="row t: known after character t")
    widest = max(len(name) for name, *_ in result.described)
    narrower = replace(screen, width=screen.width - widest - 2)
    for array in result.described:
        label = array.name
        for line in prose(array.meaning, narrower):
            yield Text().append(f"{label:<{widest}}  ", screen.palette.bold).append(line.plain)
            label = ""
    yield Text()
    yield from prose(
        "T characters, L layers, H units, V characters of the vocabulary; to write them: "
        '--output FILE.npz, to read them: numpy.load("FILE.npz")',
        screen,
    )
