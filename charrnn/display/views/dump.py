"""The view `dump`: which arrays there are to be taken elsewhere, and what each holds."""

from collections.abc import Iterator
from dataclasses import replace

from rich.text import Text

from charrnn.display.quantities import memory
from charrnn.display.screen import Screen
from charrnn.display.tables import Shown, Table, prose, rule
from charrnn.inspection.views.dump import MEANINGS, Dump

EXPLANATION = """\
All that the network computed as it read the text, as arrays. On the screen
they are only named; to have them, write them:

    charrnn inspect MODEL.npz --file TEXT --view dump --output trace.npz

and open them with any NumPy, no pickle needed:

    trace = numpy.load("trace.npz")
    trace["a"][t, layer, unit]            after character t was read
    json.loads(trace["meta"].tobytes())   which model, text and options

Row t is what was known after character t: bits[t] is the surprise of
character t+1, nan where the text ends, and log_y_hat[t] the natural logarithm
of the prediction of it, over the ids; vocabulary[id] is a code point. States
are 0 before the first character, which no row is for. Gates lie between 0 and
1, candidates (g, n) and the state a between -1 and 1, the cell state c
anywhere. With --layer only that layer's states and gates are written, at
index 0.

As CSV or JSON the numbers that there is one of for each character are
written, and the large arrays are not.
"""


def draw(result: Dump, screen: Screen) -> Iterator[Text]:
    """Yield a table of the arrays, then how they are written and read."""
    yield from rule("arrays", screen, right=f"{memory(result.size)} altogether")
    heading = ["name", "dimensions", "shape", "type", "bytes"]
    body: list[list[Shown]] = [
        [
            Text(name, screen.palette.loud),
            dimensions,
            " x ".join(map(str, values.shape)),
            str(values.dtype),
            f"{values.nbytes:,}",
        ]
        for name, values, dimensions in result.described
    ]
    yield from Table(heading, "<<<<>", body).draw(screen)
    yield Text()
    yield from rule("what they hold", screen, right="row t: known after character t")
    widest = max(len(name) for name, *_ in result.described)
    narrower = replace(screen, width=screen.width - widest - 2)
    for name, *_ in result.described:
        label = name
        for line in prose(MEANINGS[name], narrower):
            yield Text().append(f"{label:<{widest}}  ", screen.palette.loud).append(line.plain)
            label = ""
    yield Text()
    yield from prose(
        "T characters, L layers, H units, V characters of the vocabulary; to write them: "
        '--output FILE.npz, to read them: numpy.load("FILE.npz")',
        screen,
    )
