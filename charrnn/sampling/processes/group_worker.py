"""Groups of many samples that another process makes, one after the other.

    this process     sends the groups of a worker, and reads what it makes in their order
    a worker         sees the parameters in shared memory, makes a group after the other, and writes
                     their blocks to a pipe

Starting a worker takes as long as some groups of short samples, so that one lasts for many of them.
It writes what this process would have made of the same group.
"""

import json
import math
import os
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from typing import Any

import numpy as np

from charrnn.array_types import Ids
from charrnn.errors import CharRNNError
from charrnn.network.network import Network
from charrnn.sampling.batch import AHEAD, MOST, Step, blocks_of_group
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.processes.batch_worker import (
    FAILED,
    MADE,
    WORTH,
    died_while_sampling,
    random_numbers,
    write,
)
from charrnn.sampling.processes.handover import open_shared_network, share_network
from charrnn.system.child import ChildProcess, read_order
from charrnn.system.cores import cores
from charrnn.text.vocabulary import Vocabulary

MOST_SENT = 2
"""Groups that are sent to a worker and not yet read, at most: more would fill the pipes."""

AHEAD_BYTES = 1 << 20
"""Bytes that a worker writes before they are read: some groups of short samples, so that it makes
the next one while this process makes its own."""

MOST_WORTH = 64
"""Groups that are waited for, at most, before it is known whether workers are worth it."""


def groups_worth(network: Network, length: int) -> int:
    """Return how many groups there have to be for workers; 0 where they never help."""
    if os.name != "posix" or cores() < 2 or length in (0, ENDLESS):
        return 0
    groups = -(-WORTH // (MOST * length * network.params.flat.size))
    return groups if 1 < groups <= MOST_WORTH else 0


class GroupWorker:
    """A process that makes groups of samples."""

    def __init__(
        self, network: Network, vocabulary: Vocabulary, config: SamplingConfig, *, scored: bool
    ) -> None:
        self._scored, self._blocks = scored, -(-config.length // AHEAD)
        self._groups: deque[_Group] = deque()  # sent, and not read to the end
        self._shared, order = share_network(network, {})
        order |= {
            "vocabulary": [vocabulary.code_points.tolist(), vocabulary.kind],
            "scored": scored,
            "sampling": asdict(config) | {"stop": ()},
        }
        with died_while_sampling():
            self.process = ChildProcess(__name__, order, self._shared.descriptor)
        self.process.widen(AHEAD_BYTES)
        self._end = weakref.finalize(self, self.process.close)

    def make(self, prompts: Ids, streams: Sequence[np.random.Generator]) -> Iterator[Step]:
        """Have a group made, and return its blocks: each is waited for when it is read.

        Raises
        ------
        CharRNNError
            The process has died.
        """
        while len(self._groups) >= MOST_SENT:
            self._read()
        states = [stream.bit_generator.state for stream in streams]
        line = json.dumps({"prompts": prompts.tolist(), "streams": states})
        with died_while_sampling():
            self.process.send(line.encode() + b"\n")
        group = _Group(self, len(prompts), self._blocks)
        self._groups.append(group)
        return group

    def _read(self) -> None:
        """Read a block of the first group that has not been read to the end."""
        group = self._groups[0]
        dtype = np.dtype("<f8" if self._scored else "<i4")
        shape = (AHEAD, 2, group.B) if self._scored else (AHEAD, group.B)
        with died_while_sampling():
            if self.process.receive(1) == FAILED:
                size = int.from_bytes(self.process.receive(4), "little")
                raise CharRNNError(self.process.receive(size).decode())
            heard = self.process.receive(dtype.itemsize * math.prod(shape))
        block = np.frombuffer(heard, dtype).reshape(shape)
        group.take(block if self._scored else block.astype(np.intp))
        if not group.missing:
            self._groups.popleft()


class _Group(Iterator[Step]):
    """The blocks of a group, those that have been read waiting."""

    def __init__(self, worker: GroupWorker, B: int, blocks: int) -> None:
        self.B, self.missing = B, blocks
        self._worker = worker
        self._waiting: deque[Step] = deque()

    def take(self, block: Step) -> None:
        self._waiting.append(block)
        self.missing -= 1

    def __next__(self) -> Step:
        while not self._waiting:
            if not self.missing:
                raise StopIteration
            self._worker._read()
        return self._waiting.popleft()


def work() -> None:
    """Be a worker: make a group for each line of the input, until it ends."""
    given = read_order()
    if given is None:  # the parent has exited already
        return
    network, _ = open_shared_network(given)
    points, kind = given["vocabulary"]
    vocabulary, config = Vocabulary(points, kind=kind), SamplingConfig(**given["sampling"])
    scored = given["scored"]
    with np.errstate(**given["errors"]):
        while (group := read_order()) is not None:
            _make(network, vocabulary, config, group, scored=scored)


def _make(
    network: Network,
    vocabulary: Vocabulary,
    config: SamplingConfig,
    group: dict[str, Any],
    *,
    scored: bool,
) -> None:
    prompts, streams = np.array(group["prompts"]), random_numbers(group["streams"])
    try:
        blocks = blocks_of_group(network, vocabulary, prompts, config, streams, scored=scored)
        for block in islice(blocks, -(-config.length // AHEAD)):
            write(MADE + block.astype("<f8" if scored else "<i4").tobytes())
    except CharRNNError as error:
        message = str(error).encode()
        write(FAILED + len(message).to_bytes(4, "little") + message)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        work()
    # Data left in a closed pipe is not an error.
    os._exit(0)
