"""The pages of the view `step`: one unit in one step of time, and keys that lead to others."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from rich.text import Text

from charrnn.errors import ConfigError
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.places import compiled
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import name
from charrnn.inspection.views.step.draw import came, heard, prediction, title, unit_block
from charrnn.inspection.views.step.result import Step, by_change
from charrnn.terminal.heat_map import Row
from charrnn.terminal.screen import Screen
from charrnn.terminal.strip import strip
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import prose

_FAR = 10
"""Steps at once."""

_FEWEST_GUESSES = 3

_SCORES = 2
"""How many characters' scores are said to get something of the unit."""


def first(step: Step) -> "StepPage":
    """Return the page of the step that was asked for, with the unit that changed most."""
    return StepPage(step.reading, step.options, step.t, step.units[0])


@dataclass(frozen=True, eq=False)
class StepPage:
    """One unit in one step of time, whose arithmetic is done when the page is looked at."""

    reading: Reading
    options: Options
    t: int
    unit: Unit

    @cached_property
    def step(self) -> Step:
        """All terms of step t."""
        return Step.take(self.reading, self.options, self.t)

    @property
    def legend(self) -> tuple[tuple[str, str, str], ...]:
        """What the keys do."""
        layers = (("tab", "tab", "layer"),) if self.reading.network.config.num_layers > 1 else ()
        return (
            ("← →", "left right", "step"),
            ("↑ ↓", "up down", "unit"),
            *layers,
            ("home end", "home end", "of text"),
        )

    def turned(self, key: str) -> Self:
        """Return the page that a key leads to."""
        last = len(self.reading) - 1
        ways = {
            "left": -1, "right": 1, "page up": -_FAR, "page down": _FAR, "home": -last, "end": last,
        }  # fmt: skip
        if key in ways:
            return replace(self, t=max(0, min(last, self.t + ways[key])))
        if key in ("up", "down"):
            units = self._units()
            n = units.index(self.unit) + (1 if key == "down" else -1)
            return replace(self, unit=units[max(0, min(len(units) - 1, n))])
        if key == "tab":
            layer = (self.unit[0] + 1) % self.reading.network.config.num_layers
            return replace(self, unit=by_change(self.step.layers[layer])[0])
        return self

    def found(self, pattern: str) -> Self:
        """Return the page of the last character of the next match, from the beginning on again.

        Raises
        ------
        ConfigError
            The pattern is no regular expression, or matches nothing.
        """
        wanted, text = pattern, self.reading.text
        if self.reading.vocabulary.kind == "bytes":
            wanted = pattern.encode("utf-8", "surrogatepass").decode("latin-1")
        matches = compiled(wanted, f"/{pattern}/").finditer(text)
        ends = [found.end() - 1 for found in matches if found.end()]
        if not ends:
            raise ConfigError(f"/{pattern}/ matches nothing in the text")
        return replace(self, t=next((end for end in ends if end > self.t), ends[0]))

    def draw(self, screen: Screen, rows: int) -> Iterator[Text]:
        """Yield the text with the unit's values below it, the arithmetic, and the prediction.

        Where not all has room, fewer guesses are shown, and not what the sums are made of; then of
        the prediction no more than the surprise of what came.
        """
        guesses = len(self.step.top)
        fewer = range(guesses, min(guesses, _FEWEST_GUESSES) - 1, -1)
        forms = [
            *((True, True, most) for most in fewer),
            *((sums, False, most) for sums in (True, False) for most in fewer),
        ]
        for sums, says, most in forms:
            lines = list(self._lines(screen, sums=sums, says=says, guesses=most))
            if len(lines) <= rows:
                break
        else:
            lines = [line for line in lines if line.plain]
            if len(lines) > rows:
                lines = list(self._lines(screen, sums=False, says=False, guesses=0))
        yield from lines

    def _lines(self, screen: Screen, *, sums: bool, says: bool, guesses: int) -> Iterator[Text]:
        step, reading, layer = self.step, self.reading, self.unit[0]
        symbols = Symbols(reading.vocabulary, ascii_only=screen.ascii_only)
        yield from title(step, symbols, screen, brief=not guesses)
        values = reading.states["a"][:, layer, self.unit[1]]
        widest = len(name((layer, reading.network.config.hidden_size - 1)))
        row = Row(f"a {name(self.unit):<{widest}}", values, "diverging")
        yield from strip(reading.ids, self.t, [row], symbols, screen)
        if not guesses:
            yield from unit_block(step, self.unit, symbols, screen, sums=False, scores=0)
            yield from came(step, symbols, screen)
            return
        yield Text()
        if says:
            yield from prose(heard(step, layer, symbols), screen)
        yield from unit_block(step, self.unit, symbols, screen, sums=sums, scores=_SCORES)
        yield Text()
        yield from prediction(step, symbols, screen, guesses)

    def _units(self) -> list[Unit]:
        """Return the units that keys lead through: those asked for, or a layer's by change."""
        asked = list(self.options.units)
        return asked if self.unit in asked else by_change(self.step.layers[self.unit[0]])
