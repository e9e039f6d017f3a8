"""A text that is edited, and what the network would write at the cursor.

Everything here is without a terminal: an editor shows it, and a line protocol hands it on.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from charrnn.array_types import Ids
from charrnn.errors import ConfigError
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.candidates import Candidate, candidates
from charrnn.sampling.completion.continuations import Continuation, Continuations
from charrnn.sampling.completion.states import WINDOW, Character, States
from charrnn.sampling.config import ENDLESS, STEERING, SamplingConfig
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.generate import Choice, continue_from
from charrnn.sampling.sample import Sample, first_ids
from charrnn.text.read_as import Unknown
from charrnn.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charrnn.sampling.constraints.constraint import Constraint

SUGGESTIONS = 3
"""Continuations that are suggested."""

MOST_UNDONE = 1000
"""Edits that can be undone."""

HISTORY = 1 << 16
"""Characters before the cursor that filters look at."""

TYPED = ("only", "forbid")
"""What may be asked of a text that is typed: of each character that the network writes."""


class Edit(NamedTuple):
    """A change: what stood at a place, and what stands there since, with the cursor before it."""

    place: int
    removed: str
    inserted: str
    cursor: int


class Document:
    """A text with a cursor, read by a network as far as the cursor.

    config: how what is generated is chosen.
    """

    def __init__(
        self,
        network: Network,
        vocabulary: Vocabulary,
        config: SamplingConfig,
        unknown: Unknown = "error",
    ) -> None:
        check_editable(config)
        self.network, self.vocabulary, self.config = network, vocabulary, config
        self._unknown: Unknown = unknown
        self._before = first_ids(vocabulary, np.random.default_rng(0))
        self._states = States(network, self._before.tolist())
        self._continuations = Continuations(network, self._is_complete)
        self._suggested: list[Continuation] | None = None
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self.text, self.cursor = "", 0

    # What is shown

    @property
    def bits(self) -> list[float]:
        """The surprise of the characters that have been read, the first ones, in bits."""
        return self._states.bits

    def surprises(self) -> list[float]:
        """Return the surprise of every character, in bits."""
        self._read_to(len(self.text))
        return list(self.bits)

    def read_on(self, place: int, seconds: float) -> bool:
        """Read on towards a place, for a time; return whether it has been reached."""
        due = perf_counter() + seconds
        place = min(place, len(self.text))
        while len(self._states) < place and perf_counter() < due:
            self._read_to(min(place, len(self._states) + WINDOW))
        return len(self._states) >= place

    def candidates(self, top: int) -> list[Candidate]:
        """Return the likeliest ids at the cursor, and how probable each is to be generated."""
        self._read_to(self.cursor)
        scores = self._states.scores(self.cursor)
        weights = filters_of(self.config, self._prompt()[None], self.vocabulary).weights(scores)
        return candidates(Choice(int(scores.argmax()), scores, weights), top)[:top]

    def suggestions(self) -> list[tuple[str, float]]:
        """Return the likeliest continuations to the next space, with their probabilities.

        They have nothing that options forbid; no other option changes them.
        """
        if self._suggested is None:
            self._read_to(self.cursor)
            state, constraint = self._states.state(self.cursor), self._constraint()
            self._suggested = self._continuations.after(state, SUGGESTIONS, constraint)
        return [(self.vocabulary.decode_output(each.ids), each.p) for each in self._suggested]

    # Edits

    def insert(self, text: str) -> None:
        """Insert a text at the cursor.

        Raises
        ------
        UnknownCharacter
            The network does not know a character; nothing is inserted then.
        """
        self.vocabulary.encode_prompt(text, self._unknown)
        if text:
            self._change(self.cursor, 0, text)

    def delete(self, n: int) -> None:
        """Delete n characters before the cursor; after it if negative."""
        start, stop = (self.cursor - n, self.cursor) if n >= 0 else (self.cursor, self.cursor - n)
        start, stop = max(0, start), min(len(self.text), stop)
        if start < stop:
            self._change(start, stop - start, "")

    def put(self, text: str) -> None:
        """Put another text in the place of all, with the cursor at its end.

        Raises
        ------
        UnknownCharacter
            The network does not know a character; the text stays as it is then.
        """
        self.vocabulary.encode_prompt(text, self._unknown)
        same = 0
        while same < min(len(text), len(self.text)) and text[same] == self.text[same]:
            same += 1
        if same < max(len(text), len(self.text)):
            self._change(same, len(self.text) - same, text[same:])
        self.move(len(text))

    def move(self, place: int) -> None:
        """Move the cursor to a place, or to the end that is nearer."""
        self.cursor = max(0, min(place, len(self.text)))
        self._suggested = None

    def accept(self, n: int) -> None:
        """Insert a suggestion, counted from 1.

        Raises
        ------
        ConfigError
            There is none of that number.
        """
        found = self.suggestions()
        if not 1 <= n <= len(found):
            raise ConfigError(f"there is no suggestion {n}; there are {len(found)}")
        self.insert(found[n - 1][0].replace("\ufffd", ""))

    def generate(self, length: int, seed: int, *, anew: bool = False) -> None:
        """Insert what the network writes at the cursor, by the options and a seed.

        That is what a sample writes whose prompt is the text before the cursor.

        anew: whether it takes the place of what stands behind the cursor.
        """
        self._read_to(self.cursor)
        stepper = Stepper(self.network)
        stepper.move(self._states.state(self.cursor))
        config, prompt = replace(self.config, length=length), self._prompt()
        filters = filters_of(config, prompt[None], self.vocabulary)
        rng = np.random.Generator(np.random.PCG64(seed))
        made = continue_from(stepper, filters, rng)
        sample = Sample(self.network, self.vocabulary, prompt, config, rng, generated=made)
        written = "".join(sample.pieces()).replace("\ufffd", "")
        behind = len(self.text) - self.cursor if anew else 0
        if written or behind:
            self._change(self.cursor, behind, written)

    def undo(self) -> bool:
        """Take the last edit back; return whether there was one."""
        if not self._done:
            return False
        edit = self._done.pop()
        self._undone.append(edit)
        self._replace(edit.place, len(edit.inserted), edit.removed)
        self.move(edit.cursor)
        return True

    def redo(self) -> bool:
        """Do the edit again that was taken back last; return whether there was one."""
        if not self._undone:
            return False
        edit = self._undone.pop()
        self._done.append(edit)
        self._replace(edit.place, len(edit.removed), edit.inserted)
        self.move(edit.place + len(edit.inserted))
        return True

    def set_options(self, **options: Any) -> None:
        """Change the options of what is generated.

        Raises
        ------
        ConfigError
            One is out of range, or does not fit a text that is typed.
        """
        known = {field.name for field in fields(SamplingConfig)}
        if others := sorted(options.keys() - known):
            raise ConfigError(
                f"{others[0]!r:.40} is no option; there are {', '.join(sorted(known))}"
            )
        config = replace(self.config, **options)
        check_editable(config)
        self._read_to(self.cursor)
        filters_of(config, self._prompt()[None], self.vocabulary)  # what cannot be is said now
        self.config, self._suggested = config, None

    def _change(self, place: int, removed: int, inserted: str) -> None:
        edit = Edit(place, self.text[place : place + removed], inserted, self.cursor)
        self._done = [*self._done[-MOST_UNDONE + 1 :], edit]
        self._undone.clear()
        self._replace(place, removed, inserted)
        self.move(place + len(inserted))

    def _replace(self, place: int, removed: int, inserted: str) -> None:
        self.text = self.text[:place] + inserted + self.text[place + removed :]
        self._states.cut(min(place, len(self._states)))
        self._suggested = None

    def _read_to(self, place: int) -> None:
        read = len(self._states)
        if place > read:
            self._states.read([self._ids(character) for character in self.text[read:place]])

    def _ids(self, character: str) -> Character:
        return tuple(self.vocabulary.encode_prompt(character, self._unknown).tolist())

    def _prompt(self) -> Ids:
        """Return the ids that what is generated follows: what is before the cursor."""
        ids = self._states.ids(max(0, self.cursor - HISTORY), self.cursor)
        return ids if len(ids) else self._before

    def _constraint(self) -> "Constraint | None":
        """Return what continuations must not hold, if anything."""
        if not self.config.asks and self.vocabulary.kind != "bytes":
            return None
        from charrnn.sampling.constraints.of_options import constraint_of  # noqa: PLC0415

        config = replace(self.config, length=ENDLESS)
        return constraint_of(config, self.vocabulary, self._prompt()[None])

    def _is_complete(self, ids: Sequence[int]) -> bool:
        """Return whether a continuation has come to a line end, or to a space after a word."""
        text = self.vocabulary.decode_output(ids)
        return text.endswith("\n") or (text[-1:].isspace() and any(map(str.isalnum, text)))


def check_editable(config: SamplingConfig) -> None:
    """Check options for a text that is typed.

    Raises
    ------
    ConfigError
        Something is asked of the whole text, or the temperature changes over its length.
    """
    whole = [name for name in STEERING if name not in TYPED and getattr(config, name)]
    whole += [name for name in ("num_beams", "best_of") if getattr(config, name) > 1]
    if whole:
        raise ConfigError(
            "asks something of a whole text, and one that is typed is never complete; leave it out",
            argument=whole[0],
        )
    if isinstance(config.temperature, tuple):
        raise ConfigError(
            "a text that is typed has no length; give one number", argument="temperature"
        )
