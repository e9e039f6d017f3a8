"""What it costs to know what is copied: the index of a text, its file, and searches in it.

    python tests/benchmarks/copies.py                            # 10 MB of each kind
    python tests/benchmarks/copies.py --megabytes 1 --kinds program
    python tests/benchmarks/copies.py sample                     # sampling with --no-copy, without

Each text has a process of its own:

program     sources of the standard library, joined
twice       half as much of them, two times: half of the text is one repetition
same        one character
fibonacci   the word in which each part is the two before it, joined: nothing repeats more often
random      of four characters

build       the suffix array and what goes with it, and the memory that this adds at its peak
file        what `train --index` writes; read: with every check of it
search      a character of a new text: the longest run that ends there. For `program` the text is
            other sources, for the rest the same text at another place
refuse      a character of the same new text by what --no-copy 20 does before it is drawn

`sample` writes texts with an LSTM 1x128 of random parameters, with --no-copy 20 and without, in
turns, alone and 64 side by side; the ratio is the median of --turns.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

MB = 10**6
KINDS = ("program", "twice", "same", "fibonacci", "random")
NEW = 100_000
"""Characters of the new text that is searched."""

ROWS = {
    "text": "{kind}",
    "MB": "{megabytes:.1f}",
    "build s": "{build:.1f}",
    "memory MB": "{memory:.0f}",
    "file MB": "{file:.0f}",
    "write s": "{write:.1f}",
    "read s": "{read:.1f}",
    "search us": "{search:.1f}",
    "refuse us": "{refuse:.1f}",
}


def program(size: int) -> bytes:
    """Return sources of the standard library, joined."""
    found, length = [], 0
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if length >= size:
            break
        found.append(path.read_bytes())
        length += len(found[-1])
    return b"".join(found)[:size]


def texts(kind: str, size: int) -> tuple[bytes, bytes]:
    """Return a text to index, and one to search in it."""
    import numpy as np

    if kind == "program":
        found = program(size + NEW)
        return found[:-NEW], found[-NEW:]
    if kind == "twice":
        text = program(size // 2) * 2
    elif kind == "same":
        text = b"a" * size
    elif kind == "fibonacci":
        one, text = b"a", b"ab"
        while len(text) < size:
            one, text = text, text + one
    else:
        text = np.random.default_rng(0).choice(np.frombuffer(b"acgt", np.uint8), size).tobytes()
    return text[:size], text[size // 3 : size // 3 + NEW]


def measure(kind: str, megabytes: float) -> dict[str, Any]:
    """Measure one kind of text, in this process."""
    import numpy as np

    from charrnn.checkpoint.index import load_index, save_index
    from charrnn.text.copies import IndexedCorpus, IndexedFile
    from charrnn.text.verbatim import Index, Match
    from charrnn.text.vocabulary import Vocabulary

    text, new = texts(kind, int(megabytes * MB))
    known = Vocabulary(np.arange(256), kind="bytes")
    before, began = peak(), time.perf_counter()
    index = Index(np.frombuffer(text, np.uint8), len(known))
    build, memory = time.perf_counter() - began, peak() - before
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.index.npz")
        began = time.perf_counter()
        save_index(path, IndexedCorpus(index, known, (IndexedFile(kind, 0),)))
        write, began = time.perf_counter() - began, time.perf_counter()
        index = load_index(path).index
        read, file = time.perf_counter() - began, path.stat().st_size
    exact, lazy = Match(index), Match(index)
    began = time.perf_counter()
    for k in new:
        exact.accept([k])
        _ = exact.run
    search, began = time.perf_counter() - began, time.perf_counter()
    for k in new:
        lazy.following(20)
        lazy.accept([k])
    refuse = time.perf_counter() - began
    return {
        "kind": kind, "megabytes": len(text) / MB, "build": build, "memory": memory / MB,
        "file": file / MB, "write": write, "read": read,
        "search": 1e6 * search / len(new), "refuse": 1e6 * refuse / len(new),
    }  # fmt: skip


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def speeds(megabytes: float, turns: int) -> Iterator[str]:
    """Yield how fast texts are written, with --no-copy and without."""
    import numpy as np

    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network
    from charrnn.sampling.batch import generate_batch
    from charrnn.sampling.draw import random_streams
    from charrnn.sampling.filters.chain import Filters
    from charrnn.sampling.filters.no_copy import NoCopy
    from charrnn.sampling.generate import generate
    from charrnn.text.verbatim import Index

    known = sorted(set(text := program(int(megabytes * MB))))
    ids = np.searchsorted(known, np.frombuffer(text, np.uint8)).astype(np.uint8)
    index, V = Index(ids, len(known)), len(known)
    network = Network(NetworkConfig(V, hidden_size=128), np.random.default_rng(0))
    # As biases the frequencies of the text: more alike to it than noise.
    network.params["b_y"][:] = np.log(np.bincount(ids, minlength=V) + 1)

    def seconds(B: int, *, refusing: bool) -> float:
        prompts = np.repeat(ids[None, :50], B, axis=0).astype(np.intp)
        filters = Filters([NoCopy(index, 20, prompts)] if refusing else [])
        streams = list(islice(random_streams(0), B))
        made: Iterator[Any]
        if B > 1:
            made = generate_batch(network, prompts, filters, streams)
        else:
            made = generate(network, prompts[0], filters, streams[0])
        next(made)
        began = time.perf_counter()
        for _ in islice(made, 1000):
            pass
        return time.perf_counter() - began

    for B in (1, 64):
        pairs = [(seconds(B, refusing=False), seconds(B, refusing=True)) for _ in range(turns)]
        without, refusing = map(statistics.median, zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        yield (
            f"{B} at a time: {1000 * B / without:,.0f} char/s without, "
            f"{1000 * B / refusing:,.0f} with --no-copy 20, {ratio:.2f} times"
        )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["index", "sample"], default="index")
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--one", choices=KINDS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.megabytes)))
        return
    if given.what == "sample":
        for line in speeds(given.megabytes, given.turns):
            print(line)
        return
    print("| " + " | ".join(ROWS) + " |\n|" + "---|" * len(ROWS))
    for kind in given.kinds:
        own = [sys.executable, __file__, "--one", kind, "--megabytes", str(given.megabytes)]
        found = json.loads(subprocess.run(own, check=True, capture_output=True).stdout)
        print("| " + " | ".join(row.format(**found) for row in ROWS.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
