"""What networks of pairs answer to texts that they have not learnt.

    python tests/benchmarks/pairs.py                          # all corpora, 300 s each, one core
    python tests/benchmarks/pairs.py dates sounds --max-time 470 --jobs 4
    python tests/benchmarks/pairs.py dates --set reverse=false --set batch_size=32
    python tests/benchmarks/pairs.py phrases --pairs 41200 --max-time 3400
    python tests/benchmarks/pairs.py speed                    # beside a running text

Each corpus of pairs in corpora/ is learnt, with the settings of `charrnn train --pairs` unless
--set says otherwise, and judged by its file of unseen pairs; `digits` are the sums that
corpora/digits.py writes. With --pairs its script writes as many, and unseen ones of other sources.
A budget in seconds depends on what else the machine does.

right      the share of answers that are exactly those of the pairs, with its 95 % interval
homophones of `sounds`: of the words that are spelt in two ways, how many are spelt as in the answer
beside     what a simple program has right

speed      characters that are read and predicted a second, of pairs of 5 to 80 characters, over
           those of the same network on a running text: the median of turns that alternate
"""

import os

if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from charrnn.evaluation.answers import Measured, interval, measure
from charrnn.evaluation.pairs import encode_pairs
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.text.corpus import read_corpus
from charrnn.text.pairs import Pairs, read_pairs
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.config import TrainingConfig
from charrnn.training.learner import LocalLearner, Noise
from charrnn.training.options import TrainOptions
from charrnn.training.pairs.batches import pair_batches
from charrnn.training.pairs.learner import PairLearner
from charrnn.training.pairs.options import PairOptions
from charrnn.training.pairs.run import PairRun

CORPORA = Path(__file__).parents[2] / "corpora"
NAMES = ("dates", "reviews", "phrases", "sounds", "digits")


def files_of(name: str, folder: Path, count: int | None = None) -> tuple[Path, Path]:
    """Return the files of the pairs to learn and of the unseen ones.

    count: how many there are to learn, instead of those of the corpus.
    """
    if name != "digits" and count is None:
        return CORPORA / f"{name}.tsv", CORPORA / f"{name}-unseen.tsv"
    made = folder / f"{name}.tsv", folder / f"{name}-unseen.tsv"
    many = [] if count is None else ["--pairs", str(count)]
    for path, more in zip(made, ([], ["--unseen"]), strict=True):
        command = [sys.executable, str(CORPORA / f"{name}.py"), *many, *more]
        path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    return made


def trained(
    name: str, seconds: float, seed: int, settings: dict[str, Any], count: int | None = None
) -> dict[str, Any]:
    """Learn a corpus, and return what comes of it.

    count: as for `files_of`.
    """
    own = {field.name for field in fields(PairOptions)}
    asked = PairOptions(pairs=True, **{k: v for k, v in settings.items() if k in own})
    others = {k: v for k, v in settings.items() if k not in own}
    options = replace(TrainOptions(max_time=seconds, workers=1, seed=seed), **others)
    with TemporaryDirectory() as folder:
        learnt, unseen = files_of(name, Path(folder), count)
        run = PairRun.begin(read_corpus([learnt]), asked, options)
        for _ in run.trainer.run():
            pass
        run.trainer.finish()
        pairs = read_pairs(read_corpus([unseen]))
    found = measure(run.network, run.vocabulary, run.labels, pairs, run.learnt)
    now = run.trainer.now
    return {
        "name": name, "seed": seed, "measured": found, "steps": now.step, "seconds": now.seconds,
        "passes": now.epoch + now.window / len(run.trainer.batches),
        "homophones": homophones(run.pairs, pairs, found) if name == "sounds" else None,
    }  # fmt: skip


