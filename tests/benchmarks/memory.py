"""Who still knows, k characters later? A controlled experiment on the memory of RNN, GRU and LSTM,
beside a feedforward network that sees the last 16 characters and has no memory at all.

    python tests/benchmarks/memory.py                     # the whole table, some minutes
    python tests/benchmarks/memory.py --quick             # less of it, within one
    python tests/benchmarks/memory.py --lags 50 --cells lstm --runs 5 --json memory.json

A text is written in which one character decides another one k characters later. A record is

    .....,....0......,.........?n         n after 0, y after 1

some characters of noise (nine in ten are `.`, the others `,`, and none of them tells anything), the
cue, k - 2 more of noise, a question mark, and the answer. Networks of one size learn to predict
such a text with AdamW, on windows of twice a record. The state is carried from window to window,
but a quarter of the sequences, at random, begin anew before a record, from a(0) = 0. The network
with a fixed window (Bengio et al. 2003) reads the same text in the same steps and has as many
parameters as the LSTM.

The answers are a small part of the loss, so that a long lag may never be found. To help all cells
alike, the lags of the text that they learn from are spread evenly from 5 to k: the short ones show
what it is all about. With --straight all of its lags are k.

Measured on a text that none has seen, all its lags k; medians over runs of different seeds:

accuracy    how often the right answer is likelier than the wrong one; by guessing .5
after, before the cue
            the same if reading begins from a(0) = 0 right after the cue, k - 1 characters before
            the answer; and right before it, k + 1: as `charrnn inspect --view context` reads
gradient    how large the gradient of the answer's loss by the cue is, over that by the question
            mark: as `charrnn inspect --view grad --kind x` has it at the lags k - 1 and 0

A network knows if 3 of 4 answers are right, half way between guessing and certainty. One that does
not is reached if a thousandth or more of the gradient is left at the cue, so that more steps may
help; else it is lost. The two views agree with that if to begin right before the cue, and not right
after it, is enough for those who know and for no others, and if none who know are out of reach.
"""

import os

if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import json
import math
import platform
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from charrnn.inspection.reading import Reading
from charrnn.inspection.views.context.truncated import truncated_surprise
from charrnn.inspection.views.grad.loss_gradients import norms
from charrnn.network.config import CellName, NetworkConfig
from charrnn.network.network import Network
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.learner import LocalLearner
from charrnn.training.optimizer import AdamW, clip, learning_rate

LAGS, CELLS = [5, 20, 50, 100], ["window", "rnn", "gru", "lstm"]
SIZE, STEPS, RUNS = 32, 2000, 3
QUICK_LAGS, QUICK_STEPS, QUICK_RUNS = [5, 50], 1500, 1

VOCABULARY = Vocabulary.of(".,01?ny")
SHORTEST, GAP, RARE = 5, 10, 0.1  # lag; noise before a cue, at most; the share of `,` in noise
B, RECORDS_LEARNT = 32, 10_000
RATE, WARMUP, FINAL_RATE = 1e-2, 0.05, 0.02
ANEW = 0.25
RECORDS, FOLLOWED = 300, 128  # fresh ones, and of how many a gradient is followed
KNOWS, REACHED = 0.75, 0.001
WINDOW, FEATURES = 16, 8  # of the feedforward network: characters, and features of each
ABSENT = -1  # a character before the text

Ids = NDArray[np.intp]


@dataclass(frozen=True)
class Run:
    """What became of one network.

    after, before: its accuracy if reading begins right after the cue, and right before it.
    """

    lag: int
    cell: str
    seed: int
    accuracy: float
    after: float
    before: float
    gradient: float
    seconds: float

    @property
    def state(self) -> str:
        if self.accuracy >= KNOWS:
            return "knows"
        return "reached" if self.gradient >= REACHED else "lost"

    @property
    def agree(self) -> bool:
        """Whether context and gradient bear the accuracy out."""
        knows = self.accuracy >= KNOWS
        needs_cue = self.after < KNOWS <= self.before
        return knows == needs_cue and (not knows or self.gradient >= REACHED)


