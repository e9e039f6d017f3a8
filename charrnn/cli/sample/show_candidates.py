"""For each generated character, the likeliest candidates."""

from collections import deque

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from charrnn.array_types import Ids
from charrnn.sampling.candidates import Candidate, candidates
from charrnn.sampling.generate import Choice
from charrnn.sampling.sample import Sample
from charrnn.terminal.bars import bar
from charrnn.terminal.passages import first_fitting
from charrnn.terminal.screen import screen_of
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import prose, share
from charrnn.text.vocabulary import Vocabulary

_SHARE = 5
_LONGEST_BAR = 100

_SHARES = "y_hat: how likely the network holds it; p: how likely it is to be drawn, by the options"
"""Line before the first sample."""


class CandidateTable:
    """Prints a block for each character as it is made: what came before it, then the candidates.

    prompt: (N,) the ids of the prompt.
    top: how many candidates to show.
    """

    def __init__(self, console: Console, vocabulary: Vocabulary, prompt: Ids, top: int) -> None:
        self._console, self._screen, self._top = console, screen_of(console), top
        self._symbols = Symbols(vocabulary)
        self._running = Symbols(vocabulary, space=False)
        self._prompt = prompt[-self._screen.width :].tolist()
        self._rank = max(len("rank"), len(str(len(vocabulary))))
        self._symbol = max(map(self._symbols.width, range(len(vocabulary))))
        self._begun = False

    def begin(self, *, beside: bool = False) -> None:
        """Begin a sample by naming the columns."""
        self._before = deque(self._prompt, maxlen=self._screen.width)
        self._n = 0
        names = f"{'':{self._symbol}}  {'y_hat':<{_SHARE}}  {'p':<{_SHARE}}"
        heading = Text(f"   {'rank':>{self._rank}}  {names}", self._screen.palette.dim)
        if not self._begun:
            for line in prose(_SHARES, self._screen):
                self._print(line)
        self._begun = True
        self._print(heading)

    def take(self, choice: Choice) -> None:
        """Print the block of the next character."""
        self._n += 1
        self._print(self._heading())
        if left := ", ".join(f"{name} {n}" for name, n in choice.left):
            for line in prose(f"left by {left}", self._screen):
                self._print(line)
        for candidate in candidates(choice, self._top):
            self._print(self._row(candidate))
        self._before.append(choice.id)

    def end(self, sample: Sample) -> None:
        """End a sample: its last block is complete."""

    def close(self) -> None:
        """End the last sample: nothing is left to be printed."""

    def _heading(self) -> Text:
        """Return the number of a character, and as much of what was before as there is room for."""
        quiet = self._screen.palette.dim
        if not self._before:
            return Text(f"{self._n} at the beginning", quiet)
        heading = f"{self._n} after "
        room = self._screen.width - len(heading)
        shown = first_fitting(reversed(self._before), room, self._running)
        return Text.assemble((heading, quiet), "".join(reversed(shown)))

    def _row(self, candidate: Candidate) -> Text:
        palette, k = self._screen.palette, candidate.id
        mark = self._screen.pick("▸", ">") if candidate.chosen else " "
        shares = f"{share(candidate.y_hat):<{_SHARE}}  {share(candidate.p):<{_SHARE}}"
        text = f" {mark} {candidate.rank:>{self._rank}}  {self._symbols.padded(k, self._symbol)}  "
        style = palette.bold if candidate.chosen else "" if candidate.p else palette.dim
        room = min(self._screen.width - cell_len(text + shares) - 2, _LONGEST_BAR)
        return Text.assemble(
            (text + shares, style),
            ("  " + bar(candidate.p, room), palette.first if candidate.chosen else palette.second),
        )

    def _print(self, line: Text) -> None:
        line.rstrip()
        self._console.print(line, no_wrap=True, overflow="crop")
