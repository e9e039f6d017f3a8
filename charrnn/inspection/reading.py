"""A reading: a text read once, with everything that the network computed.

After character x(t) has been read, for t = 0, 1, ..., T-1,

    a(t)       is the state, from a(-1) = 0 (the equations call it a(0)), or in a decoder of
               pairs from the state after the source,
    y_hat(t)   is the prediction of the character after it, x(t+1).

So every array of a Reading has a row for each character: row t was known when t had
been read, and the surprise of row t is that of the character t+1. The first character is read
but not predicted; after the last there is a prediction and no character.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Self

import numpy as np

from charrnn.array_types import Column, Floats, Ids, Places
from charrnn.errors import CharRNNError, ConfigError, TextError, Way
from charrnn.inspection.options import LIMIT
from charrnn.inspection.progress import Track, untracked
from charrnn.network.cells import CELLS, words
from charrnn.network.forward import read_windows
from charrnn.network.network import Network
from charrnn.network.trace import Trace
from charrnn.plurals import counted
from charrnn.text.vocabulary import Vocabulary

LARGEST = 2 * 2**30
"""Bytes of the arrays of a reading at most."""

LARGEST_NUMBER = 1e15
"""Largest valid size of a log-probability: views square them."""

START = 60
"""Characters of the text that a notebook shows."""

WINDOW = 256
"""Steps read at a time; with a carried state it affects only memory and speed."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The arrays that a network computed as it read one text from its first state.

    ids: (T,), the text.
    log_y_hat: (T, V) float32, natural logarithms; row t is the prediction after character t. Of an
        encoder of pairs, which predicts no characters, (T, 0).
    states: (T, L, H) each, by name: "a", and "c" of an LSTM.
    gates: (T, L, H) each, by name: i f o g of an LSTM, r u n of a GRU, none of a simple network.
    first: (L, H) each, by name: the states before the text.
    """

    network: Network
    vocabulary: Vocabulary
    ids: Places
    log_y_hat: Floats
    states: dict[str, Floats]
    gates: dict[str, Floats]
    first: dict[str, Floats]

    @classmethod
    def of(
        cls,
        network: Network,
        vocabulary: Vocabulary,
        ids: Ids,
        *,
        limit: int = LIMIT,
        window: int = WINDOW,
        track: Track = untracked,
        first: Floats | None = None,
        predicts: bool = True,
    ) -> Self:
        """Read a text, (T,) ids, in one forward pass.

        first: the state before it, (L, S, H); None for a(0) = 0.
        predicts: whether the network predicts characters.

        Raises
        ------
        TextError
            The text is empty.
        ConfigError
            It has more characters than `limit`, or its arrays would take more than `LARGEST` bytes.
        CharRNNError
            If a prediction is not finite, as from parameters so large that products overflow.
        """
        T = len(ids)
        _check_length(T, limit, bytes_per_character(network))
        config, dtype = network.config, network.params.flat.dtype
        L, H, V = config.num_layers, config.hidden_size, config.vocabulary_size
        cell = CELLS[config.cell]
        gates = [gate for gate in cell.gates if gate not in cell.states]

        log_y_hat: Floats = np.empty((T, V if predicts else 0), dtype)
        states: list[Floats] = [np.empty((T, L, H), dtype) for _ in cell.states]
        opened: list[Floats] = [np.empty((T, L, H), dtype) for _ in gates]
        before: Floats = np.zeros((L, len(cell.states), H), dtype) if first is None else first
        start, window = 0, min(window, T)
        with np.errstate(all="ignore"):  # numbers that are not finite raise below
            trace = Trace(network, window, 1, scores=predicts)
            trace.first_state[:, :, 0] = before
            windows = read_windows(network, ids, trace)
            for n, read in track(windows, "reading", -(-T // window)):
                here = slice(start, start + n)
                if predicts:
                    log_y_hat[here] = read.log_y_hat[:, 0]
                for s, values in enumerate(states):
                    values[here] = read.states[:, s, 1:, 0].swapaxes(0, 1)
                for g, values in enumerate(opened):
                    values[here] = read.zx[:, :, g, 0].swapaxes(0, 1)
                start += n
        if not (np.abs(log_y_hat) < LARGEST_NUMBER).all():
            raise CharRNNError(
                "what the network predicts is not a number, because its parameters are too large; "
                "train it again, with a smaller learning rate"
            )
        return cls(
            network,
            vocabulary,
            ids.astype(np.intp),
            log_y_hat,
            dict(zip(cell.states, states, strict=True)),
            dict(zip(gates, opened, strict=True)),
            {kind: before[:, s] for s, kind in enumerate(cell.states)},
        )

    @property
    def _arrays(self) -> dict[str, Floats]:
        return {"log_y_hat": self.log_y_hat, **self.states, **self.gates}

    def __repr__(self) -> str:
        """Return the shapes of the arrays."""
        shapes = ", ".join(f"{name} {values.shape}" for name, values in self._arrays.items())
        return f"Reading(T={len(self)}: {shapes})"

    def _repr_html_(self) -> str:
        """Return a table of all that was computed, for a notebook."""
        rows = "".join(
            f"<tr><td>{name}</td><td>{words(name) if name in self.kinds else 'predictions'}</td>"
            f"<td>{values.shape}</td></tr>"
            for name, values in self._arrays.items()
        )
        start = escape(self.text[:START]) + ("…" if len(self) > START else "")
        return (
            f"<p>{counted(len(self), 'character')}: <code>{start}</code></p>"
            f"<table><thead><tr><th>array</th><th>is</th><th>shape</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )

    @property
    def text(self) -> str:
        """The text, a character for each id; bytes are characters of their number."""
        return "".join(self.vocabulary[k] for k in self.ids)

    @cached_property
    def surprise(self) -> Column:
        """The surprise of each character, -log2 y_hat(t-1)[x(t)], (T,), in bits; nan for t = 0."""
        log_p = self.log_y_hat[np.arange(len(self) - 1), self.ids[1:]].astype(np.float64)
        return np.concatenate([[np.nan], -log_p / np.log(2)])

    def __len__(self) -> int:
        """Return T, the number of characters."""
        return len(self.ids)

    def state_before(self, t: int) -> Floats:
        """Return the state before character t is read, (L, S, H)."""
        states = [values[t - 1] for values in self.states.values()] if t else self.first.values()
        return np.stack(list(states), axis=1)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names for `series`: the states, then the gates."""
        return (*self.states, *self.gates)

    def series(self, kind: str) -> Floats:
        """Return a state or a gate over the text, (T, L, H).

        Raises
        ------
        ConfigError
            If this cell has none of that name.
        """
        if kind not in self.kinds:
            cell = self.network.config.cell
            raise ConfigError(
                f"{kind!a} is none of the {cell}'s {' '.join(self.kinds)}", argument="kind"
            )
        return self.states[kind] if kind in self.states else self.gates[kind]


