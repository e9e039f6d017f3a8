"""The editor of `charrnn sample --interactive`, drawn with prompt_toolkit.

text, each character coloured by its surprise; ahead of the cursor the first suggestion, grey
suggestions       Tab takes the first, F2 and F3 the others
candidates        the likeliest next characters, with bars
keys, or a message
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from charrnn.errors import CharRNNError, UnknownCharacter
from charrnn.sampling.completion.document import Document
from charrnn.terminal.bars import bar
from charrnn.terminal.safe import symbol

CANDIDATES = 5
"""Next characters that are shown."""

WRITES = 80
"""Characters that one key lets the network write."""

WARMER = 1.1
"""Factor of the temperature for one key."""

_BITS = (1.0, 2.0, 4.0, 7.0)
"""Bits of surprise above which a character has the next colour."""

_STYLE = {
    "bits0": "",
    "bits1": "ansicyan",
    "bits2": "ansigreen",
    "bits3": "ansiyellow",
    "bits4": "ansired bold",
    "ghost": "ansibrightblack",
    "rule": "ansibrightblack",
    "first": "bold",
    "bar": "ansiblue",
    "said": "reverse",
}

_KEYS = (
    "^Q quit", "Tab F2 F3 take", "^Right word", "^G write on", "^R again", "^Z undo", "^Y redo",
    "^S save", "F5 F6 cooler, warmer", "F7 F8 fewer, more to choose from",
)  # fmt: skip


class Editor:
    """Edits a document; what it shows follows from the document alone."""

    def __init__(self, document: Document, seed: int) -> None:
        self._document, self._seed = document, seed
        self._said = ""
        self._file: str | None = None  # the name that is typed, while it is
        self._written = False
        text = FormattedTextControl(
            self._text, focusable=True, show_cursor=True, get_cursor_position=self._cursor
        )
        below = [
            Window(FormattedTextControl(draw), height=height, wrap_lines=False)
            for draw, height in (
                (self._rule, 1),
                (self._suggestions, 1),
                (self._candidates, CANDIDATES),
                (self._status, 2),
            )
        ]
        self._window = Window(text, wrap_lines=True)
        self.application: Application[None] = Application(
            layout=Layout(HSplit([self._window, *below])),
            key_bindings=self._bindings(),
            style=Style.from_dict({} if os.environ.get("NO_COLOR") else _STYLE),
            full_screen=True,
        )

    # What is drawn

    def _shown(self, character: str) -> str:
        return character if character == "\n" else symbol(character, space=False)

    def _text(self) -> StyleAndTextTuples:
        document = self._document
        styled: StyleAndTextTuples = []
        bits = document.surprises()
        ghost = self._ghost()
        for n, character in enumerate(document.text):
            if n == document.cursor and ghost:
                styled.append(("class:ghost", ghost))
            level = sum(bits[n] > limit for limit in _BITS)
            styled.append((f"class:bits{level}", self._shown(character)))
        if document.cursor == len(document.text):
            styled.append(("class:ghost", ghost))
        styled.append(("", " "))
        return styled

    def _ghost(self) -> str:
        """Return the first suggestion, where the text ends or a line does."""
        document = self._document
        following = document.text[document.cursor : document.cursor + 1]
        if following not in ("", "\n"):
            return ""
        found = document.suggestions()
        return "".join(map(self._shown, found[0][0].split("\n")[0])) if found else ""

    def _cursor(self) -> Point:
        before = "".join(map(self._shown, self._document.text[: self._document.cursor]))
        line = before.count("\n")
        return Point(x=len(before) - (before.rfind("\n") + 1), y=line)

    def _rule(self) -> StyleAndTextTuples:
        config = self._document.config
        settings = f" temperature {config.temperature:.2f}"
        settings += f", top-k {config.top_k}" if config.top_k else ""
        where = f" {self._document.cursor:,} of {len(self._document.text):,} "
        width = self.application.output.get_size().columns
        dashes = "─" * max(0, width - len(settings) - len(where) - 1)
        return [("class:rule", f"{settings} {dashes}{where}")]

    def _suggestions(self) -> StyleAndTextTuples:
        styled: StyleAndTextTuples = []
        for key, (text, p) in zip(("Tab", "F2", "F3"), self._document.suggestions(), strict=False):
            shown = "".join(symbol(character) for character in text)
            styled += [("class:rule", f" {key} "), ("class:first", shown), ("", f" {p:.0%}  ")]
        return styled

    def _candidates(self) -> StyleAndTextTuples:
        document = self._document
        room = max(0, min(60, self.application.output.get_size().columns - 14))
        styled: StyleAndTextTuples = []
        for one in document.candidates(CANDIDATES):
            shown = symbol(document.vocabulary[one.id])
            padded = shown + " " * max(0, 5 - get_cwidth(shown))
            styled += [
                ("", f"  {padded} {one.p:4.0%} "),
                ("class:bar", bar(one.p, room)),
                ("", "\n"),
            ]
        return styled

    def _status(self) -> StyleAndTextTuples:
        if self._file is not None:
            room = self.application.output.get_size().columns - len(" save as:  ")
            return [
                ("class:said", f" save as: {self._file[-room:]} "),
                ("", "\n Enter saves, Esc does not"),
            ]
        if self._said:
            return [("class:said", f" {self._said} ")]
        width = self.application.output.get_size().columns
        lines, line = [], ""
        for key in _KEYS:
            if line and len(line) + len(key) + 3 > width:
                lines.append(line)
                line = ""
            line += f" {key}  "
        return [("class:rule", "\n".join([*lines, line][:2]))]

    # Keys

    def _bindings(self) -> KeyBindings:
        keys, document = KeyBindings(), self._document

        def on(*names: str, do: Callable[[KeyPressEvent], object]) -> None:
            for name in names:
                keys.add(name)(lambda event: self._do(event, do))

        on("<any>", do=lambda event: self._typed(event.data))
        on(Keys.BracketedPaste, do=lambda event: self._typed(event.data.replace("\r\n", "\n")))
        on("enter", do=lambda _: self._enter())
        on("tab", do=lambda _: document.accept(1))
        on("f2", do=lambda _: document.accept(2))
        on("f3", do=lambda _: document.accept(3))
        on("c-right", do=lambda _: self._word())
        on("left", do=lambda _: document.move(document.cursor - 1))
        on("right", do=lambda _: document.move(document.cursor + 1))
        on("up", do=lambda _: self._line(-1))
        on("down", do=lambda _: self._line(1))
        on("home", "c-a", do=lambda _: document.move(self._line_start()))
        on("end", "c-e", do=lambda _: document.move(self._line_end()))
        on("backspace", do=lambda _: self._rub_out())
        on("delete", do=lambda _: document.delete(-1))
        on("c-z", do=lambda _: self._if(document.undo(), "nothing is left to undo"))
        on("c-y", do=lambda _: self._if(document.redo(), "nothing is left to redo"))
        on("c-g", do=lambda _: self._write())
        on("c-r", do=lambda _: self._write_again())
        on("f5", do=lambda _: self._set(temperature=self._temperature() / WARMER))
        on("f6", do=lambda _: self._set(temperature=self._temperature() * WARMER))
        on("f7", do=lambda _: self._set(top_k=self._fewer()))
        on("f8", do=lambda _: self._set(top_k=self._more()))
        on("c-s", do=lambda _: self._ask_for_file())
        on("escape", do=lambda _: self._leave_file())
        on("c-q", "c-c", "c-d", do=lambda event: event.app.exit())
        return keys

    def _do(self, event: KeyPressEvent, do: Callable[[KeyPressEvent], object]) -> None:
        self._said = ""
        try:
            do(event)
        except UnknownCharacter as error:
            near = " ".join(error.nearest)
            shown = symbol(error.character)
            self._said = f"the network does not know {shown}" + (f"; near: {near}" if near else "")
        except (CharRNNError, OSError) as error:
            self._said = str(error)

    def _typed(self, text: str) -> None:
        if self._file is not None:
            self._file += "".join(filter(str.isprintable, text))
            return
        self._document.insert(text)
        self._written = False

    def _enter(self) -> None:
        if self._file is None:
            self._typed("\n")
            return
        name, self._file = self._file, None
        if not name:
            return
        path = Path(name).expanduser()
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(self._document.text)
        self._say(f"saved as {path}")

    def _rub_out(self) -> None:
        if self._file is None:
            self._document.delete(1)
        else:
            self._file = self._file[:-1]

    def _word(self) -> None:
        """Go over a word of the text, or take one of the ghost's at its end."""
        document = self._document
        if document.cursor == len(document.text):
            document.accept(1)
            return
        rest = document.text[document.cursor :]
        word = len(rest) - len(rest.lstrip())
        while word < len(rest) and not rest[word].isspace():
            word += 1
        document.move(document.cursor + word)

    def _line_start(self) -> int:
        return self._document.text.rfind("\n", 0, self._document.cursor) + 1

    def _line_end(self) -> int:
        end = self._document.text.find("\n", self._document.cursor)
        return end if end >= 0 else len(self._document.text)

    def _line(self, by: int) -> None:
        """Move to the same column of the line above or below."""
        document, start = self._document, self._line_start()
        column = document.cursor - start
        target = start - 1 if by < 0 else self._line_end() + 1
        if not 0 <= target <= len(document.text):
            return
        document.move(target)
        first = self._line_start()
        document.move(first)
        document.move(min(first + column, self._line_end()))

    def _write(self) -> None:
        self._document.generate(WRITES, self._seed)
        self._seed += 1
        self._written = True

    def _write_again(self) -> None:
        if self._written:
            self._document.undo()
        self._write()

    def _temperature(self) -> float:
        temperature = self._document.config.temperature
        return temperature if isinstance(temperature, float) and temperature > 0 else 0.1

    def _fewer(self) -> int:
        now = self._document.config.top_k or len(self._document.vocabulary)
        return max(1, now // 2)

    def _more(self) -> int:
        now = 2 * self._document.config.top_k
        return now if now < len(self._document.vocabulary) else 0

    def _set(self, **options: float) -> None:
        self._document.set_options(**options)

    def _ask_for_file(self) -> None:
        self._file = ""

    def _leave_file(self) -> None:
        self._file = None

    def _if(self, done: bool, otherwise: str) -> None:
        if not done:
            self._say(otherwise)

    def _say(self, said: str) -> None:
        self._said = said


def edit(document: Document, seed: int) -> None:
    """Edit a document in this terminal, and write it to standard output at the end."""
    Editor(document, seed).application.run()
    sys.stdout.write(document.text if document.text.endswith("\n") else document.text + "\n")
