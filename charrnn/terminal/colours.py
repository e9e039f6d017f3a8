"""The palettes: colours of values on a dark and a light background, at three colour depths.

Values with a sign are blue below 0 and orange above, with no background of their own at 0, so that
both backgrounds serve; the pair is distinct in the three common deficiencies of colour vision.
Values without a sign have a ramp after cividis (Nuñez, Anderton & Renslow 2018), which grows away
from the background. Every colour says only what a character or a number beside it also says.

Where the background is not known, coloured cells have a dark one of their own, and all else has
colours that contrast with both white and black.
"""

import os
from dataclasses import dataclass, replace
from typing import Literal

from rich.console import Console

Theme = Literal["dark", "light"]


@dataclass(frozen=True)
class Palette:
    """Styles in rich's syntax; an empty one is the terminal's default.

    negative, positive: four steps of the diverging scale each, weak to strong.
    ramp: the eight steps of the sequential scale, low to high.
    zero: the middle of the diverging scale.
    dim, bold: for labels and frames, and for headings.
    first, second: for two curves or kinds of bar.
    """

    negative: tuple[str, ...]
    positive: tuple[str, ...]
    ramp: tuple[str, ...]
    dim: str
    bold: str
    first: str
    second: str
    zero: str = ""

    def diverging(self, value: float) -> str:
        """Return the style of a value from -1 to 1, in five steps of 0.2 either way."""
        step = min(4, int(abs(value) * 5))
        if not step:
            return self.zero
        return (self.positive if value > 0 else self.negative)[step - 1]

    def sequential(self, value: float) -> str:
        """Return the style of a value from 0 to 1, in eight steps."""
        return self.ramp[max(0, min(7, int(value * 8)))]


NONE = Palette(("",) * 4, ("",) * 4, ("",) * 8, "", "", "", "")


def _on(ink: str, *backgrounds: str) -> tuple[str, ...]:
    return tuple(f"{ink} on {background}" if background else "" for background in backgrounds)


def _xterm(*numbers: int) -> tuple[str, ...]:
    return tuple(f"color({number})" for number in numbers)


# The named colours white and black depend on the terminal's theme, which may make them grey.
_WHITE, _BLACK = "#ffffff", "#000000"

_DARK = Palette(
    negative=_on(_WHITE, "#0d2b45", "#15508a") + _on(_BLACK, "#3d8fd1", "#a5d3f7"),
    positive=_on(_WHITE, "#40260a", "#7f4a08") + _on(_BLACK, "#d98718", "#ffd08a"),
    ramp=("", *_on(_WHITE, "#16263f", "#263d66", "#4a5570", "#6b6c70"),
          *_on(_BLACK, "#948e77", "#c3b369", "#fee838")),
    dim="#8a8a8a", bold="bold", first="#ef9636", second="#5b9fd0",
)  # fmt: skip
_LIGHT = Palette(
    negative=_on(_BLACK, "#dcebf7", "#a9cfe9", "#5b9fd0") + _on(_WHITE, "#1f5f9f"),
    positive=_on(_BLACK, "#fdebd3", "#fdca8c", "#ef9636") + _on(_WHITE, "#a8530a"),
    ramp=("", *_on(_BLACK, "#f6f0d6", "#e6dcab", "#cdc189", "#a89f77"),
          *_on(_WHITE, "#6b6c70", "#445175", "#00224e")),
    dim="#6b6b6b", bold="bold", first="#a8530a", second="#1f5f9f",
)  # fmt: skip

# In 256 colours the weak steps would be greys, alike for both signs.
_WHITE_256, _BLACK_256 = _xterm(231, 16)
_DARK_256 = Palette(
    negative=("", *_on(_WHITE_256, *_xterm(25)), *_on(_BLACK_256, *_xterm(68, 117))),
    positive=("", *_on(_WHITE_256, *_xterm(94)), *_on(_BLACK_256, *_xterm(172, 222))),
    ramp=("", "", *_on(_WHITE_256, *_xterm(17, 60)), *_on(_BLACK_256, *_xterm(102, 144, 186, 227))),
    dim="color(245)", bold="bold", first="color(172)", second="color(68)",
)  # fmt: skip
_LIGHT_256 = Palette(
    negative=("", *_on(_BLACK_256, *_xterm(153, 74)), *_on(_WHITE_256, *_xterm(25))),
    positive=("", *_on(_BLACK_256, *_xterm(222, 172)), *_on(_WHITE_256, *_xterm(130))),
    ramp=("", "", *_on(_BLACK_256, *_xterm(230, 187, 144, 102)), *_on(_WHITE_256, *_xterm(60, 17))),
    dim="color(242)", bold="bold", first="color(130)", second="color(25)",
)  # fmt: skip

_SIXTEEN = Palette(
    negative=("", "", *_on("white", "blue", "blue")),
    positive=("", "", *_on("black", "yellow", "yellow")),
    ramp=("", "", "", *_on("white", "blue", "blue", "blue"), *_on("black", "yellow", "yellow")),
    dim="", bold="bold", first="yellow", second="blue",
)  # fmt: skip

# Dim colours and curves here have a luminance of about .18, as far from white as from black.
_ZERO, _ZERO_256 = f"{_WHITE} on #0a0f18", "color(231) on color(233)"
_EITHER = replace(
    _DARK, ramp=(_ZERO, *_DARK.ramp[1:]), zero=_ZERO,
    dim="#767676", first="#b85c00", second="#2a78c2",
)  # fmt: skip
_EITHER_256 = replace(
    _DARK_256,
    negative=(_ZERO_256, *_DARK_256.negative[1:]), positive=(_ZERO_256, *_DARK_256.positive[1:]),
    ramp=(_ZERO_256, _ZERO_256, *_DARK_256.ramp[2:]), zero=_ZERO_256,
    dim="color(243)", first="color(130)", second="color(32)",
)  # fmt: skip

PALETTES: dict[tuple[str, Theme | None], Palette] = {
    ("truecolor", "dark"): _DARK,
    ("truecolor", "light"): _LIGHT,
    ("truecolor", None): _EITHER,
    ("256", "dark"): _DARK_256,
    ("256", "light"): _LIGHT_256,
    ("256", None): _EITHER_256,
}


def choose_palette(console: Console, theme: Theme | None, colorfgbg: str) -> Palette:
    """Return the palette for a console: `NONE` where it has no colours or NO_COLOR is set.

    Parameters
    ----------
    theme
        "dark" or "light"; None to use `colorfgbg`, and where that does not say, to
        use colours that serve on both.
    colorfgbg
        The value of COLORFGBG, which many terminals set, such as `0;15`: the numbers of the
        foreground and the background.
    """
    if console.no_color or not console.is_terminal or console.color_system is None:
        return NONE
    return PALETTES.get((console.color_system, theme or theme_of(colorfgbg)), _SIXTEEN)


def has_unknown_background(console: Console) -> bool:
    """Return whether a console has colours, and a background that is not known."""
    known = theme_of(os.environ.get("COLORFGBG", ""))
    return known is None and choose_palette(console, None, "") not in (NONE, _SIXTEEN)


def theme_of(colorfgbg: str) -> Theme | None:
    """Return the theme that COLORFGBG implies; None where it does not say."""
    background = colorfgbg.rpartition(";")[2]
    if not background.isdecimal():
        return None
    return "light" if background in ("7", "15") else "dark"
