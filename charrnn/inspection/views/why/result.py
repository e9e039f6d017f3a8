"""Which of the characters read decided what is predicted: four answers, and how far they agree."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from charrnn.array_types import Column, Ids, NamedArrays
from charrnn.inspection.methods.features.scores import rank_correlation
from charrnn.inspection.methods.last_step import predict
from charrnn.inspection.methods.target_and_foil import rivals
from charrnn.inspection.options import Options
from charrnn.inspection.places import place
from charrnn.inspection.progress import Track, untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.result import Cell, attributes, plain, text_arrays
from charrnn.inspection.views.why.integrated_gradients import Integrated, Local, integrate
from charrnn.inspection.views.why.occlusion import Question, Replaced, read_again

LAGS = 128
"""Default number of characters back that are looked at."""

OTHERS = 8
"""How many characters are put in the place of each; one, quickly."""

COMPARED = 16
"""How many places, those of the largest swap, methods are compared at."""

FEWEST = 3
"""Fewest places of a correlation that is reported."""

LOCAL = ("times_input", "norm")
"""The methods that need the gradient at the text as it was read, and no more."""

METHODS = ("swap", "integrated", *LOCAL)


class Change(NamedTuple):
    """Another character in one place, and what becomes of the prediction.

    estimate, log_odds: F, to first order and exactly, in nats.
    p_target, p_rival: the shares of the two; likeliest: of all the likeliest, with its share p.
    """

    lag: int
    to: int
    estimate: float
    log_odds: float
    p_target: float
    p_rival: float
    likeliest: int
    p: float


@dataclass(frozen=True, eq=False)
class Why:
    """Why `target` rather than `rival` after character t, by each of the K characters before.

    F = ln y_hat(t)[target] - ln y_hat(t)[rival], in nats. The methods are those of
    `past.replacing` and `past.attribution`, (K,) each, the last of them
    for lag 0, which is character t itself. What is above 0 speaks for `target`.

    swap: exact, and the reference; integrated: nan for what its path does not go through.
    before: what F owes to all that was read before, against a fresh state a = 0.
    replaced: all that was put in the place of each character, the likeliest `OTHERS` first, then
        the one that was to change F most by the gradient.
    """

    view: ClassVar[str] = "why"
    measures: ClassVar[dict[str, str]] = dict.fromkeys(
        (*METHODS, "log_odds", "before", "sum", "difference", "gap", "estimate"), "nats"
    )

    question: Question
    local: Local
    integral: Integrated
    before: float
    replaced: Replaced
    swap: Column

    @classmethod
    def of(cls, reading: Reading, options: Options = Options(), track: Track = untracked) -> Self:
        """Read the past again in all the ways that are needed.

        Raises
        ------
        ConfigError
            There is no such place, or no such rival.
        """
        t = place(reading, options.at)
        target, rival = rivals(reading, t, options.rival)
        lags = min(options.lags or LAGS, t + 1)
        question = Question(reading, t, target, rival, lags, 1 if options.quick else OTHERS)
        local = Local.of(question)
        replaced = read_again(question, _candidates(question, local), track)
        n = question.others.shape[1]
        swap: Column = np.sum(question.shares * (local.log_odds - replaced.log_odds[:, :n]), axis=1)
        return cls(
            question,
            local,
            integrate(question, quick=options.quick, track=track),
            local.log_odds - _log_odds_afresh(question),
            replaced,
            swap,
        )

    @property
    def came(self) -> bool:
        """Whether `target` is a character that came, and not only the likeliest."""
        return self.question.t + 1 < len(self.question.reading)

    @property
    def integrated(self) -> Column:
        """Integrated gradients of each place, (K,)."""
        outside = np.full(self.question.lags - self.integral.lags, np.nan)
        return np.concatenate([outside, self.integral.values])

    def values(self, method: str) -> Column:
        """Return what a method says of each place, (K,)."""
        values: Column = getattr(self.local if method in LOCAL else self, method)
        return values

    @property
    def order(self) -> list[int]:
        """The places of the window by the size of their swap, the largest first."""
        order: list[int] = np.argsort(-np.abs(self.swap), kind="stable").tolist()
        return order

    def agreement(self, one: str, other: str) -> float:
        """Return the rank correlation of two methods where the swap is largest.

        A norm has no sign, so with it sizes are compared. nan where there are too few places, or
        a method says the same of all.
        """
        which = self.order[:COMPARED]
        pair = np.stack([self.values(one)[which], self.values(other)[which]])
        pair = pair[:, np.isfinite(pair).all(axis=0)]
        if "norm" in (one, other):
            pair = np.abs(pair)
        if pair.shape[1] < FEWEST:
            return float("nan")
        return float(rank_correlation(pair[:1], pair[1:])[0, 0])

    @cached_property
    def changes(self) -> list[Change]:
        """The change in each place that does most to turn F round; those that do most first."""
        replaced, K = self.replaced, self.question.lags
        turned = self._sign * replaced.log_odds
        best = turned.argmin(axis=1)
        changes = [
            Change(
                lag=K - 1 - n,
                to=int(replaced.ids[n, m]),
                estimate=self.local.log_odds + float(self.local.changes[n, replaced.ids[n, m]]),
                log_odds=float(replaced.log_odds[n, m]),
                p_target=float(np.exp(replaced.target[n, m])),
                p_rival=float(np.exp(replaced.rival[n, m])),
                likeliest=int(replaced.likeliest[n, m]),
                p=float(replaced.p[n, m]),
            )
            for n, m in enumerate(best)
        ]
        return sorted(changes, key=lambda change: (self._sign * change.log_odds, change.lag))

    def turns(self, change: Change) -> bool:
        """Return whether a change makes the other of the two likelier."""
        return self._sign * change.log_odds < 0

    @property
    def _sign(self) -> int:
        return _sign(self.local)

    def data(self) -> dict[str, Any]:
        """Return the four answers place by place, what they are worth, and the changes."""
        question, integral = self.question, self.integral
        vocabulary = question.reading.vocabulary
        y_hat = np.exp(question.reading.log_y_hat[question.t].astype(np.float64))
        pairs = [(a, b) for n, a in enumerate(METHODS) for b in METHODS[n + 1 :]]
        return {
            "t": question.t,
            "start": question.start,
            "text": [vocabulary[k] for k in question.ids],
            "target": vocabulary[question.target],
            "p_target": float(y_hat[question.target]),
            "came": self.came,
            "rival": vocabulary[question.rival],
            "p_rival": float(y_hat[question.rival]),
            "log_odds": self.local.log_odds,
            "before": self.before,
            "others": question.others.shape[1],
            "methods": {method: plain(self.values(method)) for method in METHODS},
            "completeness": {
                "characters": integral.lags,
                "points": integral.points,
                "sum": plain(integral.values.sum()),
                **attributes(integral, "difference", "gap", "converged"),
            },
            "agreement": [
                {"methods": list(pair), "rank_correlation": plain(self.agreement(*pair))}
                for pair in pairs
            ],
            "changes": [
                {
                    "lag": change.lag,
                    "t": question.t - change.lag,
                    "from": vocabulary[question.reading.ids[question.t - change.lag]],
                    "to": vocabulary[change.to],
                    **attributes(change, "estimate", "log_odds", "p_target", "p_rival"),
                    "likeliest": vocabulary[change.likeliest],
                    "p_likeliest": change.p,
                    "turns": self.turns(change),
                }
                for change in self.changes
            ],
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Yield a row a place, lag 0 last."""
        yield [
            "t", "lag", "char", "codepoint", *(f"{method}_nats" for method in METHODS),
            "change_to", "change_codepoint", "change_log_odds_nats",
        ]  # fmt: skip
        question = self.question
        vocabulary = question.reading.vocabulary
        columns = zip(*(plain(self.values(method)) for method in METHODS), strict=True)
        by_lag = {change.lag: change for change in self.changes}
        for n, (k, values) in enumerate(zip(question.ids, columns, strict=True)):
            lag, read = question.lags - 1 - n, vocabulary[k]
            to = vocabulary[by_lag[lag].to]
            yield [
                question.start + n, lag, read, ord(read), *values, to, ord(to), by_lag[lag].log_odds
            ]  # fmt: skip

    def arrays(self) -> NamedArrays:
        """Return the answers, (K,), and everything that was put in each place, (K, n)."""
        question = self.question
        return {
            **text_arrays(question.reading.vocabulary, question.ids),
            "t": np.array(question.t, np.int32),
            "target_rival": np.array([question.target, question.rival], np.int32),
            **{method: self.values(method) for method in METHODS},
            "replaced_ids": self.replaced.ids.astype(np.int32),
            "replaced_log_odds": self.replaced.log_odds,
            "shares": question.shares,
            "changes": self.local.changes,
        }


def _sign(local: Local) -> int:
    """Return 1 where the target is the likelier of the two, -1 where the rival is."""
    return 1 if local.log_odds >= 0 else -1


def _candidates(question: Question, local: Local) -> Ids:
    """Return what to put in each place, (K, n): what is likely, and what the gradient points to."""
    others = question.others
    turned = _sign(local) * local.changes
    known = np.concatenate([others, question.ids[:, None]], axis=1)
    np.put_along_axis(turned, known, np.inf, axis=1)
    if known.shape[1] == turned.shape[1]:  # all that there are
        return others
    return np.concatenate([others, turned.argmin(axis=1)[:, None]], axis=1)


def _log_odds_afresh(question: Question) -> float:
    """Return F where the window is read from a = 0, as if nothing had stood before it."""
    log_y_hat = predict(question.reading.network, question.ids[:, None])
    return float(question.log_odds(log_y_hat)[0])
