"""Which units of the top layer voted for a character, exactly, and which for its rival."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.array_types import Array, Column, NamedArrays, Places
from charrnn.inspection.methods.target_and_foil import rivals
from charrnn.inspection.options import Options
from charrnn.inspection.places import place
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, OfText, name, plain, records, text_arrays

ROWS = 10
"""Default number of units shown."""

_PIECE = 2**20  # votes over the text that are computed at a time, about


@dataclass(frozen=True, eq=False)
class Votes(OfText):
    """The scores of the characters after step t, each as a sum over the units that made it.

    What the readout computes is a sum already, z_y = W_ya a + b_y. Only differences of scores
    matter to y_hat, so each is taken over the mean of all V characters:

        vote_j(v) = (W_ya[j, v] - mean_v W_ya[j, v]) a_j(t)
        bias(v)   = b_y[v] - mean_v b_y[v]
        score(v)  = Σ_j vote_j(v) + bias(v)

    Of two characters d and g, with vote_j = vote_j(d) - vote_j(g) and the bias likewise,

        margin = Σ_j vote_j + bias = ln y_hat(d) - ln y_hat(g)

    layer: the top one, of the H units that vote.
    a: (H,); votes: (H, V); bias: (V,); log_y_hat: (V,), the prediction that they make.
    top: ids of the likeliest characters.
    chosen, rival: d and g. d is the character that came, or, where none did, the likeliest.
    voters_over_text: (T,), the effective voters of every place, its d against the likeliest other.
    """

    view: ClassVar[str] = "votes"
    measures: ClassVar[dict[str, str]] = {
        "score": "nats", "bias": "nats", "votes": "nats", "vote": "nats", "margin": "nats",
        "gap": "nats",
    }  # fmt: skip

    t: int
    layer: int
    a: Column
    votes: Column
    bias: Column
    log_y_hat: Column
    top: tuple[int, ...]
    chosen: int
    rival: int
    shown: int
    voters_over_text: Column

    @classmethod
    def of(cls, reading: Reading, options: Options = Options()) -> Self:
        """Count the votes after one step.

        Raises
        ------
        ConfigError
            There is no such place, or nothing to weigh the character with.
        """
        network = reading.network
        t = place(reading, options.at)
        d, g = rivals(reading, t, options.rival)
        W, b = _centred(network.W_ya), _centred(network.b_y)
        layer = network.config.num_layers - 1
        a = reading.states["a"][t, layer].astype(np.float64)
        likeliest = np.argsort(-reading.log_y_hat[t], kind="stable")
        return cls(
            vocabulary=reading.vocabulary,
            ids=reading.ids,
            t=t,
            layer=layer,
            a=a,
            votes=W * a[:, None],
            bias=b,
            log_y_hat=reading.log_y_hat[t].astype(np.float64),
            top=tuple(likeliest[: options.top].tolist()),
            chosen=d,
            rival=g,
            shown=options.rows or ROWS,
            voters_over_text=_voters_over_text(reading, layer),
        )

    @property
    def came(self) -> bool:
        """Whether `chosen` is a character that came, and not only the likeliest."""
        return self.t + 1 < len(self.ids)

    @property
    def scores(self) -> Column:
        """The score of each character over the mean, (V,)."""
        scores: Column = self.votes.sum(axis=0) + self.bias
        return scores

    @property
    def contest(self) -> Column:
        """The vote of each unit for `chosen` over `rival`, (H,)."""
        return self.votes[:, self.chosen] - self.votes[:, self.rival]

    @property
    def margin_bias(self) -> float:
        """What the biases give to the margin."""
        return float(self.bias[self.chosen] - self.bias[self.rival])

    @property
    def margin(self) -> float:
        """The sum of all votes and the bias."""
        return float(self.contest.sum()) + self.margin_bias

    @property
    def gap(self) -> float:
        """How far the margin is from what the network itself said, ln y_hat(d) - ln y_hat(g)."""
        difference = self.log_y_hat[self.chosen] - self.log_y_hat[self.rival]
        return abs(self.margin - float(difference))

    @property
    def order(self) -> Places:
        """The units by the size of their vote, the largest first, (H,)."""
        return np.argsort(-np.abs(self.contest), kind="stable")

    @property
    def half(self) -> int:
        """How few units have half of all that is voted, either way."""
        sizes = np.abs(self.contest)[self.order].cumsum()
        return 1 + int(np.searchsorted(sizes, sizes[-1] / 2))

    def data(self) -> dict[str, Any]:
        """Return the scores of the likeliest characters, and every unit's vote."""
        characters = dict.fromkeys((*self.top, self.chosen, self.rival))
        return {
            "t": self.t,
            "read": self.vocabulary[self.ids[self.t]],
            "layer": self.layer,
            "chosen": self.vocabulary[self.chosen],
            "came": self.came,
            "rival": self.vocabulary[self.rival],
            "margin": self.margin,
            "bias": self.margin_bias,
            "gap": self.gap,
            "effective_voters": plain(effective(self.contest[None])[0]),
            "effective_voters_over_text": plain(np.median(self.voters_over_text)),
            "characters": [
                {
                    "char": self.vocabulary[k],
                    "p": float(np.exp(self.log_y_hat[k])),
                    "score": float(self.scores[k]),
                    "votes": float(self.scores[k] - self.bias[k]),
                    "bias": float(self.bias[k]),
                }
                for k in characters
            ],
            "units": records(self.rows()),
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a unit, the largest vote first."""
        yield ["unit", "a", "for_chosen", "for_rival", "vote"]
        contest = self.contest
        for j in self.order.tolist():
            yield [
                name((self.layer, j)), float(self.a[j]), float(self.votes[j, self.chosen]),
                float(self.votes[j, self.rival]), float(contest[j]),
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the votes of every unit for every character, (H, V), and what they go with."""
        return {
            **text_arrays(self.vocabulary, self.ids),
            "t": np.array(self.t, np.int32),
            "a": self.a,
            "votes": self.votes,
            "bias": self.bias,
            "y_hat": np.exp(self.log_y_hat),
            "chosen_rival": np.array([self.chosen, self.rival], np.int32),
            "effective_voters": self.voters_over_text,
        }


def effective(votes: Column) -> Column:
    """Return by how many equal votes as much would be said, (n,), of n votes of H units, (n, H).

    (Σ|v|)² / Σv²: H where all are of one size, 1 where one unit alone votes, nan where none does.
    """
    with np.errstate(invalid="ignore"):
        voters: Column = np.abs(votes).sum(axis=1) ** 2 / np.square(votes).sum(axis=1)
    return voters


def _centred(W: Array) -> Column:
    """Return what a unit, or the bias, gives each character over the mean of all."""
    exact = W.astype(np.float64)
    centred: Column = exact - exact.mean(axis=-1, keepdims=True)
    return centred


def _voters_over_text(reading: Reading, layer: int) -> Column:
    """Return the effective voters of every place: what came against the likeliest other."""
    T, H = len(reading), reading.network.config.hidden_size
    W = np.ascontiguousarray(reading.network.W_ya.T)  # (V, H), a row for each character
    voters = np.empty(T)
    step = max(1, _PIECE // max(H, len(W)))
    for start in range(0, T, step):
        here = np.arange(start, min(T, start + step))
        scores = reading.log_y_hat[here].copy()
        d = np.append(reading.ids, np.argmax(reading.log_y_hat[-1]))[here + 1]
        scores[np.arange(len(here)), d] = -np.inf
        g = scores.argmax(axis=1)
        votes = (W[d] - W[g]) * reading.states["a"][here, layer]
        voters[here] = effective(votes)
    return voters
