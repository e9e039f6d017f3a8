"""The view `ablate`: what the network loses without a unit, and where."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.ablate.result import Ablated, Loss
from charrnn.plurals import counted
from charrnn.terminal.bars import bar
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import Shown, Table, number, prose, rule

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
    body: list[list[Shown]] = []
    for loss in losses:
        style = screen.palette.first if loss.bits.mean > 0 else screen.palette.second
        drawn = bar(abs(loss.bits.mean) / largest, _BAR, ascii_only=screen.ascii_only)
        body.append(
            [
                name(loss.units[0]) if len(loss.units) == 1 else f"all {len(loss.units)}",
                _signed(loss.bits.mean),
                number(loss.bits.error, 4),
                Text(drawn, style),
                _signed(loss.direct.mean) if loss.direct else "-",
                _signed(loss.approx),
            ]
        )
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
        item = f"{', ' if n else ''}{label} {_signed(mean.mean, 3)}"
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
        return f"a {what} drawn at random: {_signed(means[0])}"
    error = _error(float(means.std(ddof=1) / len(means) ** 0.5), screen)
    return (
        f"{many} drawn at random: mean {_signed(float(means.mean()))}{error}, from "
        f"{_signed(float(means.min()))} to {_signed(float(means.max()))}"
    )


def _summary(result: Ablated, screen: Screen) -> str:
    measured = result.single
    dear = sum(loss.bits.mean > 2 * loss.bits.error for loss in measured)
    cheap = sum(loss.bits.mean < -2 * loss.bits.error for loss in measured)
    count = counted(len(measured), "unit")
    if result.asked:
        which = f"{count} asked for"
    elif result.all_measured:
        which = f"all {count}"
    else:
        units = counted(result.approx.size, "unit")
        which = f"of {units} the {len(measured)} that cost most to first order"
    base = f"{number(result.baseline.mean, 3)}{_error(result.baseline.error, screen, 3)}"
    said = (
        f"with all units: {base} bits, over the first {counted(len(result.ids), 'character')}; "
        f"standard errors from blocks. Measured: {which}. "
        f"{dear} cost more than twice their error"
    )
    if cheap:
        said += f"; without {cheap} of them the text is predicted better by as much"
    if not np.isnan(result.agreement):
        said += f". Rank correlation of approx with d bits {result.agreement:.2f}"
    return said


def _signed(value: float, places: int = 4) -> str:
    written = number(value, places)
    return written if written.startswith("-") else f"+{written}"


def _error(value: float, screen: Screen, places: int = 4) -> str:
    return f" {screen.pick('±', '+-')} {number(value, places)}" if np.isfinite(value) else ""
