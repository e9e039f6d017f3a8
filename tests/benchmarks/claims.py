"""Whether what inspection says of one passage holds in others: coverage, direction, false finds.

    python tests/benchmarks/claims.py checkpoints/playwright.npz --text corpora/plays.txt
    python tests/benchmarks/claims.py A.npz B.npz C.npz D.npz --text corpora/plays.txt --readings 4

Of each model some readings of `--characters` are made, at places drawn at random, and compared with
`--passages` fresh ones of 1,000 characters each, which do not overlap the reading.

covered     of the effects of units that follow a feature, the share whose 90 % interval has the
            mean over the fresh passages
kept        of the sentences of the overview that hold in 8 of 9 passages or more, the share of
            fresh passages in which they hold
false       of the features of another text, the share that a unit of this one is said to follow
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from charrnn.checkpoint.checkpoint import load
from charrnn.inspection.methods.effects import Effects
from charrnn.inspection.methods.features.following import Following, follow
from charrnn.inspection.methods.features.search import Search, features_of
from charrnn.inspection.options import Options
from charrnn.inspection.progress import untracked
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.overview.replication import replicated
from charrnn.inspection.views.overview.result import Overview, Searched

PASSAGE = 1000
"""Characters of a fresh passage."""

UNITS = 6
"""Units whose effects are compared, those that follow something most surely."""

MOSTLY = 8 / 9
"""Share of the other passages in which a sentence holds that is said to be replicated."""


def drawn(network, vocabulary, ids, characters, passages, rng) -> tuple[Reading, Reading]:
    """Return a reading at a random place of a text, and one of fresh passages elsewhere."""
    start = int(rng.integers(len(ids) - characters))
    free = np.arange(0, len(ids) - PASSAGE, PASSAGE)
    free = free[(free + PASSAGE <= start) | (free >= start + characters)]
    places = np.sort(rng.choice(free, passages, replace=False))
    fresh = np.concatenate([ids[place : place + PASSAGE] for place in places])
    return (
        Reading.of(network, vocabulary, ids[start : start + characters]),
        Reading.of(network, vocabulary, fresh, limit=len(fresh)),
    )


def covered(reading: Reading, fresh: Reading, passages: list[slice]) -> Iterator[bool]:
    """Yield for each effect whether its interval has the mean over fresh passages."""
    search = Searched.of(reading, untracked).search
    best = [follow(search, n, search.best(n)) for n in range(len(search.features))]
    follows: list[Following] = [one for one in best if one.verdict == "follows"][:UNITS]
    held = list(dict.fromkeys((one.unit, one.kind) for one in follows))
    here = Effects.of(reading, held)
    there = Effects.of(fresh, held, (), [range(some.start, some.stop - 1) for some in passages])
    known = {feature.name: feature for feature in features_of(fresh)}
    for one in follows:
        name = one.feature.name
        low, high = here.where((one.unit, one.kind), one.feature.on, name).interval
        if name in known and np.isfinite(low):
            measured = there.where((one.unit, one.kind), known[name].on, name)
            yield bool(low <= measured.mean <= high)


def kept(reading: Reading, fresh: Reading, passages: list[slice]) -> Iterator[tuple[int, int]]:
    """Yield for each sentence that is replicated in how many fresh passages it holds."""
    known = {feature.name: feature for feature in features_of(fresh)}
    for one in Overview.of(reading).findings:
        if one.passages and one.holds is not None and one.holds >= MOSTLY * one.passages:
            feature = known.get(str(one.evidence.get("feature")))
            again = replicated(one, feature, fresh, passages)
            if again.passages and again.holds is not None:
                yield again.holds, again.passages


def false(reading: Reading, fresh: Reading) -> tuple[int, int]:
    """Return how many features of another text are followed, and how many there are."""
    n = min(len(reading), len(fresh))
    other = replace(
        reading,
        ids=fresh.ids[:n],
        log_y_hat=fresh.log_y_hat[:n],
        states={kind: values[:n] for kind, values in reading.states.items()},
        gates={kind: values[:n] for kind, values in reading.gates.items()},
    )
    search = Search.of(other, tuple(other.states), Options(), most=4000)
    found = [follow(search, f, search.best(f)).verdict for f in range(len(search.features))]
    return found.count("follows"), len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--readings", type=int, default=2)
    parser.add_argument("--passages", type=int, default=20)
    parser.add_argument("--characters", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    text = chosen.text.read_text("utf-8")
    passages = [slice(n * PASSAGE, (n + 1) * PASSAGE) for n in range(chosen.passages)]
    print(f"{'model':<20} {'covered':>14} {'kept':>16} {'false':>14}", flush=True)
    for path in chosen.models:
        made, rng = load(path), np.random.default_rng(chosen.seed)
        known = set(made.vocabulary)
        ids = made.vocabulary.encode("".join(c for c in text if c in known))
        within, holds, wrong = [], np.zeros(2, int), np.zeros(2, int)
        for _ in range(chosen.readings):
            reading, fresh = drawn(
                made.network, made.vocabulary, ids, chosen.characters, chosen.passages, rng
            )
            within += list(covered(reading, fresh, passages))
            holds += np.sum([*kept(reading, fresh, passages), (0, 0)], axis=0)
            wrong += false(reading, fresh)
        parts = ((sum(within), len(within)), holds, wrong)
        shares = [f"{a}/{b} {a / b:.0%}" if b else "-" for a, b in parts]
        print(f"{path.name:<20} {shares[0]:>14} {shares[1]:>16} {shares[2]:>14}", flush=True)


if __name__ == "__main__":
    main()
