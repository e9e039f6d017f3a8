"""A network of pairs: it reads a text whole, and answers.

    (a, c)(T) = encoder(source)                          from a(0) = 0, all layers
    label:    y_hat = softmax(W_ya a(T) + b_y)           of the highest layer
    written:  decoder from (a, c)(T): y_hat(u) = softmax(W_ya a(u) + b_y), u = 1, 2, ...

The decoder (Sutskever et al. 2014) has weights of its own. It reads a boundary, whose id is V, and
then its answer, character by character; at the end of the answer it predicts the boundary. Both
learn together: the gradient by the decoder's first state is that by the encoder's last.

A batch is x, (T, B), the ids of the sources from the first step on, and y, (U, B), of the answers;
`NOTHING` stands behind the last id of each. Of a label y has one row.

The letters of the shapes are those of `charrnn.network.network`.
"""

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.array_types import Floats, Ids
from charrnn.network.backward import layers_backward
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import forward
from charrnn.network.gradient import Gradient
from charrnn.network.head import Readout, learn
from charrnn.network.network import Network, shapes
from charrnn.network.parameters import Parameters
from charrnn.network.trace import Trace, fold
from charrnn.option_fields import Range

NOTHING = -1
"""The id that stands in a batch where there is no character."""

MOST_LABELS = 10_000
"""Labels at most."""


@dataclass(frozen=True)
class PairConfig(NetworkConfig):
    """What a network of pairs is made of: encoder and decoder are alike.

    vocabulary_size: V, of sources and answers together.
    labels: how many there are to choose from; 0 for answers that are written.
    reverse: whether a source is read from its end (Sutskever et al. 2014).
    """

    labels: Annotated[int, Range(0, MOST_LABELS)] = 0
    reverse: bool = False

    @property
    def encoder(self) -> NetworkConfig:
        """The configuration of the network that reads a source."""
        return NetworkConfig(
            self.vocabulary_size,
            self.cell,
            self.hidden_size,
            self.num_layers,
            self.embedding_size,
        )

    @property
    def decoder(self) -> NetworkConfig:
        """The configuration of the network that writes an answer."""
        return NetworkConfig(
            self.vocabulary_size + 1,
            self.cell,
            self.hidden_size,
            self.num_layers,
            self.embedding_size,
        )

    @property
    def boundary(self) -> int:
        """The id of what is read before an answer, and predicted after it."""
        return self.vocabulary_size


