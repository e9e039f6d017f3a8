"""The text before some characters, coloured by a value for each lag.

Lag 0 is at the right end, followed by the next character. Several models may look back
from the same place: without colours each has a line of bars under one line of text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from charrnn.array_types import Column, Ids
from charrnn.terminal.bars import height
from charrnn.terminal.passages import first_fitting
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols

_MARKS = 10  # lags from one mark to the next


@dataclass(frozen=True, eq=False)
class Past:
    """The past of one place for one model.

    name: of the model, where there are several.
    ids: (T,), the text as this model reads it.
    t: where lag 0 is; a character follows it.
    values: (K + 1,) by lag, from 0 to 1; values of 0 and less are blank.
    note: a text at the end of the line.
    """

    name: str
    symbols: Symbols
    ids: Ids
    t: int
    values: Column
    note: str

    @property
    def following(self) -> int:
        """The id of the next character."""
        return int(self.ids[self.t + 1])

    @property
    def width(self) -> int:
        """The width of all of it in cells."""
        return sum(self.symbols.width(self.ids[self.t - k]) for k in range(len(self.values)))

    def lags(self, room: int) -> list[int]:
        """Return the lags whose characters fit, the furthest first."""
        before = self.ids[: self.t + 1][::-1][: len(self.values)]
        return list(range(len(first_fitting(before, room, self.symbols))))[::-1]

    def text(self, room: int, screen: Screen) -> Text:
        """Return the coloured characters."""
        line = Text()
        for k in self.lags(room):
            line.append(
                self.symbols[self.ids[self.t - k]], screen.palette.sequential(self.values[k])
            )
        return line

    def heights(self, room: int, screen: Screen) -> Text:
        """Return the same values as bars."""
        line = Text()
        for k in self.lags(room):
            value = float(self.values[k])
            step = height(value, ascii_only=screen.ascii_only) if value > 0 else " "
            line.append(step * self.symbols.width(self.ids[self.t - k]))
        return line


def pasts(groups: Sequence[Sequence[Past]], notes: str, screen: Screen) -> Iterator[Text]:
    """Yield groups of pasts, each of one place, under a line that marks the lags.

    notes: the heading of the notes.
    """
    everyone = [past for group in groups for past in group]
    place = max(len(str(past.t)) for past in everyone) + 1
    name = max(cell_len(past.name) for past in everyone)
    margin = place + name + (name > 0)
    following = max(past.symbols.width(past.following) for past in everyone)
    note = max(len(notes), *(cell_len(past.note) for past in everyone))
    room = min(screen.width - margin - following - note - 3, max(past.width for past in everyone))

    def line(label: str, body: Text, after: str, said: str) -> Text:
        drawn = Text(set_cell_size(label, margin), screen.palette.dim)
        drawn = Text().append_text(drawn).append(" " * (room - body.cell_len)).append_text(body)
        drawn.append(f" {after}", screen.palette.bold)
        drawn.append(" " * (margin + room + following + 3 - drawn.cell_len))
        return drawn.append(" " * (note - cell_len(said)) + said, screen.palette.dim)

    yield line("t", Text(_marks(everyone, room), screen.palette.dim), "", notes)
    for group in groups:
        text = ""
        for past in group:
            label = f"{past.t:<{place}}"
            body = past.text(room, screen)
            after = past.symbols[past.following]
            if screen.coloured:
                yield line(label + past.name, body, after, past.note)
                continue
            if body.plain != text:
                yield line(label, body, after, "")
                text = body.plain
            yield line(" " * place + past.name, past.heights(room, screen), "", past.note)


def _marks(everyone: Sequence[Past], room: int) -> str:
    """Return every tenth lag above its column, if all characters have one cell."""
    marks = [" "] * room
    for past in everyone:
        lags = past.lags(room)
        if any(past.symbols.width(past.ids[past.t - k]) != 1 for k in lags):
            return ""
        for k in range(0, len(lags), _MARKS):
            end = room - k
            if end - len(str(k)) >= 0:
                marks[end - len(str(k)) : end] = str(k)
    return "".join(marks)
