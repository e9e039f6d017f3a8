"""How fast the library is beside the command, on free cores and beside a busy process.

    python tests/benchmarks/library.py                    # free cores, and beside one busy process
    python tests/benchmarks/library.py fit --turns 5 --busy 0
    python tests/benchmarks/library.py generate read --sizes 2x256 2x512

Each side is a process of its own, and the two take turns; the ratio is the median of the library's
speed over the command's in the turn beside it. What starting takes is not counted.

fit         the default network on corpora/plays.txt, steps a second by the training record
            command: `charrnn train`; library: `CharRNN().fit(path)`
score       characters a second of a text of 20,000
read        the same with all states and gates kept, as `charrnn inspect` reads it
generate    characters a second of a text of 20,000, as `charrnn sample` writes it

The library's process has imported NumPy before, with what the environment says of threads; the
command's sets them before, by the size of the model, as the command does.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "corpora" / "plays.txt"
CHARACTERS = 20_000
LENGTH = 20_000
STEPS = 300
WHAT = ("fit", "score", "read", "generate")


def by_library(what: str, path: Path) -> float:
    import numpy  # noqa: F401 - before charrnn, as in a notebook

    from charrnn import CharRNN, load

    if what == "fit":
        record = CharRNN().fit(TEXT, max_steps=STEPS, evaluations=1).checkpoint.training
        return record.steps / record.seconds
    model, text = load(path), TEXT.read_text("utf-8")[:CHARACTERS]
    work = {
        "score": lambda: model.score(text),
        "read": lambda: model.read(text),
        "generate": lambda: model.generate(length=LENGTH, seed=0),
    }
    return rate(work[what])


def by_command(what: str, path: Path) -> float:
    from charrnn.system.blas import threads_for, use_threads

    if what == "fit":
        model = path.with_name("fitted.npz")
        order = [sys.executable, "-m", "charrnn", "train", str(TEXT), "--max-steps", str(STEPS)]
        order += ["--evaluations", "1", "--no-samples", "--overwrite", "-o", str(model)]
        subprocess.run(order, check=True, stderr=subprocess.DEVNULL, timeout=600)
        from charrnn.checkpoint.checkpoint import load

        record = load(model).training
        return record.steps / record.seconds
    use_threads(threads_for(path.stat().st_size))
    import numpy as np

    from charrnn.checkpoint.checkpoint import load
    from charrnn.evaluation.score import score
    from charrnn.inspection.reading import Reading
    from charrnn.sampling.config import SamplingConfig
    from charrnn.sampling.sample import stream

    made = load(path)
    network, vocabulary = made.network, made.vocabulary
    ids = vocabulary.encode(TEXT.read_text("utf-8")[:CHARACTERS])

    def write() -> None:
        rng = np.random.Generator(np.random.PCG64(0))
        for _ in stream(network, vocabulary, ids[:0], SamplingConfig(length=LENGTH), rng):
            pass

    work: dict[str, Callable[[], object]] = {
        "score": lambda: score(network, ids),
        "read": lambda: Reading.of(network, vocabulary, ids),
        "generate": write,
    }
    return rate(work[what])


def rate(work: Callable[[], object]) -> float:
    """Return the characters a second of a work that takes all of them."""
    start = time.perf_counter()
    work()
    return CHARACTERS / (time.perf_counter() - start)


def make_model(path: Path, size: str) -> None:
    import numpy as np

    from charrnn.checkpoint.checkpoint import Checkpoint, save, this_program
    from charrnn.checkpoint.record import TrainingRecord
    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network
    from charrnn.text.vocabulary import Vocabulary

    layers, hidden = map(int, size.split("x"))
    vocabulary = Vocabulary.of(TEXT.read_text("utf-8"))
    config = NetworkConfig(len(vocabulary), "lstm", hidden, layers)
    network = Network(config, np.random.default_rng(0))
    record = TrainingRecord(("plays.txt",), "utf-8", "0" * 64, 1, 1, {}, 1, 1, 1.0, 1, None, "",
                            {}, "made for a benchmark")  # fmt: skip
    save(path, Checkpoint(network, vocabulary, record, np.empty((0, 3)), this_program()))


def turn(side: str, what: str, path: Path) -> float:
    """Let one side have its turn in a process of its own; return its speed."""
    order = [sys.executable, __file__, "--side", side, what, "--model", str(path)]
    done = subprocess.run(order, check=True, stdout=subprocess.PIPE, text=True, timeout=600)
    return float(done.stdout)


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep a number of cores busy with something else."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="the library beside the command")
    parser.add_argument("what", nargs="*", default=list(WHAT), help=", ".join(WHAT))
    parser.add_argument("--sizes", nargs="+", default=["1x256", "2x256", "2x512"])
    parser.add_argument("--busy", nargs="+", type=int, default=[0, 1], help="busy processes beside")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.side:
        by = by_library if wanted.side == "library" else by_command
        print(by(wanted.what[0], wanted.model))
        return
    print(f"{len(os.sched_getaffinity(0))} cores; medians of {wanted.turns} turns; /s is steps or "
          f"characters a second")  # fmt: skip
    print(f"{'':28}{'library /s':>12}{'command /s':>12}{'ratio':>7}{'worst':>7}{'best':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for size in wanted.sizes:
            make_model(Path(folder) / f"{size}.npz", size)
        for number in wanted.busy:
            for what in wanted.what:
                for size in ["default"] if what == "fit" else wanted.sizes:
                    path = Path(folder) / f"{size}.npz"
                    with busy(number):
                        turns = [
                            (turn("library", what, path), turn("command", what, path))
                            for _ in range(wanted.turns)
                        ]
                    ratios = sorted(library / command for library, command in turns)
                    library, command = (
                        statistics.median(side) for side in zip(*turns, strict=True)
                    )
                    label = f"{what} {size}{f', {number} busy' if number else ''}"
                    print(f"{label:28}{library:12.1f}{command:12.1f}{statistics.median(ratios):7.2f}"
                          f"{ratios[0]:7.2f}{ratios[-1]:7.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
