"""What training costs as the text grows: nothing that is held, and time in proportion to reading.

    python tests/benchmarks/corpora.py                            # 1 MB, 10 MB, 100 MB
    python tests/benchmarks/corpora.py --sizes 1 10 100 1000      # needs 3 GB of disk for a while
    python tests/benchmarks/corpora.py --sizes 1 1000 --network   # the network of the text's size

Texts are made of the sources of the standard library and of pydoc_data, joined, again and again
until there is enough, and are deleted in the end. The first line is of all characters that occur
in them, so that each size has the same vocabulary. Each size has a process of its own.

encode      read_corpus: decoded, numbered, counted, hashed, written to the ids' file; in turn with
copy        a plain copy of the file in pieces of the same size; both the best of --turns
step        a training step, the median, by the clock and in processor time
end         the exact loss of the best network, and the baselines
peak        resident memory (VmHWM) after reading, after training and in the end, all in one
            process; `file` is what of it are pages of files at the end (RssFile): libraries, and
            none of the text

All sizes train the same network, if it is not left to the size of the text by --network.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, cycle
from pathlib import Path

MB = 10**6
PLACE = "/var/tmp"

ROWS = {
    "MB": "{megabytes:d}",
    "V": "{V:d}",
    "copy MB/s": "{copy:.0f}",
    "encode MB/s": "{encode:.0f}",
    "read s": "{reading:.2f}",
    "step ms": "{step:.1f}",
    "cpu ms": "{cpu:.1f}",
    "end s": "{ending:.1f}",
    "peak MB: read": "{after_reading:.0f}",
    "trained": "{after_training:.0f}",
    "end": "{after_ending:.0f}",
    "file": "{file:.0f}",
    "planned": "{planned:.0f}",
}


def sources() -> list[str]:
    """Return the texts that large ones are made of."""
    library = Path(sysconfig.get_paths()["stdlib"])
    pages = sorted(library.joinpath("pydoc_data").glob("*.py"))
    files = [path for path in sorted(library.rglob("*.py")) if "site-packages" not in path.parts]
    texts = []
    for path in pages + files:
        with suppress(UnicodeDecodeError):  # a test of other encodings
            texts.append(path.read_text("utf-8"))
    return texts


def build(path: Path, texts: list[str], size: int) -> None:
    """Write a text of `size` bytes, or some few less: what would cut a character is left out."""
    every = "".join(sorted(set().union(*texts))) + "\n"
    with path.open("wb") as file:
        for text in chain([every], cycle(texts)):
            whole = text.encode()[: size - file.tell()].decode("utf-8", "ignore").encode()
            file.write(whole)
            if len(whole) < len(text):
                return


def copy(path: Path) -> None:
    """Copy a file as plainly as it can be done in pieces."""
    from charrnn.text.sources import PIECE

    with path.open("rb") as file, tempfile.TemporaryFile(dir=PLACE) as other:
        while piece := file.read(PIECE):
            other.write(piece)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory() -> dict[str, float]:
    """Return the lines of this process's status that are of memory, in MB."""
    status = Path("/proc/self/status").read_text()
    lines = (line.split() for line in status.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(value) * 1024 / MB for name, value, _ in lines}


def reading(path: Path, turns: int) -> dict[str, float]:
    """Return the megabytes a second of reading a text, and of copying it."""
    from charrnn.text.corpus import read_corpus

    size = path.stat().st_size / MB
    turns = max(turns, int(30 / size))  # a small text is soon done
    took = [
        (seconds(lambda: copy(path)), seconds(lambda: read_corpus([path]))) for _ in range(turns)
    ]
    return {
        "copy": size / min(copied for copied, _ in took),
        "encode": size / min(encoded for _, encoded in took),
    }


def training(path: Path, steps: int, *, any_network: bool) -> dict[str, float]:
    """Train for some steps; return the time and the memory that it takes."""
    from charrnn.text.corpus import read_corpus
    from charrnn.training.options import TrainOptions
    from charrnn.training.text_run import TextRun

    start = time.perf_counter()
    corpus = read_corpus([path])
    found = {"reading": time.perf_counter() - start, "after_reading": memory()["VmHWM"]}
    fixed = {} if any_network else {"hidden_size": 128, "num_layers": 1, "batch_size": 32}
    choices = TrainOptions(max_steps=steps, evaluations=2, workers=1, **fixed)
    run = TextRun.begin(corpus, choices)
    found["V"] = len(run.vocabulary)
    found["planned"] = run.plan().memory / MB
    took, last = [], (time.perf_counter(), time.process_time())
    for progress in run.trainer.run():
        if not progress.evaluation:
            took.append((time.perf_counter() - last[0], time.process_time() - last[1]))
        last = time.perf_counter(), time.process_time()
    found["step"], found["cpu"] = (
        statistics.median(each) * 1e3 for each in zip(*took, strict=True)
    )
    found["after_training"] = memory()["VmHWM"]
    found["ending"] = seconds(lambda: run.conclude("enough"))
    found["after_ending"], found["file"] = memory()["VmHWM"], memory()["RssFile"]
    return found


def measured(task: str, path: Path, wanted: argparse.Namespace) -> dict[str, float]:
    """Do a task in a process of its own."""
    order = [sys.executable, __file__, "--task", task, str(path), "--turns", str(wanted.turns)]
    order += ["--steps", str(wanted.steps), *(["--network"] if wanted.network else [])]
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as the command has it
    return json.loads(subprocess.run(order, stdout=subprocess.PIPE, check=True, env=env).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="the cost of training against the size of a text")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 10, 100], help="in MB")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--network", action="store_true", help="the one of the text's size")
    parser.add_argument("--task", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.task:
        task, path = wanted.task[0], Path(wanted.task[1])
        found = (
            reading(path, wanted.turns)
            if task == "reading"
            else training(path, wanted.steps, any_network=wanted.network)
        )
        print(json.dumps(found))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print("  ".join(ROWS))
    texts = sources()
    for megabytes in wanted.sizes:
        with tempfile.TemporaryDirectory(dir=PLACE) as folder:
            path = Path(folder, "text")
            build(path, texts, megabytes * MB)
            row = measured("reading", path, wanted) | measured("training", path, wanted)
        cells = (form.format(megabytes=megabytes, **row) for form in ROWS.values())
        widths = map(len, ROWS)
        print(
            "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)),
            flush=True,
        )


if __name__ == "__main__":
    main()