class FixedWindow:
    """Feedforward network over the last 16 characters (Bengio et al. 2003).

        e = the features C[x] of those characters, side by side; 0 for one that is absent
        h = tanh(W_he e + b_h)
        y_hat = softmax(W_yh h + b_y)

    parameters: about how many it has, which decides its units. flat: all of them, (P,), the
    matrices first.
    """

    def __init__(self, parameters: int, rng: np.random.Generator, dtype: type = np.float32) -> None:
        V, inputs = len(VOCABULARY), WINDOW * FEATURES
        units = round((parameters - V * FEATURES - V) / (inputs + 1 + V))
        shapes = {"C": (V, FEATURES), "W_he": (units, inputs), "W_yh": (V, units), "b_h": (units,),
                  "b_y": (V,)}  # fmt: skip
        self.flat = np.zeros(sum(map(math.prod, shapes.values())), dtype)
        self.arrays = self.views(self.flat, shapes)
        self.shapes = shapes
        for name in ("C", "W_he", "W_yh"):
            fan_in = 1 if name == "C" else shapes[name][1]
            self.arrays[name][:] = rng.standard_normal(shapes[name]) / math.sqrt(fan_in)
        self.matrices = len(self.flat) - units - V

    @staticmethod
    def views(flat: NDArray[Any], shapes: dict[str, tuple[int, ...]]) -> dict[str, NDArray[Any]]:
        ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
        pieces = np.split(flat, ends[:-1])
        return {
            name: piece.reshape(shape)
            for (name, shape), piece in zip(shapes.items(), pieces, strict=True)
        }

    def forward(self, windows: Ids) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return e, (N, 128), h, (N, units), and log y_hat, (N, V), of windows, (N, 16)."""
        of = self.arrays
        features = np.where((windows == ABSENT)[..., None], 0, of["C"][windows])
        e = features.reshape(len(windows), -1)
        h = np.tanh(e @ of["W_he"].T + of["b_h"])
        z = h @ of["W_yh"].T + of["b_y"]
        z -= z.max(axis=1, keepdims=True)
        return e, h, z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def backward(self, windows: Ids, targets: Ids) -> tuple[float, NDArray[Any], NDArray[Any]]:
        """Return the mean loss in nats and its gradients by parameters, (P,), and e, (N, 128)."""
        e, h, log_y_hat = self.forward(windows)
        each = np.arange(len(targets))
        dz = np.exp(log_y_hat)
        dz[each, targets] -= 1
        dz /= len(targets)
        dh = dz @ self.arrays["W_yh"] * (1 - h**2)
        de = dh @ self.arrays["W_he"]
        gradient = np.zeros_like(self.flat)
        to = self.views(gradient, self.shapes)
        to["W_yh"][:], to["b_y"][:] = dz.T @ h, dz.sum(axis=0)
        to["W_he"][:], to["b_h"][:] = dh.T @ e, dh.sum(axis=0)
        by_character = de.reshape(-1, FEATURES)
        for x in range(len(VOCABULARY)):
            to["C"][x] = by_character[windows.ravel() == x].sum(axis=0)
        return -float(log_y_hat[each, targets].mean()), gradient, de

    def learn(self, lag: int, steps: int, rng: np.random.Generator, *, straight: bool) -> None:
        """Learn a text of lags up to this one, or of this one only, as the others do."""
        optimizer = AdamW(self.flat, self.matrices)
        for step, ids, at, _ in stretches(lag, steps, rng, straight=straight):
            end = at.ravel()
            _, gradient, _ = self.backward(windows_before(ids, end + 1), ids[end + 1])
            clip(gradient, 1.0)
            rate = learning_rate(RATE, step / steps, WARMUP, FINAL_RATE)
            optimizer.step(self.flat, gradient, rate)

    def examine(self, k: int, rng: np.random.Generator) -> tuple[float, float, float, float]:
        """Return what `examine` does of a recurrent network."""
        ids, answers = write(np.full(RECORDS, k), rng)
        right, wrong = ids[answers], exchange(ids, answers)[answers]
        each, found = np.arange(len(answers)), []
        for characters in (WINDOW, k - 1, k + 1):
            log_y_hat = self.forward(windows_before(ids, answers, characters))[2]
            found.append(float((log_y_hat[each, right] > log_y_hat[each, wrong]).mean()))
        if k > WINDOW:
            return *found, 0.0
        de = self.backward(windows_before(ids, answers), right)[2]
        by_read = np.linalg.norm(de.reshape(-1, WINDOW, FEATURES), axis=2)
        return *found, float(np.median(by_read[:, -k] / by_read[:, -1]))


def windows_before(ids: Ids, ends: Ids, characters: int = WINDOW) -> Ids:
    """Return the 16 characters before each end, (N, 16); all but the last few may be absent."""
    at = ends[:, None] + np.arange(-WINDOW, 0)
    is_read = (at >= 0) & (at >= ends[:, None] - characters)
    return np.where(is_read, ids[np.maximum(at, 0)], ABSENT)


def write(lags: Ids, rng: np.random.Generator) -> tuple[Ids, Ids]:
    """Return a text of records with these lags as ids, and where its answers are."""
    text, answers, length = [], [], 0
    gaps, bits = rng.integers(1, GAP + 1, size=len(lags)), rng.integers(2, size=len(lags))
    for k, gap, bit in zip(lags.tolist(), gaps.tolist(), bits.tolist(), strict=True):
        noise = "".join(np.where(rng.random(gap + k - 2) < RARE, ",", ".").tolist())
        text.append(f"{noise[:gap]}{'01'[bit]}{noise[gap:]}?{'ny'[bit]}")
        length += len(text[-1])
        answers.append(length - 1)
    return VOCABULARY.encode("".join(text)).astype(np.intp), np.array(answers)


def exchange(ids: Ids, answers: Ids) -> Ids:
    """Return the text with every answer wrong."""
    wrong = ids.copy()
    wrong[answers] = VOCABULARY.encode("ny").astype(np.intp).sum() - ids[answers]
    return wrong


def stretches(
    lag: int, steps: int, rng: np.random.Generator, *, straight: bool
) -> Iterator[tuple[int, Ids, Ids, NDArray[np.bool_]]]:
    """Yield for each step its number, the text, places in it, (T, B), and who begins anew, (B,)."""
    T = 2 * (lag + GAP)
    lags = rng.integers(lag if straight else min(SHORTEST, lag), lag + 1, size=RECORDS_LEARNT)
    ids, answers = write(lags, rng)
    records = np.append(0, answers[answers + T < len(ids) - 1] + 1)  # a window fits after each
    place = rng.choice(records, B)
    for step in range(steps):
        anew = (rng.random(B) < ANEW) | (place + T >= len(ids))
        place[anew] = rng.choice(records, np.count_nonzero(anew))
        yield step, ids, place + np.arange(T)[:, None], anew
        place += T


def learn(
    network: Network, lag: int, steps: int, rng: np.random.Generator, *, straight: bool
) -> None:
    """Let a network learn a text of lags up to this one, or of this one only."""
    flat = network.params.flat
    learner = LocalLearner(network, 2 * (lag + GAP), B)
    optimizer = AdamW(flat, network.params.matrices)
    for step, ids, at, anew in stretches(lag, steps, rng, straight=straight):
        state = learner.state
        state[:, :, anew] = 0
        learner.state = state
        learner.learn(ids[at], ids[at + 1], step)
        clip(learner.gradient, 1.0)
        rate = learning_rate(RATE, step / steps, WARMUP, FINAL_RATE)
        optimizer.step(flat, learner.gradient, rate)


def accuracy(reading: Reading, answers: Ids) -> float:
    """Return how often the right answer is likelier than the wrong one."""
    ids, before = reading.ids, reading.log_y_hat[answers - 1]
    right, wrong = ids[answers, None], exchange(ids, answers)[answers, None]
    more = np.take_along_axis(before, right, 1) > np.take_along_axis(before, wrong, 1)
    return float(more.mean())


def examine(
    network: Network, k: int, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Return the accuracy, the same from right after and before the cue, and the gradient left."""
    ids, answers = write(np.full(RECORDS, k), rng)
    reading = Reading.of(network, VOCABULARY, ids, limit=len(ids))
    of_wrong = replace(reading, ids=exchange(ids, answers))
    some = answers[answers > k]  # the first cue may stand too near the beginning
    beginnings = [k - 1, k + 1]
    right = truncated_surprise(reading, some, beginnings)
    wrong = truncated_surprise(of_wrong, some, beginnings)
    after, before = np.mean(right < wrong, axis=1)
    [by_read] = norms(reading, some[:FOLLOWED] - 1, k)["x"]
    gradient = np.median(by_read[:, k - 1] / by_read[:, 0])
    return accuracy(reading, answers), float(after), float(before), float(gradient)