def homophones(learnt: Pairs, pairs: Pairs, found: Measured) -> tuple[int, int]:
    """Return how many words that sound like another are spelt right, and how many there are."""
    spellings = defaultdict(set)
    for source, answer in zip(learnt.sources, learnt.answers, strict=True):
        for heard, word in zip(source.split(), answer.split(), strict=False):
            spellings[heard].add(word)
    right = count = 0
    for source, answer, said in zip(pairs.sources, pairs.answers, found.answered, strict=True):
        spelt = said.split()
        for n, (heard, word) in enumerate(zip(source.split(), answer.split(), strict=False)):
            if len(spellings[heard]) > 1:
                count += 1
                right += n < len(spelt) and spelt[n] == word
    return right, count


def row(result: dict[str, Any]) -> str:
    """Return a line of the table."""
    found: Measured = result["measured"]
    low, high = interval(found.right, found.count)
    beside = ", ".join(f"{name} {n / found.count:.1%}" for name, n in found.baselines.items())
    if result["homophones"]:
        right, count = result["homophones"]
        beside = f"homophones {right / count:.1%} of {count}; {beside}"
    return (
        f"{result['name']:8} {result['seed']:4}  {found.exact:6.1%} ({low:.1%} to {high:.1%})  "
        f"{result['seconds']:5.0f} s, {result['passes']:5.1f} passes  {beside}"
    )


def speed(turns: int = 15) -> None:
    """Print how fast pairs are learnt beside a running text."""
    rng = np.random.default_rng(0)
    V, B, H = 62, 32, 256
    letters = [chr(97 + k) if k < 26 else chr(0x400 + k) for k in range(V)]
    texts = ["".join(rng.choice(letters, rng.integers(5, 81))) for _ in range(4000)]
    pairs = Pairs(tuple(texts), tuple(texts[::-1]))
    encoded = encode_pairs(pairs, Vocabulary.of("".join(letters)))
    config = TrainingConfig(batch_size=B, seq_length=encoded.longest, max_steps=1)
    batches = pair_batches(encoded, encode_pairs(Pairs((), ()), Vocabulary.of("a")), config)
    of_pairs = PairLearner(_pair_network(V, H, rng), encoded.longest, B, Noise(0, 0.1))
    network = Network(NetworkConfig(vocabulary_size=V, hidden_size=H), rng)
    of_text = LocalLearner(network, 64, B, Noise(0, 0.1))
    x = rng.integers(V, size=(65, B))
    ratios = []
    for turn in range(turns):
        start, read = time.perf_counter(), 0
        for k in range(5 * turn, 5 * turn + 5):
            sources, answers = batches[k]
            of_pairs.learn(sources, answers, k)
            read += int((sources >= 0).sum() + (answers >= 0).sum()) + B
        rate = read / (time.perf_counter() - start)
        start = time.perf_counter()
        for k in range(5):
            of_text.learn(x[:-1], x[1:], k)
        ratios.append(rate / (5 * 64 * B / (time.perf_counter() - start)))
    print(f"pairs over a running text, LSTM 1x{H}, batch {B}: {median(ratios):.2f}")


def _pair_network(V: int, H: int, rng: np.random.Generator) -> Any:
    from charrnn.network.pairs import PairConfig, PairNetwork

    return PairNetwork(PairConfig(vocabulary_size=V, hidden_size=H), rng)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[*NAMES, "speed"])
    parser.add_argument("--max-time", type=float, default=300.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--pairs", type=int, help="as many pairs, written by the corpus's script")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, one core each")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    names = options.names or NAMES
    if "speed" in names:
        speed()
    settings = {}
    for setting in options.set:
        name, _, value = setting.partition("=")
        settings[name] = (
            value if value.isalpha() and value not in ("true", "false") else json.loads(value)
        )
    print("corpus   seed  right (95 %)             time                  beside it")
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        asked = [
            pool.submit(trained, name, options.max_time, seed, settings, options.pairs)
            for name in names if name != "speed" for seed in range(options.seeds)
        ]  # fmt: skip
        for future in asked:
            print(row(future.result()), flush=True)


if __name__ == "__main__":
    main()
