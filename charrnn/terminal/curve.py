"""Line charts: braille dots, or ASCII, in a frame with ticks."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from rich.text import Text

from charrnn.array_types import Floats
from charrnn.terminal.screen import Screen

# The dot at column x, row y of a braille cell has this bit (Unicode, block U+2800).
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK_BRAILLE = 0x2800
_BEYOND = 1e100
_SMALLEST = 1e-9
_ROWS = 4  # dots in a cell, vertically
_DASH = 6  # pixels, half of them drawn: the second curve's line

Points = list[tuple[float, float]]


def curve(
    steps: Sequence[float] | Floats,
    series: Mapping[str, Sequence[float] | Floats],
    screen: Screen,
    *,
    height: int = 10,
    label: str = "",
) -> list[Text]:
    """Draw one or two series over common steps.

    Parameters
    ----------
    steps
        Place of each value on the horizontal axis, increasing.
    series
        The values by name; nan, and values beyond 1e100, are left out. The first is a
        solid line, the second dashed, and each is named at its right end, with its last value.
    height
        Lines of the picture itself; the horizontal axis takes two more, and the label one.
    label
        Label of the vertical axis.

    Returns
    -------
    list
        The lines; none where no value can be drawn.
    """
    curves = {
        name: [
            (float(x), float(y))
            for x, y in zip(steps, values, strict=True)
            if abs(x) < _BEYOND and abs(y) < _BEYOND
        ]
        for name, values in series.items()
    }
    points = [point for drawn in curves.values() for point in drawn]
    if not points:
        return []
    left, right = _span([x for x, _ in points])
    lowest, highest = _span([y for _, y in points])
    pixels = height * (1 if screen.ascii_only else _ROWS)

    def down(y: float) -> int:
        """Return the distance of a value from the upper edge, in pixels."""
        return round((highest - y) / (highest - lowest) * (pixels - 1))

    ticks = ticks_between(lowest, highest, max(2, height // 2))
    at_row = {down(y) * height // pixels: text for y, text in ticks.items()}
    ends = _ends(curves, lambda y: down(y) * height // pixels, height, screen)
    margin = max(map(len, ticks.values())) + 1
    width = screen.width - margin - 2 - max(text.cell_len for text in ends.values())

    picture = _Picture(width, screen)
    for n, drawn in enumerate(curves.values()):
        across = (picture.columns - 1) / (right - left)
        picture.draw(n, [(round((x - left) * across), down(y)) for x, y in drawn])

    lines = [Text(label, screen.palette.dim)] if label else []
    for row in range(height):
        mark = screen.pick("┤" if row in at_row else "│", "|")
        line = Text()
        line.append(f"{at_row.get(row, ''):>{margin - 1}} {mark}", screen.palette.dim)
        line.append_text(picture.line(row))
        if row in ends:
            line.append(" ").append_text(ends[row])
        lines.append(line)
    return lines + _axis(left, right, width, margin, screen)


def ticks_between(least: float, largest: float, most: int) -> dict[float, str]:
    """Return at most `most` round numbers between two, with their labels."""
    for power in range(math.floor(math.log10((largest - least) / most)) - 1, 400):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            first, last = math.ceil(least / step - 1e-9), math.floor(largest / step + 1e-9)
            if last - first + 1 <= most:
                numbers = [step * n for n in range(first, last + 1)] or [(least + largest) / 2]
                return {number: _written(number, power) for number in numbers}
    raise AssertionError("no step is large enough")  # not reached: a step of 1e399 is infinite


def _written(number: float, power: int) -> str:
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size and power >= 2:
            return f"{number / size:g}{suffix}"
    return f"{number:.{max(0, -power)}f}"


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and largest value, widened where they are equal."""
    least, largest = min(values), max(values)
    size = max(abs(least), abs(largest))
    if largest - least > max(1e-9 * size, _SMALLEST):
        return least, largest
    margin = size / 10 if size > _SMALLEST else 1.0
    return least - margin, largest + margin


def _ends(
    curves: Mapping[str, Points], row_of: Callable[[float], int], height: int, screen: Screen
) -> dict[int, Text]:
    """Return the label of each curve by row: that of its last point, or the next free one."""
    samples = (screen.pick("━", "*"), screen.pick("╍", "."))
    styles = (screen.palette.first, screen.palette.second)
    last = [(points[-1][1], n, name) for n, (name, points) in enumerate(curves.items()) if points]
    ends: dict[int, Text] = {}
    for y, n, name in sorted(last, reverse=True):
        row = row_of(y)
        while row in ends:
            row = (row + 1) % height
        ends[row] = Text(f"{samples[n % 2]} {name} {y:.3g}", styles[n % 2])
    return ends


def _axis(left: float, right: float, width: int, margin: int, screen: Screen) -> list[Text]:
    """Return the horizontal axis: a line with ticks, and their labels."""
    across, mark, corner = screen.pick("─", "-"), screen.pick("┬", "+"), screen.pick("└", "+")
    line, numbers = [across] * width, [" "] * (margin + 1 + width)
    free = 0
    for x, text in ticks_between(left, right, max(2, width // 12)).items():
        column = round((x - left) / (right - left) * (width - 1))
        start = max(0, min(margin + 1 + column - len(text) // 2, len(numbers) - len(text)))
        if start < free:
            continue
        line[column] = mark
        numbers[start : start + len(text)] = text
        free = start + len(text) + 1
    return [
        Text(" " * margin + corner + "".join(line), screen.palette.dim),
        Text("".join(numbers).rstrip(), screen.palette.dim),
    ]


class _Picture:
    """Cells with up to two curves, the first drawn over the second."""

    def __init__(self, width: int, screen: Screen) -> None:
        self._screen, self._width = screen, width
        self._across, self._down = (1, 1) if screen.ascii_only else (2, _ROWS)
        self.columns = self._across * width
        self._curves: list[set[tuple[int, int]]] = []

    def draw(self, n: int, pixels: list[tuple[int, int]]) -> None:
        """Connect the pixels by a line, solid for the first curve and dashed for the second."""
        path = dict.fromkeys(pixels[:1])
        for (x0, y0), (x1, y1) in pairwise(pixels):
            length = max(abs(x1 - x0), abs(y1 - y0), 1)
            for k in range(length + 1):
                path[x0 + round((x1 - x0) * k / length), y0 + round((y1 - y0) * k / length)] = None
        dashed = n > 0 and not self._screen.ascii_only and len(path) > _DASH
        self._curves.append(
            {pixel for k, pixel in enumerate(path) if not dashed or k % _DASH < _DASH // 2}
        )

    def line(self, row: int) -> Text:
        """Return one line of cells."""
        text = Text()
        palette = self._screen.palette
        for column in range(self._width):
            bits, owner = 0, -1
            for n, drawn in reversed(list(enumerate(self._curves))):
                for x in range(self._across):
                    for y in range(self._down):
                        if (column * self._across + x, row * self._down + y) in drawn:
                            bits, owner = bits | _DOTS[x][y], n
            style = (palette.first, palette.second)[owner % 2] if owner >= 0 else ""
            if self._screen.ascii_only:
                text.append("*."[owner % 2] if owner >= 0 else " ", style)
            else:
                text.append(chr(_BLANK_BRAILLE + bits) if bits else " ", style)
        return text