def measure(
    wanted: argparse.Namespace, lag: int, cell: CellName | Literal["window"]
) -> Iterator[Run]:
    for seed in range(wanted.seed, wanted.seed + wanted.runs):
        start = time.perf_counter()
        rng, fresh = np.random.default_rng([seed, lag]), np.random.default_rng([seed, lag, 1])
        if cell == "window":
            lstm = Network(NetworkConfig(len(VOCABULARY), "lstm", wanted.size), rng)
            window = FixedWindow(lstm.params.flat.size, rng)
            window.learn(lag, wanted.steps, rng, straight=wanted.straight)
            found = window.examine(lag, fresh)
        else:
            network = Network(NetworkConfig(len(VOCABULARY), cell, wanted.size), rng)
            learn(network, lag, wanted.steps, rng, straight=wanted.straight)
            found = examine(network, lag, fresh)
        yield Run(lag, cell, seed, *found, time.perf_counter() - start)


def said(runs: list[Run]) -> str:
    """Return how many runs are in which state: `knows`, or `2 of 3 know`."""
    counts = Counter(run.state for run in runs)
    if len(counts) == 1:
        return runs[0].state
    return ", ".join(f"{count} {state}" for state, count in counts.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description="Who still knows, k characters later?")
    parser.add_argument("--lags", nargs="+", type=int, help="from the cue to the answer")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--size", type=int, default=SIZE, help="hidden units")
    parser.add_argument("--steps", type=int, help="windows that each network learns from")
    parser.add_argument("--runs", type=int, help="networks of each kind")
    parser.add_argument("--seed", type=int, default=0, help="of the first run")
    parser.add_argument("--straight", action="store_true", help="learn from no shorter lags")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", help="also write the runs here")
    wanted = parser.parse_args()
    wanted.lags = wanted.lags or (QUICK_LAGS if wanted.quick else LAGS)
    wanted.steps = wanted.steps or (QUICK_STEPS if wanted.quick else STEPS)
    wanted.runs = wanted.runs or (QUICK_RUNS if wanted.quick else RUNS)
    if min(wanted.lags) < 2:
        parser.error("a lag is at least 2: a question mark stands before the answer")

    print(f"{platform.machine()}, Python {platform.python_version()}, one thread; {wanted.size} "
          f"units, {wanted.steps} steps, seeds {wanted.seed} to {wanted.seed + wanted.runs - 1}; "
          f"medians over {wanted.runs} runs, {RECORDS} answers each")  # fmt: skip
    print(f"{'':21}{'reading begins':>18}\n{'k':>4}  {'cell':6}{'accuracy':>9}{'after':>7}"
          f"{'before cue':>11}{'gradient':>10}{'agree':>7}{'seconds':>9}")  # fmt: skip
    runs: list[Run] = []
    for lag in wanted.lags:
        for cell in wanted.cells:
            these = list(measure(wanted, lag, cell))
            runs += these
            names = ("accuracy", "after", "before", "gradient", "seconds")
            found = {name: median(getattr(run, name) for run in these) for name in names}
            agree = f"{sum(run.agree for run in these)}/{len(these)}"
            print(
                f"{lag:4}  {cell:6}{found['accuracy']:9.2f}{found['after']:7.2f}"
                f"{found['before']:11.2f}{found['gradient']:10.1g}{agree:>7}"
                f"{found['seconds']:9.0f}  {said(these)}",
                flush=True,
            )
    print(f"\n{'who still knows':17}" + "".join(f"{lag:>6}" for lag in wanted.lags))
    for cell in wanted.cells:
        line = ""
        for lag in wanted.lags:
            states = [run.state for run in runs if (run.lag, run.cell) == (lag, cell)]
            line += f"{states.count('knows')}/{len(states)}".rjust(6)
        print(f"{cell:17}{line}")
    if wanted.json:
        lines = [asdict(run) | {"state": run.state, "agree": run.agree} for run in runs]
        Path(wanted.json).write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()
