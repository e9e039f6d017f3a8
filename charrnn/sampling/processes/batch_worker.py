"""Samples that another process makes: some of those that are made side by side.

    this process     makes the first part of a group, and starts a worker for each other part
    a worker         sees the parameters in shared memory, and writes what it makes to a pipe

A worker takes no requests: it writes until the pipe is full, and ends when the pipe is closed. It
writes what this process would have made of the same part.
"""

import math
import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, Self

import numpy as np

from charrnn.errors import CharRNNError
from charrnn.network.network import Network
from charrnn.sampling.batch import AHEAD, Part, Step
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.processes.handover import open_shared_network, share_network
from charrnn.system.child import ChildProcess, EndedError, read_order
from charrnn.text.vocabulary import Vocabulary

WORTH = 20_000_000_000
"""Multiplications of a batch above which workers are faster: to start one takes 0.15 s or more, in
which a core does some ten thousand million of them."""

MADE, FAILED = b".", b"!"


def is_worthwhile(network: Network, samples: int, length: int) -> bool:
    """Return whether the parts of a batch are best made by processes of their own."""
    if os.name != "posix":  # shared memory is passed by its descriptor
        return False
    return length == ENDLESS or samples * length * network.params.flat.size >= WORTH


class RemoteBatch:
    """The same blocks as those of a part, by another process."""

    def __init__(self, part: Part) -> None:
        B = len(part.prompts)
        self._dtype = np.dtype("<f8" if part.scored else "<i4")
        self._shape: tuple[int, ...] = (AHEAD, 2, B) if part.scored else (AHEAD, B)
        self._shared, order = share_network(part.network, {})
        order |= {
            "vocabulary": [part.vocabulary.code_points.tolist(), part.vocabulary.kind],
            "prompts": part.prompts.tolist(),
            "scored": part.scored,
            "sampling": asdict(part.config) | {"stop": ()},
            "streams": [stream.bit_generator.state for stream in part.streams],
        }
        with died_while_sampling():
            self.process = ChildProcess(__name__, order, self._shared.descriptor)
        self._end = weakref.finalize(self, self.process.close)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Step:
        """Return the next block.

        Raises
        ------
        CharRNNError
            What was raised where it was to be made; or the process has died.
        """
        with died_while_sampling():
            if self.process.receive(1) == MADE:
                heard = self.process.receive(self._dtype.itemsize * math.prod(self._shape))
                block = np.frombuffer(heard, self._dtype).reshape(self._shape)
                return block.astype(np.intp) if self._dtype.kind == "i" else block
            size = int.from_bytes(self.process.receive(4), "little")
            raise CharRNNError(self.process.receive(size).decode())


@contextmanager
def died_while_sampling() -> Iterator[None]:
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
    streams = random_numbers(given["streams"])
    points, kind = given["vocabulary"]
    part = Part(
        network,
        Vocabulary(points, kind=kind),
        np.array(given["prompts"]),
        SamplingConfig(**given["sampling"]),
        streams,
        given["scored"],
    )
    with np.errstate(**given["errors"]):
        try:
            for block in part.blocks():
                write(MADE + block.astype("<f8" if part.scored else "<i4").tobytes())
        except CharRNNError as error:
            message = str(error).encode()
            write(FAILED + len(message).to_bytes(4, "little") + message)


def random_numbers(states: list[Any]) -> list[np.random.Generator]:
    """Return the random numbers that go on from states."""
    streams = [np.random.Generator(np.random.PCG64()) for _ in states]
    for stream, state in zip(streams, states, strict=True):
        stream.bit_generator.state = state
    return streams


def write(what: bytes) -> None:
    """Write bytes to the parent at once."""
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        work()
    # Data left in a closed pipe is not an error.
    os._exit(0)
