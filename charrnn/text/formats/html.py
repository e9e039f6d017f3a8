"""The text of an HTML page as a reader sees it: paragraphs, headings and lines, without marks."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

_PARAGRAPHS = {
    "article", "aside", "blockquote", "dl", "fieldset", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table",
    "ul", "body", "html",
}  # fmt: skip
_LINES = {
    "address", "br", "caption", "dd", "details", "div", "dt", "figcaption", "legend", "li",
    "option", "summary", "tr",
}  # fmt: skip
_CELLS = {"td", "th"}
# Not shown to readers, or a repetition: how a character is pronounced.
_LEFT_OUT = {
    "head", "script", "style", "template", "noscript", "svg", "math", "object", "iframe", "select",
    "textarea", "rt", "rp", "audio", "video", "canvas",
}  # fmt: skip
_ENDS_HEAD = {"body", "frameset", "main", "article", "h1", "h2", "p", "div", "table", "section"}

_SPACES = re.compile(r"[ \t\n\r\f]+")

LONGEST_UNCLOSED = 2**16
"""Characters within which a tag, comment or script must end; a longer one is dropped."""


def text_of(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the text of a page, in pieces; malformed pages are accepted."""
    page = _Page()
    waiting: list[str] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        # An unclosed tag is scanned again each time; waiting for twice the data keeps that linear.
        if length >= len(page.rawdata):
            page.feed("".join(waiting))
            waiting, length = [], 0
            yield from page.taken()
    page.feed("".join(waiting))
    # A comment that is not closed hides the rest, as it does in a browser.
    if len(page.rawdata) <= LONGEST_UNCLOSED and not page.rawdata.startswith("<!"):
        page.close()
    yield from page.taken()
    yield from page.ending()


class _Page(HTMLParser):
    """Gathers the visible text of a page, with line ends where a browser would begin a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._found: list[str] = []
        self._begun = False  # whether there is text yet
        self._breaks = 0  # line ends to come before more text
        self._space = False  # whether a space comes before more text
        self._left_out: list[str] = []
        self._verbatim = 0

    def taken(self) -> Iterator[str]:
        """Yield the text gathered since the last call."""
        if found := "".join(self._found):
            yield found
        self._found.clear()

    def ending(self) -> Iterator[str]:
        """Yield the end of the last line."""
        if self._begun:
            yield "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or an element that is left out."""
        if "head" in self._left_out and tag in _ENDS_HEAD:
            self._left_out.clear()  # a head that is not closed ends where the body begins
        if tag in _LEFT_OUT:
            self._left_out.append(tag)
        self._verbatim += tag == "pre"
        self._break(tag)
        if tag in _CELLS and not self._breaks and self._begun:
            self._put("\t")
            self._space = False

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line; an empty element leaves nothing out."""
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        """End a line, or an element that is left out."""
        if tag in self._left_out:
            del self._left_out[self._left_out.index(tag) :]
        self._verbatim = max(0, self._verbatim - (tag == "pre"))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        """Add text, with spaces collapsed as a browser does."""
        if self._left_out:
            return
        if self._verbatim:
            self._put(data.replace("\r\n", "\n"))
            return
        shown = _SPACES.sub(" ", data)
        self._space |= shown.startswith(" ")
        if words := shown.strip(" "):
            self._put(words)
            self._space = shown.endswith(" ")

    def parse_html_declaration(self, i: int) -> int:
        """Skip a declaration; an unknown one is a comment, as in a browser."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._breaks = 2
        elif tag == "br":
            self._breaks = min(2, self._breaks + 1)
        elif tag in _LINES:
            self._breaks = max(self._breaks, 1)

    def _put(self, text: str) -> None:
        if self._breaks and self._begun:
            self._found.append("\n" * self._breaks)
        elif self._space and self._begun:
            self._found.append(" ")
        self._breaks, self._space, self._begun = 0, False, True
        self._found.append(text)
