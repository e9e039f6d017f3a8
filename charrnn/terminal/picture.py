"""Lines as a picture: SVG for a page or a slide, HTML for a browser or a notebook.

Nothing is loaded from elsewhere: no font, no script. Text is escaped, so that a corpus that holds
markup is shown as it is.
"""

from collections.abc import Iterable
from io import StringIO

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from charrnn.terminal.colours import PALETTES, Theme
from charrnn.terminal.screen import Screen

_ANSI = [
    (0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16),
    (36, 114, 200), (188, 63, 188), (17, 168, 205), (229, 229, 229),
]  # fmt: skip
_THEMES: dict[Theme, TerminalTheme] = {
    "dark": TerminalTheme((13, 17, 23), (230, 237, 243), _ANSI),
    "light": TerminalTheme((255, 255, 255), (31, 35, 40), _ANSI),
}
_FONTS = "Menlo, 'DejaVu Sans Mono', Consolas, 'Courier New', monospace"

_SVG = """\
<svg class="charrnn" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: FONTS;
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="BACKGROUND"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>charrnn inspect</title>
<style>
body {{ color: {foreground}; background-color: {background}; }}
{stylesheet}
</style>
</head>
<body>
<pre style="font-family: FONTS; line-height: 1.25">{code}</pre>
</body>
</html>
"""

_FRAGMENT = """\
<pre style="font-family: FONTS; line-height: 1.25; overflow-x: auto; white-space: pre">{code}</pre>
"""


def picture_screen(width: int, theme: Theme | None) -> Screen:
    """Return a screen for a picture.

    theme: of its background; None for colours that serve on both.
    """
    return Screen(width, PALETTES["truecolor", theme])


def draw(form: str, lines: Iterable[Text], width: int, theme: Theme | None = None) -> str:
    """Return lines as a document, "svg" or "html", on a dark background if none is given."""
    return {"svg": svg, "html": html}[form](lines, width, theme or "dark")


def svg(lines: Iterable[Text], width: int, theme: Theme = "dark") -> str:
    """Return lines as an SVG document, drawn for `picture_screen(width, theme)`."""
    background = _THEMES[theme].background_color.hex
    return _recorded(lines, width).export_svg(
        title="",
        theme=_THEMES[theme],
        code_format=_SVG.replace("FONTS", _FONTS).replace("BACKGROUND", background),
    )


def html(lines: Iterable[Text], width: int, theme: Theme = "dark") -> str:
    """Return lines as an HTML document, drawn for `picture_screen(width, theme)`."""
    return _recorded(lines, width).export_html(
        theme=_THEMES[theme], code_format=_PAGE.replace("FONTS", _FONTS)
    )


def fragment(lines: Iterable[Text], width: int) -> str:
    """Return lines as an element of a page, such as a notebook, of whatever background."""
    return _recorded(lines, width).export_html(
        theme=_THEMES["dark"], code_format=_FRAGMENT.replace("FONTS", _FONTS), inline_styles=True
    )


def _recorded(lines: Iterable[Text], width: int) -> Console:
    console = Console(
        file=StringIO(), record=True, width=width, force_terminal=True, color_system="truecolor",
        markup=False, emoji=False, highlight=False, legacy_windows=False, no_color=False,
    )  # fmt: skip
    for line in lines:
        console.print(line, no_wrap=True, overflow="crop")
    return console
