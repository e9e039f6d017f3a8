"""Where else the network was in the state that it is in here, and what came there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, Floats, Ids, NamedArrays
from charrnn.errors import ConfigError, Way
from charrnn.inspection.methods.spaced_places import apart
from charrnn.inspection.options import Options
from charrnn.inspection.places import place
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, name, plain, records, text_arrays
from charrnn.inspection.views.match.similar_states import Pattern, cosines
from charrnn.network.cells import is_sigmoid
from charrnn.plurals import counted

ROWS = 20
"""Default number of places shown."""

APART = 20
"""Characters between two of them at least, and from the place itself."""

AROUND = 30
"""Characters that are shown on either side of a place."""


@dataclass(frozen=True)
class Found:
    """A place like the one that was asked about.

    part: its characters.
    cos: how alike the states are; None if a pattern was looked for.
    shared, either: how many units are on in both, and in either; None if no pattern was.
    same: how many characters up to its last are those up to the last of the place asked about.
    """

    part: range
    cos: float | None
    shared: int | None
    either: int | None
    same: int

    @property
    def t(self) -> int:
        """Its last character."""
        return self.part.stop - 1


@dataclass(frozen=True)
class Following:
    """A character, how often it came after the places found, and how probable it was held.

    here: y_hat at the place asked about; there: the mean over the places found.
    """

    id: int
    count: int
    here: float
    there: float


@dataclass(frozen=True, eq=False)
class Match(OfText):
    """The places of a text with a state like that at one place, the most alike first.

    part: what was asked about: one character, or those of a pattern.
    cosines: (T,), with the state at that place; None if a pattern was looked for.
    pattern: what was looked for, if it was one.
    following: the characters that came after the places found, the most frequent first, and those
        that are likeliest at the place itself.
    """

    view: ClassVar[str] = "match"
    measures: ClassVar[dict[str, str]] = {}

    part: range
    layer: int
    kind: str
    cosines: Column | None
    pattern: Pattern | None
    found: tuple[Found, ...]
    following: tuple[Following, ...]

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Look for them.

        Raises
        ------
        ConfigError
            There is no such place, part, layer or kind, or both a place and a pattern are asked
            for, or no unit is on throughout the pattern.
        """
        layer, kind = options.layers(reading.network.config)[-1], options.kind_shown
        states = reading.series(kind)[:, layer]
        rows = options.rows or ROWS
        like, pattern = None, None
        if options.pattern is None:
            t = place(reading, options.at)
            part = range(t, t + 1)
            like = cosines(states, t)
            starts = apart(np.argsort(-like, kind="stable"), rows, APART, t)
        else:
            part = _part(reading, options)
            # What lies between 0 and 1 is on above and below its middle.
            sided = 2 * states - 1 if is_sigmoid(kind) else states
            pattern = Pattern.of(sided, part)
            if not pattern.on.any():
                raise ConfigError(
                    f"no unit of layer {layer} is beyond {pattern.threshold} throughout "
                    f"{part.start}:{part.stop}",
                    Way("give a shorter part or another {kind}"),
                    argument="pattern",
                )
            starts = apart(pattern.order(), rows, max(APART, len(part)), part.start)
        found = [_found(reading.ids, part, start, like, pattern) for start in starts]
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            part=part,
            layer=layer,
            kind=kind,
            cosines=like,
            pattern=pattern,
            found=tuple(found),
            following=_following(reading, part, found, options.top),
        )

    @property
    def t(self) -> int:
        """The last character of what was asked about."""
        return self.part.stop - 1

    def data(self) -> dict[str, Any]:
        """Return the places found, and what came after them."""
        on = [] if self.pattern is None else np.flatnonzero(self.pattern.on).tolist()
        return {
            "from": self.part.start,
            "to": self.part.stop,
            "text": self._written(self.part),
            "layer": self.layer,
            "kind": self.kind,
            "threshold": self.pattern and self.pattern.threshold,
            "units_on": [
                {"unit": name((self.layer, j)), "side": int(self.pattern.on[j])}
                for j in on
                if self.pattern
            ],
            "cos_of_all": None
            if self.cosines is None
            else {
                "median": float(np.quantile(self.cosines, 0.5)),
                "top_percent": float(np.quantile(self.cosines, 0.99)),
            },
            "places": records(self.rows()),
            "next": [
                {
                    "char": self.vocabulary[each.id],
                    "count": each.count,
                    "p_here": each.here,
                    "p_there": plain(each.there),
                }
                for each in self.following
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each place found."""
        yield ["rank", "t", "cos", "shared", "either", "same", "left", "text", "right"]
        T = len(self.ids)
        for rank, found in enumerate(self.found, 1):
            start, stop = found.part.start, found.part.stop
            yield [
                rank, found.t, found.cos, found.shared, found.either, found.same,
                self._written(range(max(0, start - AROUND), start)),
                self._written(found.part),
                self._written(range(stop, min(T, stop + AROUND))),
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the likeness of every place of the text, and which were chosen."""
        arrays: NamedArrays = {
            **text_arrays(self.vocabulary, self.ids),
            "part": np.array([self.part.start, self.part.stop], np.int32),
            "places": np.array([found.part.start for found in self.found], np.int32),
        }
        if self.cosines is not None:
            arrays["cos"] = self.cosines
        if self.pattern is not None:
            arrays |= {
                "on": self.pattern.on.astype(np.int32),
                "shared": self.pattern.shared.astype(np.int32),
                "either": self.pattern.either.astype(np.int32),
            }
        return arrays

    def _written(self, part: range) -> str:
        return "".join(self.vocabulary[self.ids[t]] for t in part)


def _part(reading: Reading, options: Options) -> range:
    if options.at is not None:
        raise ConfigError("at, pattern: each says what to look for; leave one of them out")
    assert options.pattern
    start, stop = options.pattern
    if stop > len(reading):
        raise ConfigError(
            f"{start}:{stop} is not in the text, of {counted(len(reading), 'character')}",
            argument="pattern",
        )
    return range(start, stop)


def _found(
    ids: Ids, part: range, start: int, like: Column | None, pattern: Pattern | None
) -> Found:
    here = range(start, start + len(part))
    back = min(part.stop, here.stop)
    differ = np.flatnonzero(
        ids[part.stop - back : part.stop][::-1] != ids[here.stop - back : here.stop][::-1]
    )
    return Found(
        part=here,
        cos=None if like is None else float(like[start]),
        shared=None if pattern is None else int(pattern.shared[start]),
        either=None if pattern is None else int(pattern.either[start]),
        same=int(differ[0]) if len(differ) else back,
    )


def _following(
    reading: Reading, part: range, found: list[Found], top: int
) -> tuple[Following, ...]:
    """Count what came after the places found, beside what the network expected."""
    places = np.array([each.t for each in found], np.intp)
    counts = np.bincount(
        reading.ids[places[places + 1 < len(reading)] + 1], minlength=len(reading.vocabulary)
    )
    here: Floats = np.exp(reading.log_y_hat[part.stop - 1].astype(np.float64))
    there = np.full(len(counts), np.nan)
    if found:
        there = np.exp(reading.log_y_hat[places].astype(np.float64)).mean(axis=0)
    likeliest = np.argsort(-here, kind="stable")[:top].tolist()
    order = sorted({*np.flatnonzero(counts).tolist(), *likeliest}, key=lambda k: -counts[k])
    return tuple(Following(k, int(counts[k]), float(here[k]), float(there[k])) for k in order)
