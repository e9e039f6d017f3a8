"""The colours: what a value looks like on a dark and on a light background, at three depths.

Values with a sign are blue below 0 and orange above, with no background of their own at 0, so that
both backgrounds serve; the pair stays apart in the three common deficiencies of colour vision.
Values without a sign have a ramp after cividis (Nuñez, Anderton & Renslow 2018), which grows away
from the background. Every colour says only what a character or a number beside it also says.

Where the background is not known, what is painted has a dark one of its own, and all else colours
that stand out from white as well as from black.
"""

import os
from dataclasses import dataclass, replace
from typing import Literal

from rich.console import Console

Theme = Literal["dark", "light"]


@dataclass(frozen=True)
class Palette:
    """Styles, as rich reads them; an empty one is the terminal's own.

    negative, positive: weak to strong, four each.
    ramp: little to much, eight.
    zero: about 0, between the two.
    quiet, loud: for what frames the data, and for what heads it.
    first, second: of two curves or kinds of bar.
    """

    negative: tuple[str, ...]
    positive: tuple[str, ...]
    ramp: tuple[str, ...]
    quiet: str
    loud: str
    first: str
    second: str
    zero: str = ""

    def signed(self, value: float) -> str:
        """Return the style of a value between -1 and 1: five steps of its size, each 0.2."""
        step = min(4, int(abs(value) * 5))
        if not step:
            return self.zero
        return (self.positive if value > 0 else self.negative)[step - 1]

    def sized(self, value: float) -> str:
        """Return the style of a value between 0 and 1: eight steps."""
        return self.ramp[max(0, min(7, int(value * 8)))]


NONE = Palette(("",) * 4, ("",) * 4, ("",) * 8, "", "", "", "")


def _on(ink: str, *backgrounds: str) -> tuple[str, ...]:
    return tuple(f"{ink} on {background}" if background else "" for background in backgrounds)


def _xterm(*numbers: int) -> tuple[str, ...]:
    return tuple(f"color({number})" for number in numbers)


def _xterm_on(ink: int, background: int) -> str:
    return f"color({ink}) on color({background})"


# The names white and black are colours of the terminal, which its theme may make grey.
_WHITE, _BLACK = "#ffffff", "#000000"

_DARK = Palette(
    negative=_on(_WHITE, "#0d2b45", "#15508a") + _on(_BLACK, "#3d8fd1", "#a5d3f7"),
    positive=_on(_WHITE, "#40260a", "#7f4a08") + _on(_BLACK, "#d98718", "#ffd08a"),
    ramp=("", *_on(_WHITE, "#16263f", "#263d66", "#4a5570", "#6b6c70"),
          *_on(_BLACK, "#948e77", "#c3b369", "#fee838")),
    quiet="#8a8a8a", loud="bold", first="#ef9636", second="#5b9fd0",
)  # fmt: skip
_LIGHT = Palette(
    negative=_on(_BLACK, "#dcebf7", "#a9cfe9", "#5b9fd0") + _on(_WHITE, "#1f5f9f"),
    positive=_on(_BLACK, "#fdebd3", "#fdca8c", "#ef9636") + _on(_WHITE, "#a8530a"),
    ramp=("", *_on(_BLACK, "#f6f0d6", "#e6dcab", "#cdc189", "#a89f77"),
          *_on(_WHITE, "#6b6c70", "#445175", "#00224e")),
    quiet="#6b6b6b", loud="bold", first="#a8530a", second="#1f5f9f",
)  # fmt: skip

# In 256 colours the weak levels would come out as greys, alike for both signs.
_WHITE_256, _BLACK_256 = _xterm(231, 16)
_DARK_256 = Palette(
    negative=("", *_on(_WHITE_256, *_xterm(25)), *_on(_BLACK_256, *_xterm(68, 117))),
    positive=("", *_on(_WHITE_256, *_xterm(94)), *_on(_BLACK_256, *_xterm(172, 222))),
    ramp=("", "", *_on(_WHITE_256, *_xterm(17, 60)), *_on(_BLACK_256, *_xterm(102, 144, 186, 227))),
    quiet="color(245)", loud="bold", first="color(172)", second="color(68)",
)  # fmt: skip
_LIGHT_256 = Palette(
    negative=("", *_on(_BLACK_256, *_xterm(153, 74)), *_on(_WHITE_256, *_xterm(25))),
    positive=("", *_on(_BLACK_256, *_xterm(222, 172)), *_on(_WHITE_256, *_xterm(130))),
    ramp=("", "", *_on(_BLACK_256, *_xterm(230, 187, 144, 102)), *_on(_WHITE_256, *_xterm(60, 17))),
    quiet="color(242)", loud="bold", first="color(130)", second="color(25)",
)  # fmt: skip

_SIXTEEN = Palette(
    negative=("", "", *_on("white", "blue", "blue")),
    positive=("", "", *_on("black", "yellow", "yellow")),
    ramp=("", "", "", *_on("white", "blue", "blue", "blue"), *_on("black", "yellow", "yellow")),
    quiet="", loud="bold", first="yellow", second="blue",
)  # fmt: skip

# Quiet colours and curves of these have a luminance of about .18, as far from white as from black.
_ZERO, _ZERO_256 = f"{_WHITE} on #0a0f18", _xterm_on(231, 233)
_EITHER = replace(
    _DARK, ramp=(_ZERO, *_DARK.ramp[1:]), zero=_ZERO,
    quiet="#767676", first="#b85c00", second="#2a78c2",
)  # fmt: skip
_EITHER_256 = replace(
    _DARK_256,
    negative=(_ZERO_256, *_DARK_256.negative[1:]), positive=(_ZERO_256, *_DARK_256.positive[1:]),
    ramp=(_ZERO_256, _ZERO_256, *_DARK_256.ramp[2:]), zero=_ZERO_256,
    quiet="color(243)", first="color(130)", second="color(32)",
)  # fmt: skip

_PALETTES: dict[tuple[str, Theme | None], Palette] = {
    ("truecolor", "dark"): _DARK,
    ("truecolor", "light"): _LIGHT,
    ("truecolor", None): _EITHER,
    ("256", "dark"): _DARK_256,
    ("256", "light"): _LIGHT_256,
    ("256", None): _EITHER_256,
}


def choose_palette(console: Console, theme: Theme | None, colorfgbg: str) -> Palette:
    """Return the colours for a console: none where it has none or NO_COLOR is set.

    Parameters
    ----------
    theme
        "dark" or "light", or None to go by `colorfgbg`, and where that says nothing either, to
        take colours that serve on both.
    colorfgbg
        What many terminals say of themselves in COLORFGBG, such as `0;15`: the numbers of the
        foreground and the background.
    """
    if console.no_color or not console.is_terminal or console.color_system is None:
        return NONE
    return _PALETTES.get((console.color_system, theme or theme_of(colorfgbg)), _SIXTEEN)


def has_unknown_background(console: Console) -> bool:
    """Return whether a console has colours that depend on a background that is not known."""
    known = theme_of(os.environ.get("COLORFGBG", ""))
    return known is None and choose_palette(console, None, "") not in (NONE, _SIXTEEN)


def theme_of(colorfgbg: str) -> Theme | None:
    """Return what COLORFGBG says of the background, None where it says nothing."""
    background = colorfgbg.rpartition(";")[2]
    if not background.isdecimal():
        return None
    return "light" if background in ("7", "15") else "dark"