def part_of(reading: Reading, part: slice) -> Reading:
    """Return a part of a reading, with the states of the whole."""
    start = part.indices(len(reading))[0]
    return replace(
        reading,
        ids=reading.ids[part],
        log_y_hat=reading.log_y_hat[part],
        states={kind: values[part] for kind, values in reading.states.items()},
        gates={kind: values[part] for kind, values in reading.gates.items()},
        first={kind: values[start - 1] for kind, values in reading.states.items()}
        if start
        else reading.first,
    )


def bytes_per_character(network: Network) -> int:
    """Return the bytes of a Reading per character."""
    config = network.config
    cell = CELLS[config.cell]
    units = config.num_layers * config.hidden_size * (len(cell.states) + len(cell.gates))
    return network.params.flat.itemsize * (config.vocabulary_size + units)


def _check_length(T: int, limit: int, size: int) -> None:
    if not T:
        raise TextError("the text is empty; give at least one character that the network knows")
    if limit < 1:
        raise ConfigError(f"{limit} is not at least 1", argument="limit")
    if limit < T:
        raise ConfigError(
            f"the text has {counted(T, 'character')}, the limit is {limit}",
            Way("give less of it"),
            Way("a larger {limit}"),
        )
    if T * size > LARGEST:
        raise ConfigError(
            f"all that this network computes over {counted(T, 'character')} would take "
            f"{T * size:,} bytes",
            Way("let it read fewer, with {limit}", limit=LARGEST // size),
        )
