"""Samples that another process makes: some of those that are made side by side.

    this process     makes the first part of a group, and starts a worker for each other part
    a worker         sees the parameters in shared memory, and writes what it makes to a pipe

A worker takes no requests: it writes until the pipe is full, and ends when the pipe is closed. It
writes what this process would have made of the same part.
"""

import os
import sys
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import islice
from typing import Self

import numpy as np

from charrnn.array_types import Ids, Places
from charrnn.errors import CharRNNError
from charrnn.network.network import Network
from charrnn.sampling.batch import generate_batch
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.processes.handover import open_shared_network, share_network
from charrnn.system.child import ChildProcess, EndedError, read_order

AHEAD = 16
"""Steps that are written at a time."""

WORTH = 20_000_000_000
"""Multiplications of a batch above which workers are faster: to start one takes 0.15 s or more, in
which a core does some ten thousand million of them."""

MADE, FAILED = b".", b"!"


def is_worthwhile(network: Network, samples: int, length: int) -> bool:
    """Return whether the parts of a batch are best made by processes of their own."""
    if os.name != "posix":  # shared memory is passed by its descriptor
        return False
    return length == ENDLESS or samples * length * network.params.flat.size >= WORTH


def blocks(steps: Iterator[Places]) -> Iterator[Places]:
    """Yield what is made step by step, (B,), some steps at a time, (AHEAD, B)."""
    while True:
        yield np.array(list(islice(steps, AHEAD)))


class RemoteBatch:
    """The same blocks as those of `generate_batch` with these arguments, by another process."""

    def __init__(
        self,
        network: Network,
        prompts: Ids,
        config: SamplingConfig,
        streams: Sequence[np.random.Generator],
    ) -> None:
        self._shape = AHEAD, len(prompts)
        self._shared, order = share_network(network, {})
        order |= {
            "prompts": prompts.tolist(),
            "sampling": asdict(config) | {"stop": ()},
            "streams": [stream.bit_generator.state for stream in streams],
        }
        with _died_while_sampling():
            self.process = ChildProcess(__name__, order, self._shared.descriptor)
        self._end = weakref.finalize(self, self.process.close)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Places:
        """Return the next block.

        Raises
        ------
        CharRNNError
            What was raised where it was to be made; or the process has died.
        """
        with _died_while_sampling():
            if self.process.receive(1) == MADE:
                rows, columns = self._shape
                heard = self.process.receive(4 * rows * columns)
                return np.frombuffer(heard, "<i4").reshape(self._shape).astype(np.intp)
            size = int.from_bytes(self.process.receive(4), "little")
            raise CharRNNError(self.process.receive(size).decode())


@contextmanager
def _died_while_sampling() -> Iterator[None]:
    """Raise the death of a worker as an error of sampling."""
    try:
        yield
    except EndedError as ended:
        raise CharRNNError(f"{ended} while it made samples; make fewer at a time") from None


def work() -> None:
    """Be a worker: make the samples of the order until the pipe is closed."""
    given = read_order()
    if given is None:  # the parent has exited already
        return
    network, _ = open_shared_network(given)
    streams = []
    for state in given["streams"]:
        stream = np.random.Generator(np.random.PCG64())
        stream.bit_generator.state = state
        streams.append(stream)
    prompts, config = np.array(given["prompts"]), SamplingConfig(**given["sampling"])
    with np.errstate(**given["errors"]):
        try:
            for block in blocks(generate_batch(network, prompts, config, streams)):
                _write(MADE + block.astype("<i4").tobytes())
        except CharRNNError as error:
            message = str(error).encode()
            _write(FAILED + len(message).to_bytes(4, "little") + message)


def _write(what: bytes) -> None:
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        work()
    # Data left in a closed pipe is not an error.
    os._exit(0)