def pair_shapes(config: PairConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter by its name: matrices first, then biases."""
    found = {
        f"encoder_{name}": shape for name, shape in shapes(config.encoder, config.labels).items()
    }
    if not config.labels:
        found |= {f"decoder_{name}": shape for name, shape in shapes(config.decoder).items()}
    return dict(sorted(found.items(), key=lambda named: len(named[1]) == 1))


class PairNetwork:
    """An encoder, and for answers that are written a decoder; None for labels.

    Without `rng` the parameters are zero, with it they begin as those of a `Network`.
    """

    def __init__(
        self,
        config: PairConfig,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
        flat: Floats | None = None,
    ) -> None:
        self.config = config
        self._take(Parameters(pair_shapes(config), dtype, flat), rng)

    def _take(self, params: Parameters, rng: np.random.Generator | None = None) -> None:
        config, self.params = self.config, params
        self.encoder = Network(
            config.encoder, rng, outputs=config.labels, params=params.part("encoder_")
        )
        self.decoder = (
            None if config.labels else Network(config.decoder, rng, params=params.part("decoder_"))
        )

    def move_parameters(self, flat: Floats) -> None:
        """Move the parameters into `flat`, (P,); a trace made before does not see it."""
        flat[:] = self.params.flat
        self._take(Parameters(self.params.shapes, flat=flat))

    def sharing(self, flat: Floats) -> Self:
        """Return a network of the same kind with other parameters, (P,), not copied."""
        return type(self)(self.config, flat=flat)


class PairTrace:
    """All that a network of pairs computes as it reads a batch.

    T, U: steps of the longest source and of the longest answer, its boundary included.
    """

    def __init__(
        self,
        network: PairNetwork,
        T: int,
        U: int,
        B: int,
        dropout: float = 0.0,
        *,
        scores: bool = False,
    ) -> None:
        self.B = B
        self.encoder = Trace(network.encoder, T, B, dropout, scores=False)
        self.decoder = (
            Trace(network.decoder, U, B, dropout, scores=scores) if network.decoder else None
        )

    def draw_masks(self, rng: np.random.Generator) -> None:
        """Choose anew which hidden values are dropped."""
        self.encoder.draw_masks(rng)
        if self.decoder:
            self.decoder.draw_masks(rng)


class PairGradient:
    """The gradient of a loss by every parameter, and the slabs that computing it needs."""

    def __init__(self, network: PairNetwork, trace: PairTrace, flat: Floats | None = None) -> None:
        self.params = Parameters(network.params.shapes, network.params.flat.dtype, flat)
        self.encoder = Gradient(network.encoder, trace.encoder, params=self.params.part("encoder_"))
        self.decoder = (
            Gradient(network.decoder, trace.decoder, params=self.params.part("decoder_"))
            if network.decoder and trace.decoder
            else None
        )


def read_sources(network: PairNetwork, x: Ids, trace: PairTrace) -> Trace:
    """Read the sources of a batch, (T, B), all up to the last step; return what was computed."""
    lengths = np.count_nonzero(x != NOTHING, axis=0)
    n = max(1, int(lengths.max()))
    # Each source ends at the last step, so that its last state is there.
    place = np.arange(n)[:, None] - (n - lengths)
    pads: NDArray[np.bool_] = place < 0
    if network.config.reverse:
        place = lengths - 1 - place
    ids = np.take_along_axis(x[:n], np.where(pads, 0, place), axis=0)
    ids[pads] = 0
    read = trace.encoder.first(n)
    read.pads = pads
    read.first_state[...] = 0
    forward(network.encoder, ids, read)
    return read


def read_answers(
    network: PairNetwork, y: Ids, state: Floats, trace: PairTrace
) -> tuple[Trace, Ids]:
    """Read the answers of a batch, (U, B), from the state after their sources, (L, S, B, H).

    Returns what was computed, and what should be predicted, (n, B): the answers with their
    boundaries, `NOTHING` behind those.
    """
    assert network.decoder
    assert trace.decoder
    boundary, B = network.config.boundary, y.shape[1]
    y = y.astype(np.intp)
    lengths = np.count_nonzero(y != NOTHING, axis=0)
    n = int(lengths.max()) + 1
    answers = np.concatenate([y, np.full((1, B), NOTHING, y.dtype)])[:n]
    answers[lengths, np.arange(B)] = boundary
    before = np.concatenate([np.full((1, B), boundary), answers[:-1]])
    written = trace.decoder.first(n)
    written.first_state[...] = state
    forward(network.decoder, np.where(before == NOTHING, boundary, before), written)
    return written, answers


def learn_pairs(  # noqa: PLR0917
    network: PairNetwork, x: Ids, y: Ids, trace: PairTrace, grad: PairGradient, share: float = 1.0
) -> float:
    """Return the mean of -log y_hat over what a batch should predict, and write its gradient.

    x: (T, B), the sources; y: (U, B), the answers, or (1, B) labels. A row of `NOTHING` counts for
        nothing.
    share: the weight of these pairs: their fraction of the batch.
    """
    read = read_sources(network, x, trace)
    back = grad.encoder.first(read.T)
    back.da[...] = 0
    if network.decoder is None:
        loss, last = _learn_labels(network.encoder, y[0], read, back, share), None
    else:
        assert grad.decoder
        written, answers = read_answers(network, y, read.state, trace)
        answers[:, ~(x != NOTHING).any(axis=0)] = NOTHING
        into = grad.decoder.first(written.T)
        into.da[...] = 0
        loss = _learn_rows(
            network.decoder, written.flat_up[-1], answers.ravel(), into, fold(into.da[1:]), share
        )
        for _ in layers_backward(network.decoder, written, into):
            pass
        last = into.state
    for _ in layers_backward(network.encoder, read, back, last):
        pass
    return loss


def _learn_labels(
    encoder: Network, labels: Ids, read: Trace, back: Gradient, share: float
) -> float:
    return _learn_rows(
        encoder, read.upward(len(read.states) - 1)[-1], labels, back, back.da[-1], share
    )


def _learn_rows(  # noqa: PLR0917
    network: Network, up: Floats, y: Ids, grad: Gradient, d_up: Floats, share: float
) -> float:
    """Return the mean loss of the rows that something is predicted of, and write its gradients.

    up: (N, H); d_up: the gradient by it, zeros before; y: (N,), with `NOTHING`.
    """
    rows = np.flatnonzero(y != NOTHING)
    if not len(rows):
        grad.params["W_ya"][:], grad.params["b_y"][:] = 0, 0
        return 0.0
    here = np.zeros((len(rows), up.shape[1]), up.dtype)
    loss = learn(
        Readout(network.W_ya, network.b_y),
        up[rows],
        y[rows],
        Readout(grad.params["W_ya"], grad.params["b_y"]),
        here,
        share,
    )
    d_up[rows] = here
    return loss


def log_y_hat(network: Network, a: Floats) -> Floats:
    """Return the log-probabilities of what a network predicts from hidden states, (B, H)."""
    z: Floats = (a @ network.W_ya + network.b_y).astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return z


def empty_batch(T: int, B: int) -> Ids:
    """Return a batch of nothing, (T, B)."""
    batch: Ids = np.full((T, B), NOTHING, np.int32)
    return batch
