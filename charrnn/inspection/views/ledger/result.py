"""What the memory of a network still holds after one step, and when each part of it was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Column, NamedArrays
from charrnn.inspection.methods.target_and_foil import favourite
from charrnn.inspection.options import Options, Unit
from charrnn.inspection.places import place
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, name, plain, stacked, text_arrays
from charrnn.inspection.views.ledger.memory_writes import Writes, ages
from charrnn.network.cells import CELLS

ROWS = 6
"""Default number of units of a layer shown."""


@dataclass(frozen=True, eq=False)
class Account:
    """The memory of one layer after step t, of H units.

    memory: (H,), its state m(t), as it was read.
    left: (N, H), what is left of the writes of the last N steps, t the last; they sum to m(t).
    gap: the largest difference between the two.
    by_age: (n,), how much of Σ|left| is of which age; see `memory_writes.ages`.
    by_age_over_text: (n,), the mean of the same over the second half of the text.
    units: those that are shown.
    """

    layer: int
    memory: Column
    left: Column
    gap: float
    by_age: Column
    by_age_over_text: Column
    units: tuple[Unit, ...]

    @property
    def held(self) -> Column:
        """How much each unit holds, whatever its sign, Σ|left|, (H,)."""
        held: Column = np.abs(self.left).sum(axis=0)
        return held

    @property
    def half_age(self) -> Column:
        """The age in characters up to which there is half of what a unit holds, (H,)."""
        younger = np.abs(self.left[::-1]).cumsum(axis=0)
        half_age: Column = np.argmax(younger >= younger[-1] / 2, axis=0).astype(np.float64)
        return half_age

    def shown(self) -> Column:
        """Return what is left of the units that are shown, (N, R)."""
        return self.left[:, [j for _, j in self.units]]


@dataclass(frozen=True, eq=False)
class Ledger(OfText):
    """The memory of each layer after step t, write by write, and what the writes say about a guess.

    With m the cell state c of an LSTM or the state a of a GRU, and e_j(s) what is left at t of what
    unit j wrote at step s (`charrnn.inspection.views.ledger.memory_writes`),

        m_j(t) = Σ_s e_j(s)

    The readout sees a_j(t) = r_j m_j(t), r = o tanh(c)/c of an LSTM and 1 of a GRU, so the score of
    a character v over the mean of all is a sum over the steps as well:

        score(v) = Σ_s nats(s) + b_y[v] - mean b_y
        nats(s)  = Σ_j (W_ya[j, v] - mean_v W_ya[j, v]) r_j e_j(s)        of the top layer

    top: the layer that the readout sees.
    chosen: v, the character that came, or, where none did, the likeliest.
    nats: (N,), of the last N steps, t the last.
    """

    view: ClassVar[str] = "ledger"
    measures: ClassVar[dict[str, str]] = {
        "nats": "nats", "score": "nats", "bias": "nats", "half_age": "characters",
        "age": "characters",
    }  # fmt: skip

    t: int
    cell: str
    accounts: tuple[Account, ...]
    top: int
    chosen: int
    nats: Column
    bias: float

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Settle the accounts of one step.

        Raises
        ------
        ConfigError
            The cell has no such memory, or there is no such place, layer or unit.
        """
        config = reading.network.config
        layers = options.layers(config)
        options.check_units(config)
        t = place(reading, options.at)
        asked = {layer: [u for u in options.units if u[0] == layer] for layer in layers}
        accounts = [
            _account(reading, layer, t, asked[layer], options.rows or ROWS)
            for layer in layers
            if asked[layer] or not options.units
        ]
        v, top = favourite(reading, t), config.num_layers - 1
        b = reading.network.b_y.astype(np.float64)
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            t=t,
            cell=config.cell,
            accounts=tuple(accounts),
            top=top,
            chosen=v,
            nats=_nats(reading, t, v, Writes(reading, top).left(t)),
            bias=float(b[v] - b.mean()),
        )

    @property
    def kind(self) -> str:
        """The state that is a memory."""
        memory = CELLS[self.cell].memory
        assert memory
        return memory.state

    @property
    def came(self) -> bool:
        """Whether `chosen` is a character that came, and not only the likeliest."""
        return self.t + 1 < len(self.ids)

    @property
    def score(self) -> float:
        """The score of `chosen` over the mean of all characters."""
        return float(self.nats.sum()) + self.bias

    @property
    def followed(self) -> int:
        """Of how many steps up to t something is left."""
        return max(len(self.nats), *(len(account.left) for account in self.accounts))

    def data(self) -> dict[str, Any]:
        """Return each layer's account, and for every step what is left of it."""
        shown = np.concatenate([self._padded(each.shown()) for each in self.accounts], axis=1)
        nats = self._padded(self.nats[:, None])[:, 0]
        first = self.t + 1 - self.followed
        return {
            "t": self.t,
            "read": self.vocabulary[self.ids[self.t]],
            "kind": self.kind,
            "chosen": self.vocabulary[self.chosen],
            "came": self.came,
            "score": self.score,
            "bias": self.bias,
            "layers": [self._layer(account) for account in self.accounts],
            "units": [name(unit) for account in self.accounts for unit in account.units],
            "steps": [
                {
                    "t": first + n,
                    "char": self.vocabulary[self.ids[first + n]],
                    "age": self.followed - 1 - n,
                    "nats": float(nats[n]),
                    "left": shown[n].tolist(),
                }
                for n in range(self.followed)
            ],
        }

    def _layer(self, account: Account) -> dict[str, Any]:
        classes = ages(len(account.by_age))
        units = [j for _, j in account.units]
        return {
            "layer": account.layer,
            "gap": account.gap,
            "ages": [
                {"from": least, "to": most, "here": float(here), "over_text": float(usual)}
                for (least, most), here, usual in zip(
                    classes, account.by_age, account.by_age_over_text, strict=True
                )
            ],
            "units": [
                {"unit": name((account.layer, j)), "memory": memory, "held": held, "half_age": age}
                for j, memory, held, age in zip(
                    units,
                    plain(account.memory[units]),
                    plain(account.held[units]),
                    plain(account.half_age[units]),
                    strict=True,
                )
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row for each step of which something is left, a column for each unit shown."""
        data = self.data()
        yield ["t", "char", "codepoint", "age", "nats", *data["units"]]
        for step in data["steps"]:
            char = step["char"]
            yield [step["t"], char, ord(char), step["age"], step["nats"], *step["left"]]

    def arrays(self) -> NamedArrays:
        """Return what is left of every step in every unit, (L, N, H), the last step that of t."""
        return {
            **text_arrays(self.vocabulary, self.ids),
            "t": np.array(self.t, np.int32),
            "layers": np.array([account.layer for account in self.accounts], np.int32),
            "ledger": np.array([self._padded(account.left) for account in self.accounts]),
            **stacked(self.accounts, "memory"),
            "age": np.arange(self.followed)[::-1].astype(np.int32),
            "nats": self._padded(self.nats[:, None])[:, 0],
        }

    def _padded(self, left: Column) -> Column:
        """Return (N, ...) with zeros before it for the steps of which nothing is left."""
        missing = np.zeros((self.followed - len(left), left.shape[1]))
        return np.concatenate([missing, left])


def _account(reading: Reading, layer: int, t: int, units: list[Unit], rows: int) -> Account:
    writes = Writes(reading, layer)
    left = writes.left(t)
    memory = reading.states[writes.kind][t, layer].astype(np.float64)
    by_age = writes.by_age()
    if not units:
        # Those first that hold most that is old.
        age = np.arange(len(left))[::-1]
        worth = np.log2(1 + age) @ np.abs(left)
        units = [(layer, j) for j in np.argsort(-worth, kind="stable")[:rows].tolist()]
    return Account(
        layer=layer,
        memory=memory,
        left=left,
        gap=float(np.abs(left.sum(axis=0) - memory).max()),
        by_age=by_age[t],
        by_age_over_text=by_age[len(by_age) // 2 :].mean(axis=0),
        units=tuple(units),
    )


def _nats(reading: Reading, t: int, v: int, left: Column) -> Column:
    """Return what the writes left in the top layer, (N, H), give the score of v, (N,)."""
    top = reading.network.config.num_layers - 1
    W = reading.network.W_ya.astype(np.float64)
    seen = np.ones(left.shape[1])
    if output := CELLS[reading.network.config.cell].output:  # a as a share of c; o where c is 0
        c, a = left.sum(axis=0), reading.states["a"][t, top]
        o = reading.gates[output][t, top].astype(np.float64)
        seen = np.divide(a, c, out=o, where=np.abs(c) > 1e-6)
    nats: Column = left @ (seen * (W[:, v] - W.mean(axis=1)))
    return nats
