"""How long `charrnn inspect` takes, view by view.

    python tests/benchmarks/views.py                       # each view, 2,000 characters, 2x256
    python tests/benchmarks/views.py probs state --long    # and, of 20,000, the views for these
    python tests/benchmarks/views.py --model model.npz --characters 5000 --json views.json

Each run is the command itself in a process of its own, from its start to its end. Without a model
there is one that has learnt nothing. The text has random words, some far more frequent than others,
in sentences and in lines of any length; of a given model's characters it has those that it knows.

clock       seconds from start to end, the best and the median of --turns
cpu         seconds of processor time, of all threads, user and system
beyond      cpu, the best, beyond what it takes to read the text alone: Python, NumPy, the model
            and the forward pass, which is the first row
limit       what the clock may show at best, on two cores; it is over only if the processor time
            is too, since a neighbour on the machine slows the clock alone

Rows of --long are of 20,000 characters, as many as are read without --limit: probs, state and
gates are for a whole text, so their limit is 3 s.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIMIT, LONG_LIMIT = 10.0, 3.0  # seconds
LONG_TEXT, LONG = 20_000, ("probs", "state", "gates")
READING = "reading"

LETTERS = "etaoinshrdlcumwfgypbvkjxqz"


def text(characters: int) -> str:
    """Return words of two to eight letters, the n-th of a fixed stock as likely as 1/n."""
    rng = random.Random(0)
    likely = [1 / (n + 3) for n in range(len(LETTERS))]
    stock = ["".join(rng.choices(LETTERS, likely, k=rng.randint(2, 8))) for _ in range(2000)]
    often = [1 / n for n in range(1, len(stock) + 1)]
    written, length = [], 0
    while length < characters:
        words = rng.choices(stock, often, k=rng.randint(3, 15))
        words[0] = words[0].title()
        if rng.random() < 0.2:
            words[1] = f'"{words[1]}, {words[2]}"'
        if rng.random() < 0.1:
            words[-1] = f"({words[-1]} {rng.randint(1, 1999)})"
        written.append(" ".join(words) + rng.choice((". ", ".\n", "?\n\n", "; ", "!\n    ")))
        length += len(written[-1])
    return "".join(written)[:characters]


def make_model(path: Path, cell: str, size: str) -> None:
    """Save a network of random parameters that knows the characters of the text."""
    import numpy as np

    from charrnn.checkpoint.checkpoint import Checkpoint, save, this_program
    from charrnn.checkpoint.record import TrainingRecord
    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network
    from charrnn.text.vocabulary import Vocabulary

    layers, hidden = map(int, size.split("x"))
    vocabulary = Vocabulary.of(text(LONG_TEXT))
    kind: Any = cell
    network = Network(
        NetworkConfig(len(vocabulary), kind, hidden, layers), np.random.default_rng(0)
    )
    nothing = TrainingRecord(
        sources=(), encoding="utf-8", sha256="0" * 64, train_characters=0, val_characters=0,
        config={}, steps=0, characters_read=0, seconds=0.0, best_step=0, val_loss=None,
        val_scored="never", baselines={}, ended="its beginning",
    )  # fmt: skip
    save(path, Checkpoint(network, vocabulary, nothing, np.empty((0, 3)), this_program()))


def read(model: Path, file: Path, characters: int) -> None:
    """Do what each view begins with, and no more."""
    from charrnn.checkpoint.checkpoint import load
    from charrnn.inspection.reading import Reading
    from charrnn.inspection.source import Source

    checkpoint = load(model)
    source = Source.file(checkpoint.vocabulary, str(file), "skip", characters)
    Reading.of(checkpoint.network, checkpoint.vocabulary, source.ids, limit=characters)


def order(view: str, model: Path, file: Path, characters: int) -> list[str]:
    """Return the command line of a row."""
    from charrnn.inspection.views.registry import VIEWS

    if view == READING:
        return [sys.executable, __file__, "--task", "read", str(model), str(file), str(characters)]
    command = [sys.executable, "-m", "charrnn", "inspect", *[str(model)] * VIEWS[view].models[0]]
    if VIEWS[view].reads_text:
        command += ["--file", str(file), "--unknown", "skip", "--limit", str(characters)]
    return [*command, "--view", view]


def once(command: list[str], threads: int) -> tuple[float, float] | str:
    """Run a command; return its seconds by the clock and of the processor, or why it refused."""
    env = os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, env=env
        )
        _, status, used = os.wait4(process.pid, 0)
        clock = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if process.returncode == 2:
        return said.splitlines()[-1].removeprefix("error: ")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{said}")
    return clock, used.ru_utime + used.ru_stime


def measure(wanted: argparse.Namespace, model: Path, folder: Path) -> Iterator[dict[str, Any]]:
    parts = [(wanted.characters, LIMIT, [READING, *wanted.views])]
    if wanted.long:
        views = [view for view in LONG if view in wanted.views]
        parts.append((LONG_TEXT, LONG_LIMIT, [READING, *views]))
    for characters, limit, views in parts:
        file = folder / f"{characters}.txt"
        file.write_text(text(characters), "utf-8")
        reading = 0.0
        for view in views:
            row: dict[str, Any] = {"view": view, "characters": characters}
            command = order(view, model, file, characters)
            runs = [once(command, wanted.threads)]
            if isinstance(runs[0], str):
                yield row | {"refused": runs[0]}
                continue
            runs += [once(command, wanted.threads) for _ in range(wanted.turns - 1)]
            clock, cpu = zip(*runs, strict=True)
            reading = reading or min(cpu)
            yield row | {
                "clock": min(clock),
                "clock_median": statistics.median(clock),
                "cpu": min(cpu),
                "cpu_median": statistics.median(cpu),
                "beyond": min(cpu) - reading,
                "limit": limit,
                "over": min(*clock, *cpu) > limit,
            }


def found(row: dict[str, Any]) -> str:
    start = f"{row['view']:10}{row['characters']:>7,}"
    if "refused" in row:
        return f"{start}  {row['refused']}"
    return (
        f"{start}{row['clock']:8.2f}{row['clock_median']:8.2f}{row['cpu']:8.2f}"
        f"{row['cpu_median']:8.2f}{row['beyond']:8.2f}{row['limit']:7.0f}"
        f"{'  over' if row['over'] else ''}"
    )


def main() -> None:
    from charrnn.inspection.views.registry import VIEWS

    parser = argparse.ArgumentParser(description="the time that each view of `inspect` takes")
    parser.add_argument("views", nargs="*", metavar="VIEW", help="all, if none is named")
    parser.add_argument("--model", type=Path, help="in place of one that has learnt nothing")
    parser.add_argument("--characters", type=int, default=2000)
    parser.add_argument("--cell", default="lstm", choices=("rnn", "gru", "lstm"))
    parser.add_argument("--size", default="2x256", help="layers x units")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of a matrix product")
    parser.add_argument("--long", action="store_true", help=f"also {', '.join(LONG)} of 20,000")
    parser.add_argument("--json", help="also write the rows here")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.task:
        task, model, *others = wanted.task
        if task == "read":
            read(Path(model), Path(others[0]), int(others[1]))
        else:
            make_model(Path(model), *others)
        return
    if unknown := set(wanted.views) - set(VIEWS):
        parser.error(f"{', '.join(unknown)}: none of {', '.join(VIEWS)}")
    wanted.views = wanted.views or list(VIEWS)
    network = wanted.model.name if wanted.model else f"{wanted.cell} {wanted.size}, random"
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
          f"{platform.python_version()}; {network}; seconds, {wanted.turns} turns, "
          f"{wanted.threads} threads a product")  # fmt: skip
    print(f"{'':10}{'text':>7}{'clock':>8}{'median':>8}{'cpu':>8}{'median':>8}{'beyond':>8}"
          f"{'limit':>7}")  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        model = wanted.model
        if not model:
            model = Path(folder, "random.npz")
            command = [sys.executable, __file__, "--task", "make"]
            subprocess.run([*command, str(model), wanted.cell, wanted.size], check=True)
        for row in measure(wanted, model, Path(folder)):
            rows.append(row)
            print(found(row), flush=True)
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
