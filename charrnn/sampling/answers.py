"""Answers to texts: chosen from labels, or written character by character.

Texts are read in groups of `ROWS`, an incomplete one filled up, so that an answer is the same
whatever it is asked with. Each text has random numbers of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from charrnn.array_types import Doubles, Floats, Ids
from charrnn.evaluation.answers import SourceReader, begin_answers
from charrnn.evaluation.pairs import ROWS
from charrnn.network.functions import log_softmax
from charrnn.network.network import Network
from charrnn.network.pairs import PairNetwork
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.draw import draw
from charrnn.sampling.endings import FinishReason
from charrnn.sampling.filters.chain import Filters, filters_of
from charrnn.text.vocabulary import Vocabulary


class Answer(NamedTuple):
    """An answer to a text.

    log_p: its log-probability by the network, in nats, its end included.
    probabilities: of all labels, (K,); nothing where it is written.
    """

    text: str
    log_p: float
    finish_reason: FinishReason | None = None
    probabilities: Doubles | None = None


class Answering:
    """Answers texts with a network of pairs.

    labels: what an answer is chosen from; none where it is written.
    """

    def __init__(
        self,
        network: PairNetwork,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        config: SamplingConfig,
    ) -> None:
        self._network, self._vocabulary = network, vocabulary
        self._labels, self._config = labels, config
        self._reader = SourceReader(network)

    def answers(
        self, sources: Iterable[Ids], streams: Iterable[np.random.Generator]
    ) -> Iterator[Answer]:
        """Yield the answer to each text, in order.

        sources: the ids of each text, (n,).
        streams: the random numbers for each of them.
        """
        pairs = zip(sources, streams, strict=False)
        while group := list(islice(pairs, ROWS)):
            yield from self.group([source for source, _ in group], [rng for _, rng in group])

    def group(self, sources: Sequence[Ids], streams: Sequence[np.random.Generator]) -> list[Answer]:
        """Return the answers to at most `ROWS` texts."""
        network, config = self._network, self._config
        state, probabilities = self._reader.read(sources)
        if network.decoder is None:
            return [self._chosen(row, rng) for row, rng in zip(probabilities, streams, strict=True)]
        if config.num_beams > 1:
            rows = range(len(sources))
            return [self._searched(network.decoder, state[:, :, [b]]) for b in rows]
        return self._written(state, streams)

    def _filters(self, B: int) -> Filters:
        vocabulary, config = self._vocabulary, self._config
        return filters_of(config, np.zeros((B, 0), np.intp), vocabulary)

    def _chosen(self, probabilities: Doubles, rng: np.random.Generator) -> Answer:
        weights = self._filters(1).weights(np.log(probabilities))
        k = draw(weights, rng.random())
        return Answer(self._labels[k], float(np.log(probabilities[k])), "length", probabilities)

    def _written(self, state: Floats, streams: Sequence[np.random.Generator]) -> list[Answer]:
        boundary, n, length = self._network.config.boundary, len(streams), self._config.length
        stepper, filters = begin_answers(self._network, state), self._filters(ROWS)
        read = np.full(ROWS, boundary)
        ids: list[list[int]] = [[] for _ in range(n)]
        log_p, running = np.zeros(n), np.ones(n, bool)
        for _ in range(length + 1):
            scores = stepper.logits.astype(np.float64)
            weights = filters.row_weights(scores)
            log_softmax(scores)
            for b in np.flatnonzero(running).tolist():
                at_end = len(ids[b]) == length
                k = boundary if at_end else draw(weights[b], streams[b].random())
                if not at_end:
                    log_p[b] += scores[b, k]
                running[b] = k != boundary
                if k != boundary:
                    ids[b].append(k)
                read[b] = k
            filters.accept(read)
            if not running.any():
                break
            stepper.read(read)
        return [
            self._as_text(ids[b], float(log_p[b]), "length" if len(ids[b]) == length else "stop")
            for b in range(n)
        ]

    def _as_text(self, ids: Sequence[int], log_p: float, reason: FinishReason) -> Answer:
        return Answer(self._vocabulary.decode_output(ids), log_p, reason)

    def _searched(self, decoder: Network, state: Floats) -> Answer:
        """Return the likeliest answer that beams find, its log-probability over its length.

        state: (L, S, 1, H).
        """
        boundary, config = self._network.config.boundary, self._config
        width, penalty = config.num_beams, config.length_penalty
        stepper = Stepper(decoder, width)
        stepper.move(np.repeat(state, width, axis=2))
        stepper.read(np.full(width, boundary))
        begun: list[tuple[float, list[int]]] = [(0.0, [])]
        done: list[tuple[float, float, list[int], FinishReason]] = []
        for n in range(config.length + 1):
            if n == config.length:
                done += [(_mean(total, n, penalty), total, ids, "length") for total, ids in begun]
                break
            log_p = stepper.logits[: len(begun)].astype(np.float64)
            log_softmax(log_p)
            sums = log_p + np.array([[total] for total, _ in begun])
            order = np.argsort(-sums, axis=None, kind="stable")[: 2 * width].tolist()
            following: list[tuple[float, list[int]]] = []
            parents: list[int] = []
            for place in order:
                b, k = divmod(place, sums.shape[1])
                total, ids = float(sums[b, k]), begun[b][1]
                if k == boundary:
                    done.append((_mean(total, n + 1, penalty), total, ids, "stop"))
                elif len(following) < width:
                    following.append((total, [*ids, k]))
                    parents.append(b)
            # What is begun only becomes less likely; by its mean it may still catch up.
            if not following or any(
                one[0] >= _mean(following[0][0], config.length + 1, penalty) for one in done
            ):
                break
            begun = following
            over = width - len(begun)
            stepper.move(stepper.state[:, :, parents + parents[:1] * over])
            stepper.read(np.array([ids[-1] for _, ids in begun] + [begun[0][1][-1]] * over))
        _, log_p_of_best, ids, reason = max(done, key=lambda one: one[0])
        return self._as_text(ids, log_p_of_best, reason)


def _mean(total: float, symbols: int, penalty: float) -> float:
    """Return a log-probability over its symbols, to a power."""
    return total / float(max(1, symbols) ** penalty)
