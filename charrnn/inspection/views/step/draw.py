"""The view `step`: one step of time, all the arithmetic."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from charrnn.inspection.options import Unit
from charrnn.inspection.views.step.draw_equations import (
    NARROW,
    Digits,
    header,
    sum_lines,
    unit_lines,
)
from charrnn.inspection.views.step.result import Step
from charrnn.network.cells import CELLS
from charrnn.plurals import counted
from charrnn.terminal.screen import Screen
from charrnn.terminal.strip import strip
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, folded, prose, rule, section

_SHORTEST_BAR, _LONGEST_BAR = 4, 30


def draw(result: Step, screen: Screen) -> Iterator[Text]:
    """Yield the text around the step, the units of each layer, and the prediction."""
    symbols = Symbols(result.reading.vocabulary, ascii_only=screen.ascii_only)
    yield from title(result, symbols, screen)
    yield from strip(result.reading.ids, result.t, (), symbols, screen)
    layers = dict.fromkeys(layer for layer, _ in result.units)
    for layer in layers:
        yield Text()
        shown = [unit for unit in result.units if unit[0] == layer]
        yield from rule(f"layer {layer}", screen, right=_which(result, len(shown)))
        yield from prose(heard(result, layer, symbols), screen)
        for n, unit in enumerate(shown):
            if n:
                yield Text()
            yield from unit_block(result, unit, symbols, screen)
    yield from section("the prediction", screen, right="y_hat: how likely each is to come next")
    yield from prediction(result, symbols, screen)


def title(result: Step, symbols: Symbols, screen: Screen, *, brief: bool = False) -> Iterator[Text]:
    """Yield which step it is and, if not only that, of what network."""
    config = result.reading.network.config
    layers = counted(config.num_layers, "layer")
    last = len(result.reading) - 1
    read = symbols[result.reading.ids[result.t]]
    yield from rule(
        f"step t={result.t} of 0 to {last}: reads {read}", screen,
        right="" if brief
        else f"{config.cell}, {layers} of {config.hidden_size}, units as layer:unit",
    )  # fmt: skip


def heard(result: Step, layer: int, symbols: Symbols) -> str:
    """Return in a sentence what a layer hears from below."""
    kind = result.layers[layer].source
    if kind == "x":
        return f"x is one-hot, so W_ax x is the row of W_ax for {_read(result, symbols)}"
    if kind == "e":
        size = result.reading.network.config.embedding_size
        return f"e is the row of W_ex for {_read(result, symbols)}, of {counted(size, 'number')}"
    return f"W_ax a is of a(t) of layer {layer - 1}, W_aa a of a(t-1) of layer {layer} itself"


def unit_block(
    result: Step,
    unit: Unit,
    symbols: Symbols,
    screen: Screen,
    *,
    sums: bool = True,
    scores: int = 3,
) -> Iterator[Text]:
    """Yield the arithmetic of one unit.

    sums: also what the sums of its candidate are made of.
    scores: of how many characters to tell what the unit adds to their scores.
    """
    layer, j = unit
    step = result.layers[layer]
    yield from header(result, unit, screen)
    yield from unit_lines(step, CELLS[result.reading.network.config.cell].formulas, j, screen)
    if sums:
        yield from _made_of(result, unit, screen)
    if scores and layer == len(result.layers) - 1:
        yield from _adds(result, j, result.top[:scores], symbols, screen)


def _made_of(result: Step, unit: Unit, screen: Screen) -> Iterator[Text]:
    """Yield the largest products in the sums of the candidate, or of a simple network's state."""
    layer, _ = unit
    step = result.layers[layer]
    gate = step.gates[-1].name
    of = "" if gate == "a" else f" of {gate}"
    if step.source != "x":
        source = layer - 1 if step.source == "a" else None
        terms, n = result.terms(unit, gate, below=True), len(step.below)
        yield from sum_lines(f"W_ax {step.source}{of}", terms, n + 1 - len(terms), source, screen)
    terms, n = result.terms(unit, gate), len(step.change)
    yield from sum_lines(f"W_aa a{of}", terms, n + 1 - len(terms), layer, screen)


def _adds(
    result: Step, j: int, ids: Sequence[int], symbols: Symbols, screen: Screen
) -> Iterator[Text]:
    """Yield what the unit's new value adds to the scores of characters."""
    digits, times = Digits(screen), screen.pick("×", "*")
    a = float(result.layers[-1].after["a"][j])
    items = []
    for k in ids:
        w = float(result.reading.network.W_ya[j, k])
        items.append(Text(f"{symbols[k]}  {digits(w)} {times} {digits(a)} = {digits(w * a)}"))
    label = Text().append(" adds to the score of ", screen.palette.dim)
    yield from flow(items, screen, gap=2, label=label)


def prediction(
    result: Step, symbols: Symbols, screen: Screen, most: int | None = None
) -> Iterator[Text]:
    """Yield the scores of the likeliest characters and the softmax of all.

    most: the largest number of characters; None for all of `result.top`.
    """
    made, digits, following = result.readout, Digits(screen), result.following
    shown = [k for n, k in enumerate(result.top) if most is None or n < most or k == following]
    narrow = screen.width < NARROW
    heading = ["", "W_ya a(t)", "b_y", "score", "exp" if narrow else "exp(score - m)", "y_hat"]
    body: list[list[Shown]] = []
    for k in shown:
        loud = screen.palette.bold if k == following else ""
        body.append([
            Text(symbols[k], loud),
            digits(float(made.W_ya_a[k])),
            " ".join(digits.signed(float(made.b_y[k]))),
            f"= {digits(float(made.score[k])):>8}",
            digits.share(float(made.power[k])),
            digits.share(float(made.y_hat[k])),
        ])  # fmt: skip
    if others := len(made.score) - len(shown):
        left = max(0.0, made.sum - float(made.power[shown].sum()))
        label = "others" if narrow else counted(others, "other")
        body.append([label, "", "", "", digits.share(left), digits.share(left / made.sum)])
    largest, total = f"m = {digits(made.largest)}", f"S = {digits.share(made.sum)}"
    body.append(["", "", "", largest, total, ""])
    table = Table(heading, "<>>>>>", body)
    colours = {following: screen.palette.first}
    bars = [(made.y_hat[k], colours.get(k, screen.palette.second)) for k in shown]
    bars += [(0.0, "")] * (len(body) - len(shown))
    yield from table.with_bars(bars, _LONGEST_BAR, screen, _SHORTEST_BAR).draw(screen)
    yield from came(result, symbols, screen)


def came(result: Step, symbols: Symbols, screen: Screen) -> Iterator[Text]:
    """Yield which character came, and its surprise."""
    digits, k = Digits(screen), result.following
    if k is None:
        yield from prose("the text ends here; nothing came after it", screen)
        return
    made, y_hat = result.readout, float(result.readout.y_hat[k])
    sum_of = f"-log2 {digits.share(y_hat)}"
    if not y_hat:  # less than any number that there is
        difference = f"({digits(made.largest)} - {digits(float(made.score[k]))})"
        sum_of = f"{difference} / ln 2 + log2 {digits.share(made.sum)}"
    text = Text(f"came next: {symbols[k]}   {sum_of} = {digits(result.bits(k))} bits")
    yield from folded(text, screen.width)


def _which(result: Step, shown: int) -> str:
    config = result.reading.network.config
    chosen = "as asked" if result.options.units else "those that changed most"
    return f"{shown} of {counted(config.hidden_size, 'unit')}, {chosen}"


def _read(result: Step, symbols: Symbols) -> str:
    return symbols[result.reading.ids[result.t]]
