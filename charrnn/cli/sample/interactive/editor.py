"""The editor of `charrnn sample --interactive`, drawn with prompt_toolkit.

text, each character coloured by its surprise; ahead of the cursor the first suggestion, grey
suggestions       Tab takes the first, F2 and F3 the others
candidates        the likeliest next characters, with bars
keys, or a message
"""

import os
import signal
import sys
from asyncio import get_running_loop, sleep
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Always, Condition, Filter
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from charrnn.cli.sample.interactive.rows import Row, Rows, row_at
from charrnn.errors import CharRNNError, UnknownCharacter
from charrnn.sampling.completion.document import Document
from charrnn.terminal.bars import bar
from charrnn.terminal.safe import harmless, symbol

CANDIDATES = 5
"""Next characters that are shown."""

LONGEST = 4096
"""Characters of the name of a file."""

END = " \n"
"""The end of a row on the screen: prompt_toolkit sets a cursor on a character only."""

BELOW = 1 + 1 + CANDIDATES + 2
"""Rows below the text."""

WRITES = 80
"""Characters that one key lets the network write."""

WARMER = 1.1
"""Factor of the temperature for one key."""

AT_ONCE = 0.01
"""Seconds that a key may read on; the rest of a long text is read while no key is pressed."""

PAUSE = 0.2
"""Seconds after a key in which what stands behind the cursor is not read anew."""

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

_WITHOUT_COLOUR = {"ghost": "italic underline", "first": "bold", "said": "reverse"}

_KEYS = (
    "^Q quit", "Tab F2 F3 take", "^Right word", "^G write on", "^R anew", "^Z undo", "^Y redo",
    "^S save", "F5 F6 cooler, warmer", "F7 F8 fewer, more to choose from",
)  # fmt: skip


