"""What training costs as the network, the vocabulary and the number of processes grow.

    python tests/benchmarks/sizes.py                    # hidden size 64 to 1024, on all cores
    python tests/benchmarks/sizes.py --workers 1 2      # each with one process and with two
    python tests/benchmarks/sizes.py vocabulary         # 6,000 characters, exact and estimated

Each row is `charrnn train` itself, in a process of its own, on a text made for it: random words,
whose characters are as unequally frequent as those of a language (Zipf). Speeds are of the second
half of the steps, validation left out; memory is the peak of the command and its workers
(PSS, 20 times a second), beside what its plan had said.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

WINDOW = 64


def text(characters: int, distinct: int) -> str:
    """Return words of two to five characters from a fixed stock, the n-th as likely as 1/n."""
    import numpy as np

    rng = np.random.default_rng(0)
    alphabet = [chr(0x4E00 + k) if distinct > 200 else chr(0x100 + k) for k in range(distinct - 1)]
    likely = 1 / np.arange(1, distinct)
    lengths = rng.integers(2, 6, size=4 * distinct)
    letters = rng.choice(distinct - 1, size=int(lengths.sum()), p=likely / likely.sum())
    letters[: distinct - 1] = np.arange(distinct - 1)  # so that each occurs in some word
    stock, start = [], 0
    for length in lengths:
        stock.append("".join(alphabet[k] for k in letters[start : start + length]))
        start += length
    often = 1 / np.arange(1, len(stock) + 1)
    drawn = rng.choice(len(stock), size=characters // 4, p=often / often.sum())
    words = [*stock, *(stock[k] for k in drawn)]
    return "\n".join(words)[:characters]


def memory(pid: int) -> int:
    """Return the memory, in kB, of a process and its children now, what they share counted once."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    total = 0
    try:
        for each in [str(pid), *children.read_text().split()]:
            found = Path(f"/proc/{each}/smaps_rollup").read_text()
            total += int(found.split("Pss:")[1].split()[0])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
    return total


def run(folder: Path, name: str, steps: int, *options: Any) -> dict[str, Any]:
    """Train, and return speed, memory and loss."""
    log = folder / "log.jsonl"
    arguments = [
        "train", name, "--max-steps", steps, "--evaluations", 2, "--patience", 0, "--no-samples",
        "--val-split", 0.02, "-o", folder / "model.npz", "--overwrite", "--log-file", log,
        "--seq-length", WINDOW, *options,
    ]  # fmt: skip
    log.unlink(missing_ok=True)
    with (folder / "said").open("w+", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "charrnn", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            time.sleep(0.05)
        stderr.seek(0)
        said = stderr.read()
    if process.returncode:
        raise SystemExit(said)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    start = next(event for event in events if event["event"] == "start")
    taken = [(event["step"], event["seconds"]) for event in events if event["event"] == "step"]
    laps = [(after - before) / (n - m) for (m, before), (n, after) in pairwise(taken)]
    planned = re.search(r"([\d.]+) ([MG])B of memory", said)
    assert planned
    config = start["training"]
    return {
        "workers": config["workers"],
        "batch": config["batch_size"],
        "rate": config["batch_size"] * WINDOW / statistics.median(laps[len(laps) // 2 :]),
        "ms": 1e3 * statistics.median(laps[len(laps) // 2 :]),
        "peak": peak * 1024 / 1e6,
        "planned": float(planned[1]) * (1e3 if planned[2] == "G" else 1),
        "val_loss": next(e for e in events if e["event"] == "end")["val_loss"],
    }


def hidden_sizes(folder: Path, wanted: argparse.Namespace) -> Iterator[dict[str, Any]]:
    name = str(folder / "text.txt")
    Path(name).write_text(text(600_000, 65), encoding="utf-8")
    for cell in wanted.cells:
        for size in wanted.sizes:
            for workers in wanted.workers or [None]:
                chosen = ["--workers", workers] if workers else []
                row = run(
                    folder, name, wanted.steps, "--cell", cell, "--hidden-size", size,
                    "--num-layers", 1, "--batch-size", wanted.batch, "--dropout", 0, *chosen,
                )  # fmt: skip
                yield {"what": f"{cell} 1x{size}", **row}


def vocabularies(folder: Path, wanted: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for distinct in (65, 6000):
        name = str(folder / f"text{distinct}.txt")
        Path(name).write_text(text(2_000_000, distinct), encoding="utf-8")
        for sampled in (0, 512, 2048) if distinct > 4000 else (0,):
            row = run(
                folder, name, wanted.steps, "--cell", "lstm", "--hidden-size", 256,
                "--num-layers", 1, "--batch-size", wanted.batch, "--dropout", 0,
                "--sampled-softmax", sampled,
            )  # fmt: skip
            how = f"{sampled} drawn" if sampled else "exact"
            yield {"what": f"V {distinct}, {how}", **row}


def main() -> None:
    parser = argparse.ArgumentParser(description="what training costs as things grow")
    parser.add_argument("what", nargs="?", default="hidden", choices=["hidden", "vocabulary"])
    parser.add_argument("--cells", nargs="+", default=["lstm"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 128, 256, 512, 1024])
    parser.add_argument("--workers", nargs="+", type=int, help="default: as charrnn chooses")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--json", help="also write the rows here")
    wanted = parser.parse_args()
    print(f"{'':18}{'processes':>10}{'ms a step':>11}{'char/s':>10}{'MB':>7}{'planned':>9}"
          f"{'nats':>8}")  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        make = hidden_sizes if wanted.what == "hidden" else vocabularies
        for row in make(Path(folder), wanted):
            rows.append(row)
            print(
                f"{row['what']:18}{row['workers']:10}{row['ms']:11.1f}{row['rate']:10.0f}"
                f"{row['peak']:7.0f}{row['planned']:9.0f}{row['val_loss']:8.3f}",
                flush=True,
            )
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
