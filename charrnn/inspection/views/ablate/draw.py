"""The view `ablate`: what the network loses without a unit, and where."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.inspection.methods.effects import CLEAR
from charrnn.inspection.result import name
from charrnn.inspection.views.ablate.result import Ablated, Loss
from charrnn.plurals import counted
from charrnn.terminal.bars import bar_text
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import Shown, Table, number, prose, rule, signed, with_error

_ROWS = 16
_BAR = 12
_WHERE = 22  # cells for the classes that cost more


def draw(result: Ablated, screen: Screen) -> Iterator[Text]:
    """Yield the units of highest cost, the group, the control, and a summary."""
    how = "its mean" if result.how == "mean" else "0"
    yield from rule(f"without a unit: its {result.kind} at {how}", screen, right="bits a character")
    shown = result.single[: len(result.single) if result.asked else result.shown or _ROWS]
    groups = [result.together] if result.together else []
    yield from _table([*shown, *groups], result, screen)
    yield from prose(_control(result, screen), screen)
    yield from prose(
        "d bits: how many more it costs to predict a character, in the loop; direct: by way of the "
        "readout alone; approx: to first order; bars are of d bits",
        screen,
    )
    yield Text()
    yield from prose(_summary(result, screen), screen)


def _table(losses: Sequence[Loss], result: Ablated, screen: Screen) -> Iterator[Text]:
    """Yield a row for each; a narrow screen shows fewer columns."""
    largest = max(*(abs(loss.bits.mean) for loss in losses), 1e-9)
    styles = {True: screen.palette.first, False: screen.palette.second}
    body: list[list[Shown]] = [
        [
            name(loss.units[0]) if len(loss.units) == 1 else f"all {len(loss.units)}",
            signed(loss.bits.mean, 4),
            number(loss.bits.error, 4),
            bar_text(abs(loss.bits.mean) / largest, _BAR, styles[loss.bits.mean > 0], screen),
            signed(loss.direct.mean, 4) if loss.direct else "-",
            signed(loss.approx, 4),
        ]
        for loss in losses
    ]
    plus_minus = screen.pick("±", "+-")
    heading = ["unit", "d bits", plus_minus, "", "direct", "approx"]
    table = Table(heading, "<>><>>", body).narrowed(screen.width - _WHERE, (plus_minus, ""))
    room = table.room(screen.width)
    table = table.beside("where it hurts, d bits", [_where(loss, room, screen) for loss in losses])
    yield from table.draw(screen)


def _where(loss: Loss, room: int, screen: Screen) -> Text:
    """Return the classes of characters that cost more, as many as there is room for."""
    line = Text()
    for n, (label, mean) in enumerate(loss.where()):
        item = f"{', ' if n else ''}{label} {signed(mean.mean, 3)}"
        if n and line.cell_len + len(item) > room:
            break
        line.append(item)
    return line


def _control(result: Ablated, screen: Screen) -> str:
    """Return a sentence about the costs of random units."""
    if not result.random:
        return "no unit was drawn at random, so what an ordinary one costs is not known"
    means = np.array([loss.bits.mean for loss in result.random])
    each = len(result.random[0].units)
    what = "unit" if each == 1 else f"group of {each}"
    many = counted(len(means), what, f"groups of {each}" if each > 1 else None)
    if len(means) == 1:
        return f"a {what} drawn at random: {signed(means[0], 4)}"
    least, mean, largest = (signed(f(means), 4) for f in (np.min, np.mean, np.max))
    mean = with_error(mean, means.std(ddof=1) / len(means) ** 0.5, screen, 4)
    return f"{many} drawn at random: mean {mean}, from {least} to {largest}"


def _summary(result: Ablated, screen: Screen) -> str:
    measured = result.single
    dear = sum(loss.bits.mean > CLEAR * loss.bits.error for loss in measured)
    cheap = sum(loss.bits.mean < -CLEAR * loss.bits.error for loss in measured)
    count = counted(len(measured), "unit")
    if result.asked:
        which = f"{count} asked for"
    elif result.all_measured:
        which = f"all {count}"
    else:
        units = counted(result.approx.size, "unit")
        which = f"of {units} the {len(measured)} that change most to first order"
    baseline = result.baseline
    base = with_error(number(baseline.mean, 3), baseline.error, screen, 3)
    said = (
        f"with all units: {base} bits, over "
        f"{counted(sum(map(len, result.segments)), 'prediction')} in "
        f"{counted(len(result.segments), 'segment')} of the text; standard errors are between "
        f"them. Measured: {which}. {dear} cost more than three times their error"
    )
    if cheap:
        said += f"; without {cheap} of them the text is predicted better by as much"
    if not np.isnan(result.agreement):
        said += f". Rank correlation of approx with d bits {result.agreement:.2f}"
    return said