class Editor:
    """Edits a document; what it shows follows from the document alone."""

    def __init__(self, document: Document, seed: int) -> None:
        self._document, self._seed = document, seed
        self._said = ""
        self._file: str | None = None  # the name that is typed, while it is
        self._replaces = False  # whether a file of that name is to be replaced
        self._after_writing: tuple[str, int] | None = None  # text and cursor, when it last wrote
        self._column: int | None = None  # where up and down lead to
        self._goal: int | None = None  # the same, while a key is obeyed
        self._rows, self._top = Rows(lambda one: max(1, get_cwidth(self._shown(one)))), 0
        self._pressed = 0.0  # when the last key was
        self._is_read = True  # what is before the cursor, when the text was drawn
        text = FormattedTextControl(self._text, focusable=True, show_cursor=True)
        below = [
            Window(FormattedTextControl(draw), height=height, wrap_lines=False)
            for draw, height in (
                (self._rule, 1),
                (self._suggestions, 1),
                (self._candidates, CANDIDATES),
                (self._status, 2),
            )
        ]
        self._window = Window(text, wrap_lines=False)
        self.application: Application[None] = Application(
            layout=Layout(HSplit([self._window, *below])),
            key_bindings=self._bindings(),
            style=Style.from_dict(_WITHOUT_COLOUR if os.environ.get("NO_COLOR") else _STYLE),
            full_screen=True,
            output=_output(),
        )

    # What is drawn

    def _shown(self, character: str) -> str:
        return END if character == "\n" else symbol(character, space=False)

    def _layout(self) -> list[Row]:
        """Return the rows of the text, each a column short of the screen for the cursor."""
        width = self.application.output.get_size().columns
        return self._rows.of(self._document.text, max(1, width - 1))

    def _text(self) -> StyleAndTextTuples:
        """Return the rows that are seen, scrolled to where the cursor is."""
        document, rows = self._document, self._layout()
        self._is_read = document.read_on(document.cursor, AT_ONCE)
        now = row_at(rows, document.cursor)
        seen = self._page()
        self._top = max(0, min(max(self._top, now - seen + 1), now, len(rows) - seen))
        styled: StyleAndTextTuples = []
        for row in rows[self._top : self._top + seen]:
            styled += self._drawn(row)
            if row == rows[-1] and document.cursor == len(document.text):
                styled += self._at_cursor(row)
            if document.text[row.start : row.stop][-1:] != "\n":
                styled.append(("", END))
        return styled

    def _drawn(self, row: Row) -> StyleAndTextTuples:
        """Return the characters of a row in their colours, and what is ahead of the cursor."""
        document, bits = self._document, self._document.bits
        styled: StyleAndTextTuples = []
        for n in range(row.start, row.stop):
            if n == document.cursor:
                styled += self._at_cursor(row)
            level = sum(bits[n] > limit for limit in _BITS) if n < len(bits) else 0
            styled.append((f"class:bits{level}", self._shown(document.text[n])))
        return styled

    def _at_cursor(self, row: Row) -> StyleAndTextTuples:
        return [("[SetCursorPosition]", ""), ("class:ghost", self._ghost(row.start))]

    def _ghost(self, start: int) -> str:
        """Return the first suggestion, where the text ends or a line does, as far as it fits.

        start: where the row of the cursor begins.
        """
        document = self._document
        following = document.text[document.cursor : document.cursor + 1]
        if following not in ("", "\n") or not self._is_read:
            return ""
        found = document.suggestions()
        room = self.application.output.get_size().columns - 1
        room -= sum(get_cwidth(self._shown(one)) for one in document.text[start : document.cursor])
        ghost = ""
        for character in found[0][0].split("\n")[0] if found else "":
            shown = self._shown(character)
            if get_cwidth(ghost + shown) > room:
                break
            ghost += shown
        return ghost

    def _rule(self) -> StyleAndTextTuples:
        config = self._document.config
        settings = f" temperature {config.temperature:.2f}"
        settings += f", top-k {config.top_k}" if config.top_k else ""
        settings += f", seed {self._seed}"
        where = f" {self._document.cursor:,} of {len(self._document.text):,} "
        if not self._is_read:
            where = f" reading, {len(self._document.bits):,} of {self._document.cursor:,} "
        width = self.application.output.get_size().columns
        dashes = "─" * max(0, width - len(settings) - len(where) - 1)
        return [("class:rule", f"{settings} {dashes}{where}")]

    def _suggestions(self) -> StyleAndTextTuples:
        styled: StyleAndTextTuples = []
        if not self._is_read:
            return styled
        for key, (text, p) in zip(("Tab", "F2", "F3"), self._document.suggestions(), strict=False):
            shown = "".join(symbol(character) for character in text)
            styled += [("class:rule", f" {key} "), ("class:first", shown), ("", f" {p:.0%}  ")]
        return styled

    def _candidates(self) -> StyleAndTextTuples:
        document = self._document
        room = max(0, min(60, self.application.output.get_size().columns - 14))
        styled: StyleAndTextTuples = []
        if not self._is_read:
            return styled
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
            exists = "it exists: Enter replaces it, Esc does not"
            said = exists if self._replaces else "Enter saves, Esc does not"
            return [
                ("class:said", f" save as: {self._file[-room:]} "),
                ("", f"\n {self._said or said}"),
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

    async def read_while_idle(self) -> None:
        """Read what has not been read, between keys: to the cursor at once, the rest in a pause."""
        document = self._document
        drawn = 0.0
        while True:
            rests = monotonic() - self._pressed > PAUSE
            goal = len(document.text) if rests else document.cursor
            if len(document.bits) >= goal:
                await sleep(PAUSE / 4)
                continue
            document.read_on(goal, AT_ONCE)
            if len(document.bits) >= goal or monotonic() - drawn > PAUSE / 2:
                self.application.invalidate()
                drawn = monotonic()
            await sleep(0)

    # Keys

    def _bindings(self) -> KeyBindings:
        keys, document = KeyBindings(), self._document

        in_text = Condition(lambda: self._file is None)
        asked = ~in_text

        def on(*names: str, do: Callable[[KeyPressEvent], object], when: Filter = in_text) -> None:
            for name in names:
                keys.add(name, filter=when)(lambda event: self._do(event, do))

        on("<any>", do=lambda event: self._typed(_plain(event.data)))
        on(Keys.BracketedPaste, do=lambda event: self._typed(_with_line_ends(event.data)))
        on("enter", do=lambda _: self._typed("\n"))
        on("tab", do=lambda _: self._accept(1))
        on("f2", do=lambda _: self._accept(2))
        on("f3", do=lambda _: self._accept(3))
        on("c-right", do=lambda _: self._word())
        on("left", do=lambda _: document.move(document.cursor - 1))
        on("right", do=lambda _: document.move(document.cursor + 1))
        on("c-left", do=lambda _: self._word_back())
        on("up", "c-p", do=lambda _: self._up_or_down(-1))
        on("down", "c-n", do=lambda _: self._up_or_down(1))
        on("c-l", do=lambda event: event.app.renderer.clear())
        on("c-w", do=lambda _: self._rub_out_word())
        on("pageup", do=lambda _: self._up_or_down(-self._page()))
        on("pagedown", do=lambda _: self._up_or_down(self._page()))
        on("home", "c-a", do=lambda _: document.move(self._row().start))
        on("end", "c-e", do=lambda _: document.move(self._row_end(self._row())))
        on("c-home", do=lambda _: document.move(0))
        on("c-end", do=lambda _: document.move(len(document.text)))
        on("backspace", do=lambda _: document.delete(1))
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
        on("<any>", do=lambda event: self._named(event.data), when=asked)
        on(Keys.BracketedPaste, do=lambda event: self._named(event.data), when=asked)
        on("backspace", do=lambda _: self._rub_out(), when=asked)
        on("enter", do=lambda _: self._save(), when=asked)
        on("escape", do=lambda _: self._leave_file(), when=asked)
        on("c-q", "c-c", "c-d", "<sigint>", do=lambda event: event.app.exit(), when=Always())
        return keys

    def _do(self, event: KeyPressEvent, do: Callable[[KeyPressEvent], object]) -> None:
        self._said, self._pressed = "", monotonic()
        column, self._column = self._column, None
        try:
            self._goal = column
            do(event)
        except UnknownCharacter as error:
            where = f" (character {error.position + 1:,})" if error.position else ""
            near = " ".join(map(symbol, error.nearest))
            self._said = f"the network does not know {symbol(error.character)}{where}; near: {near}"
        except OSError as error:
            self._said = f"not saved: {error.strerror}"
        except CharRNNError as error:
            self._said = str(error)

    def _typed(self, text: str) -> None:
        self._document.insert(text)

    def _accept(self, n: int) -> None:
        if self._has_been_read():
            self._document.accept(n)

    def _has_been_read(self) -> bool:
        """Return whether the text before the cursor has been read; say so if not."""
        if not self._document.read_on(self._document.cursor, AT_ONCE):
            self._said = "the text before the cursor is still being read"
            return False
        return True

    def _rub_out_word(self) -> None:
        document, stop = self._document, self._document.cursor
        self._word_back()
        start = document.cursor
        document.move(stop)
        document.delete(stop - start)

    def _named(self, text: str) -> None:
        self._file = ((self._file or "") + "".join(filter(str.isprintable, _plain(text))))[:LONGEST]
        self._replaces = False

    def _rub_out(self) -> None:
        self._file = (self._file or "")[:-1]
        self._replaces = False

    def _save(self) -> None:
        name = (self._file or "").strip()
        if not name:
            self._file = None
            return
        path = Path(name).expanduser()
        if path.is_file() and not self._replaces:
            self._replaces = True
            return
        with path.open("w" if self._replaces else "x", encoding="utf-8", newline="") as file:
            file.write(_ended(self._document.text))
        self._file, self._replaces = None, False
        self._say(f"saved as {path}")

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

    def _word_back(self) -> None:
        """Go to the beginning of this word, or of the one before."""
        before = self._document.text[: self._document.cursor].rstrip()
        while before and not before[-1].isspace():
            before = before[:-1]
        self._document.move(len(before))

    def _row(self) -> Row:
        rows = self._layout()
        return rows[row_at(rows, self._document.cursor)]

    def _row_end(self, row: Row) -> int:
        """Return the last place in a row: before its line end, or before what begins the next."""
        return row.stop if row.stop == len(self._document.text) else row.stop - 1

    def _up_or_down(self, by: int) -> None:
        """Move to the same column of a row above or below, or to the end that is nearer."""
        document, rows = self._document, self._layout()
        now = row_at(rows, document.cursor)
        column = document.cursor - rows[now].start if self._goal is None else self._goal
        if not 0 <= now + by < len(rows) and abs(by) == 1:
            document.move(len(document.text) if by > 0 else 0)
            return
        target = rows[max(0, min(now + by, len(rows) - 1))]
        document.move(min(target.start + column, self._row_end(target)))
        self._column = column

    def _page(self) -> int:
        """Return the rows of the text that the screen shows."""
        return max(1, self.application.output.get_size().rows - BELOW)

    def _write(self, *, anew: bool = False) -> None:
        if self._has_been_read():
            self._document.generate(WRITES, self._seed, anew=anew)
            self._seed += 1
            self._after_writing = self._document.text, self._document.cursor

    def _write_again(self) -> None:
        """Write otherwise what was written last, or what stands behind the cursor."""
        document = self._document
        if self._after_writing == (document.text, document.cursor):
            document.undo()
            self._write()
        else:
            self._write(anew=True)

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


def _with_line_ends(pasted: str) -> str:
    """Return a text that was pasted: a terminal sends a carriage return for each line end."""
    return pasted.replace("\r\n", "\n").replace("\r", "\n")


def _plain(data: str) -> str:
    """Return what a key types: nothing, where it is one without a meaning here."""
    return data if data.isprintable() and not data.startswith("<sig") else ""


def _ended(text: str) -> str:
    """Return a text with a line end."""
    return text if text.endswith("\n") else f"{text}\n"


def _output() -> Output:
    """Return where to draw: the terminal, also where standard output is a file or a pipe."""
    if sys.stdout is not None and sys.stdout.isatty():
        return create_output(stdout=sys.stdout)
    return create_output(stdout=Path("/dev/tty").open("w", encoding="utf-8"))


def edit(document: Document, seed: int, *, raw: bool = False) -> int:
    """Edit a document in this terminal, and write it to standard output at the end.

    Returns the number of the signal that ended it, or 0.

    raw: whether control characters are written to a terminal as they are.
    """
    editor, ended = Editor(document, seed), 0

    def begin() -> None:
        def end(number: int) -> None:
            nonlocal ended
            ended = number
            editor.application.exit()

        for number in (signal.SIGTERM, signal.SIGHUP):
            get_running_loop().add_signal_handler(number, end, number)
        editor.application.create_background_task(editor.read_while_idle())

    editor.application.run(pre_run=begin)
    text = _ended(document.text)
    if sys.stdout is not None:
        with suppress(OSError):  # the terminal may be gone
            sys.stdout.write(text if raw or not sys.stdout.isatty() else harmless(text))
            sys.stdout.flush()
    return ended
