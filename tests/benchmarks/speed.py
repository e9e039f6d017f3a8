"""How fast charrnn trains and samples beside PyTorch on the same cores.

    python tests/benchmarks/speed.py                      # the whole table
    python tests/benchmarks/speed.py train --cells lstm --sizes 1x256 --batches 64
    python tests/benchmarks/speed.py sample --json speed.json

Both sides run in turn within one run, many short turns each, in processes of their own, so that
neither's threads disturb the other's. A neighbour on the machine slows a core by a third for
seconds at a time, so turns that follow one another are compared: `ratio` is the median of ours over
theirs turn by turn, `best` the ratio of the best turns.

training    one step, window 64, 65 symbols: forward, backward, clipping and Adam, float32
            charrnn: as `charrnn train` does it, on both cores; PyTorch: nn.RNN/GRU/LSTM with
            one-hot input, on one thread and on two, of which the faster counts
sampling    one stream, a character at a time, each handed out as an int, temperature 0.8; PyTorch:
            the module and the Cell in a loop, on one thread and on two; the fastest counts.
            charrnn: as it makes a long text, by two processes if that pays; --short for one
products    the same step in one process, against the matrix products in it alone (in the columns of
            PyTorch); the ratio is their share of the step
together    64 streams, as `charrnn sample --num-samples 64` makes them, and 64 rows through PyTorch
MB          peak resident memory of a side's process, and of those that it started
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

V, T = 65, 64
TURN = 0.2  # seconds
TEMPERATURE = 0.8
TOGETHER = 64  # streams

Turn = Callable[[], list[float]]


def charrnn_training(
    cell: str, layers: int, size: int, batch: int, workers: int
) -> Callable[[], int]:
    import numpy as np

    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network
    from charrnn.training.batches import TextBatches
    from charrnn.training.config import TrainingConfig
    from charrnn.training.process_learner import choose_workers
    from charrnn.training.trainer import Trainer

    rng = np.random.default_rng(0)
    kind = NetworkConfig(V, cell, size, layers)
    network = Network(kind, rng)
    ids = rng.integers(V, size=4 * T * batch + 1).astype(np.uint8)
    workers = workers or choose_workers(kind, batch, T)
    config = TrainingConfig(
        batch_size=batch, seq_length=T, max_steps=10**9, patience=0, workers=workers
    )
    run = Trainer(network, TextBatches(ids, ids[:0], V, config), config).run()

    def step() -> int:
        next(run)
        return T * batch

    return step


def charrnn_products(cell: str, layers: int, size: int, batch: int) -> Callable[[], int]:
    """Multiply what a step of one process multiplies, in the same shapes, and nothing else."""
    import numpy as np

    from charrnn.network.cells import CELLS
    from charrnn.network.kernels.blocked import Product

    rng = np.random.default_rng(0)
    G, H, rows = len(CELLS[cell].gates), size, T * batch

    def some(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(np.float32)

    up, wide, scores = some(rows, H), some(rows, G * H), some(rows, V)
    W_ya, W_ax = some(H, V), some(G * H, H)
    there, back = (
        Product((G, H, H), batch, T, np.float32),
        Product((1, G * H, H), batch, T, np.float32),
    )
    there.load(some(G, H, H))
    back.load(some(1, G * H, H))
    states = [there.view(a) for a in some(T, batch, H)]
    gates = [back.view(dza) for dza in some(T, batch, G * H)]

    def step() -> int:
        for layer in range(layers):
            for a in states:
                there(a)
            for dza in gates:
                back(dza)
            up.T @ wide  # dW_aa
            if layer:
                up @ W_ax.T, wide @ W_ax, up.T @ wide  # zx, da below, dW_ax
        up @ W_ya, up.T @ scores, scores @ W_ya.T
        return rows

    return step


def torch_training(
    cell: str, layers: int, size: int, batch: int, threads: int
) -> Callable[[], int]:
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy, one_hot

    torch.set_num_threads(threads)
    module = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](V, size, layers)
    head = nn.Linear(size, V)
    parameters = [*module.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    x, y = torch.randint(V, (2, T, batch))
    state: Any = None

    def step() -> int:
        nonlocal state
        optimizer.zero_grad()
        out, state = module(one_hot(x, V).float(), state)
        loss = cross_entropy(head(out).reshape(-1, V), y.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        state = tuple(s.detach() for s in state) if cell == "lstm" else state.detach()
        loss.item()
        return T * batch

    return step


def charrnn_sampling(cell: str, layers: int, size: int, long: bool) -> Callable[[], int]:
    import numpy as np

    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network
    from charrnn.sampling.filters.chain import Filters
    from charrnn.sampling.filters.truncation import Temperature
    from charrnn.sampling.sample import LONG, choose_generator

    network = Network(NetworkConfig(V, cell, size, layers), np.random.default_rng(0))
    made = choose_generator(network, LONG if long else LONG - 1)(
        network, np.array([1]), Filters([Temperature(TEMPERATURE)]), np.random.default_rng(0)
    )

    def some() -> int:
        for _ in range(50):
            next(made)
        return 50

    return some


def charrnn_together(cell: str, layers: int, size: int, streams: int) -> Callable[[], int]:
    from itertools import islice

    import numpy as np

    from charrnn.network.config import NetworkConfig
    from charrnn.network.network import Network
    from charrnn.sampling.config import SamplingConfig
    from charrnn.sampling.draw import random_streams
    from charrnn.sampling.many import samples
    from charrnn.text.vocabulary import Vocabulary

    network = Network(NetworkConfig(V, cell, size, layers), np.random.default_rng(0))
    vocabulary = Vocabulary.of("".join(map(chr, range(0x100, 0x100 + V))))
    config = SamplingConfig(temperature=TEMPERATURE, length=10**9)
    [group] = samples(
        network, vocabulary, np.ones(1, int), config, islice(random_streams(0), streams)
    )
    made = [sample.choices() for sample in group]

    def some() -> int:
        for choices in made:
            for _ in range(16):
                next(choices)
        return 16 * streams

    return some


def torch_sampling(
    cell: str, layers: int, size: int, streams: int, threads: int, form: str
) -> Callable[[], int]:
    import torch
    from torch import nn
    from torch.nn.functional import one_hot

    torch.set_num_threads(threads)
    kinds = {
        "rnn": (nn.RNN, nn.RNNCell),
        "gru": (nn.GRU, nn.GRUCell),
        "lstm": (nn.LSTM, nn.LSTMCell),
    }
    module, cells = (
        kinds[cell][0](V, size, layers),
        nn.ModuleList(kinds[cell][1](size if layer else V, size) for layer in range(layers)),
    )
    head = nn.Linear(size, V)
    state: Any = None
    states: list[Any] = [None] * layers
    k = torch.ones(streams, dtype=torch.int64)

    @torch.inference_mode()
    def some() -> int:
        nonlocal state, k
        for _ in range(20):
            x = one_hot(k, V).float()
            if form == "module":
                out, state = module(x[None], state)
                out = out[0]
            else:
                out = x
                for layer, one in enumerate(cells):
                    states[layer] = one(out, states[layer])
                    out = states[layer][0] if cell == "lstm" else states[layer]
            k = torch.multinomial(torch.softmax(head(out) / TEMPERATURE, -1), 1)[:, 0]
            k.tolist()
        return 20 * streams

    return some


MAKERS: dict[str, Callable[..., Callable[[], int]]] = {
    "charrnn training": charrnn_training,
    "charrnn products": charrnn_products,
    "torch training": torch_training,
    "charrnn sampling": charrnn_sampling,
    "charrnn together": charrnn_together,
    "torch sampling": torch_sampling,
}


class Side:
    """One way of doing the work, in a process of its own that takes turns on command."""

    def __init__(self, name: str, *args: Any, threads: int = 1) -> None:
        self.rates: list[float] = []
        order = json.dumps([name, args])
        env = os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--side", order],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
        )  # fmt: skip
        self._ask("")  # made, and warm

    def turn(self) -> None:
        self.rates.append(float(self._ask(str(TURN))))

    def close(self) -> float:
        """End the process; return the peak memory of it and of its children, in MB."""
        peak = float(self._ask("memory"))
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        return peak

    def _ask(self, what: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def be_a_side(order: str) -> None:
    name, args = json.loads(order)
    work = MAKERS[name](*args)
    for _ in range(3):
        work()
    for line in sys.stdin:
        what = line.strip()
        if what == "memory":
            print(peak_memory(), flush=True)
            continue
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < float(what or 0):
            done += work()
        print(done / (time.perf_counter() - start), flush=True)


def peak_memory() -> float:
    """Return the peak memory of this process and of its running children, in MB."""

    def peak(pid: str) -> int:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return sum(map(peak, ["self", *children])) * 1024 / 1e6


def race(ours: Side, theirs: dict[str, Side], turns: int) -> dict[str, Any]:
    """Let the sides take turns; return characters a second, and ours over the best of theirs."""
    for _ in range(turns):
        for side in (ours, *theirs.values()):
            side.turn()
    median = {name: statistics.median(side.rates) for name, side in theirs.items()}
    fastest = max(median, key=median.__getitem__)
    mine = statistics.median(ours.rates)
    row = {
        "charrnn": mine,
        "torch": median[fastest],
        "torch_form": fastest,
        "ratio": statistics.median(
            a / b for a, b in zip(ours.rates, theirs[fastest].rates, strict=True)
        ),
        "ratio_best": max(ours.rates) / max(theirs[fastest].rates),
    }
    row["charrnn_mb"] = ours.close()
    row["torch_mb"] = {name: side.close() for name, side in theirs.items()}[fastest]
    return row


def sampling_threads(cell: str, layers: int, size: int) -> int:
    """Return how many threads `charrnn sample` takes for a model file of this size."""
    from charrnn.network.config import NetworkConfig
    from charrnn.network.kinds import count_parameters
    from charrnn.system.blas import LARGE, MOST

    size_of_file = 4 * count_parameters(NetworkConfig(V, cell, size, layers))
    return 1 if size_of_file < LARGE else min(MOST, len(os.sched_getaffinity(0)))


def measure(wanted: argparse.Namespace) -> Iterator[dict[str, Any]]:
    cores = len(os.sched_getaffinity(0))
    for cell in wanted.cells:
        for network in wanted.sizes:
            layers, size = map(int, network.split("x"))
            for batch in wanted.batches if "train" in wanted.what else []:
                ours = Side("charrnn training", cell, layers, size, batch, wanted.workers)
                args = (cell, layers, size, batch)
                theirs = {
                    f"{threads} threads": Side("torch training", *args, threads)
                    for threads in range(1, cores + 1)
                }
                yield {"what": "train", "cell": cell, "network": network, "batch": batch,
                       **race(ours, theirs, wanted.turns)}  # fmt: skip
            for batch in wanted.batches if "products" in wanted.what else []:
                step = Side("charrnn training", cell, layers, size, batch, 1)
                alone = Side("charrnn products", cell, layers, size, batch)
                yield {"what": "products", "cell": cell, "network": network, "batch": batch,
                       **race(step, {"the products alone": alone}, wanted.turns)}  # fmt: skip
            for streams in (1, TOGETHER):
                what = "sample" if streams == 1 else "together"
                if what not in wanted.what:
                    continue
                args = (cell, layers, size)
                ours = (
                    Side(
                        "charrnn sampling",
                        *args,
                        not wanted.short,
                        threads=sampling_threads(cell, layers, size),
                    )
                    if streams == 1
                    else Side("charrnn together", *args, streams)
                )
                theirs = {
                    f"{form}, {threads} threads": Side(
                        "torch sampling", *args, streams, threads, form
                    )
                    for form in ("module", "cell")
                    for threads in range(1, cores + 1)
                }
                yield {"what": what, "cell": cell, "network": network, "batch": streams,
                       **race(ours, theirs, wanted.turns)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="charrnn beside PyTorch on the same cores")
    parser.add_argument(
        "what",
        nargs="*",
        default=["train", "sample", "together"],
        help="train, sample, together, products",
    )
    parser.add_argument("--cells", nargs="+", default=["lstm", "gru", "rnn"])
    parser.add_argument("--sizes", nargs="+", default=["1x128", "1x256", "2x256", "1x512"])
    parser.add_argument("--batches", nargs="+", type=int, default=[64, 32, 16])
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--workers", type=int, default=0, help="0: as many as charrnn chooses")
    parser.add_argument("--short", action="store_true", help="sample as texts below LONG are made")
    parser.add_argument("--cores", type=int, help="the number of cores that both sides use")
    parser.add_argument("--json", help="also write the rows here")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.side:
        be_a_side(wanted.side)
        return
    if wanted.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: wanted.cores])
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
          f"{platform.python_version()}; thousand characters/s, medians of {wanted.turns} turns "
          f"of {TURN} s")  # fmt: skip
    print(f"{'':24}{'charrnn':>9}{'torch':>9}  {'ratio':>6}{'best':>6}{'MB':>8}{'torch MB':>10}")
    rows = []
    for row in measure(wanted):
        rows.append(row)
        label = f"{row['what']} {row['cell']} {row['network']} b{row['batch']}"
        print(
            f"{label:24}{row['charrnn'] / 1e3:9.1f}{row['torch'] / 1e3:9.1f}  {row['ratio']:6.2f}"
            f"{row['ratio_best']:6.2f}{row['charrnn_mb']:8.0f}{row['torch_mb']:10.0f}"
            f"   torch: {row['torch_form']}",
            flush=True,
        )
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
