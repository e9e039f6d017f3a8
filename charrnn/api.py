"""What the commands do, for a program or a notebook: no printing, no signals, no exit.

from charrnn import CharRNN, load

model = CharRNN(cell="gru", hidden_size=128).fit("corpus.txt", epochs=10)
model.generate("Once upon", length=200, temperature=0.7, seed=1)
model.score("a text that it has never read")          # bits a character
model.read("watch it think").states["a"]              # (T, L, H), the hidden states
model.save("model.npz")
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from charrnn.checkpoint import checkpoint as files
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.errors import ConfigError, TextError, TrainingError
from charrnn.inspection.reading import Reading
from charrnn.network.config import CellName
from charrnn.network.model import Network
from charrnn.network.scoring import score
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.sample import stream
from charrnn.text.reading import Corpus, from_text, read_corpus
from charrnn.text.vocabulary import Unknown, Vocabulary
from charrnn.training.config import Choices
from charrnn.training.run import Run
from charrnn.training.trainer import Progress


@dataclass(frozen=True)
class History:
    """How a fit went: a row an evaluation, losses in nats a character."""

    step: list[int]
    train_loss: list[float]
    val_loss: list[float]


class CharRNN:
    """A character-level recurrent network: fit it to a text, write with it, look inside it.

    What is not given is chosen by the size of the text when `fit` is called.

    cell: "rnn", "lstm" or "gru".
    embedding_size: the length of a learned vector for each character; 0 for one-hot input.
    seed: of the first weights and of everything random in training.
    """

    def __init__(
        self,
        cell: CellName = "lstm",
        *,
        hidden_size: int | None = None,
        num_layers: int | None = None,
        embedding_size: int | None = None,
        seed: int = 0,
    ) -> None:
        self._chosen = Choices(
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            embedding_size=embedding_size,
            seed=seed,
            workers=1,
        )
        self._checkpoint: Checkpoint | None = None

    def __repr__(self) -> str:
        if self._checkpoint is None:
            return f"CharRNN(cell={self._chosen.cell!r}, not fitted)"
        config = self.network.config
        return (
            f"CharRNN(cell={config.cell!r}, hidden_size={config.hidden_size}, "
            f"num_layers={config.num_layers}, vocabulary of {len(self.vocabulary)})"
        )

    @property
    def checkpoint(self) -> Checkpoint:
        """The fitted network, its vocabulary and how it was trained.

        Raises
        ------
        ConfigError
            Nothing has been fitted or loaded yet.
        """
        if self._checkpoint is None:
            raise ConfigError("the network has learnt nothing yet; call fit, or load a checkpoint")
        return self._checkpoint

    @property
    def network(self) -> Network:
        """The network; its parameters are `network.params`, arrays by name."""
        return self.checkpoint.network

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the network knows."""
        return self.checkpoint.vocabulary

    @property
    def history(self) -> History:
        """How the fit went."""
        rows = self.checkpoint.history
        return History([int(step) for step in rows[:, 0]], rows[:, 1].tolist(), rows[:, 2].tolist())

    def fit(
        self,
        text: str | Path | Corpus,
        *,
        progress: Callable[[Progress], object] | None = None,
        **choices: Any,
    ) -> Self:
        """Train on a text, and keep the best network.

        Parameters
        ----------
        text
            A path (`pathlib.Path`, or a str that ends in .txt and names a file), the text itself,
            or a `Corpus` from `charrnn.text.reading.read_corpus`.
        progress
            Called after every step.
        choices
            Fields of `charrnn.training.config.Choices`: epochs, max_steps, max_time (seconds),
            batch_size, seq_length, learning_rate, dropout, val_split, patience, seed, ...

        Raises
        ------
        TextError, ConfigError, TrainingError
            The text holds too little, a choice is out of range, or training diverged.
        KeyboardInterrupt
            Handed on, after the best network so far has been kept.
        """
        known = {field.name for field in fields(Choices)}
        if unknown := sorted(set(choices) - known):
            raise ConfigError(f"fit: {unknown[0]} is none of {', '.join(sorted(known))}")
        chosen = {field: getattr(self._chosen, field) for field in known} | choices
        corpus = _corpus(text)
        run = Run.begin(corpus, Choices(**chosen))
        try:
            for step in run.trainer.run():
                if progress:
                    progress(step)
            spent = run.trainer.fraction() == 1
            run.conclude("its budget was used up" if spent else "patience ran out")
        except (KeyboardInterrupt, TrainingError):
            self._checkpoint = run.checkpoint()
            raise
        finally:
            run.trainer.learner.close()
        self._checkpoint = run.checkpoint()
        return self

    def stream(
        self,
        prompt: str = "",
        *,
        length: int = 500,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        min_p: float = 0.0,
        stop: str | tuple[str, ...] = (),
        seed: int | np.random.SeedSequence | None = None,
        unknown: Unknown = "error",
    ) -> Iterator[str]:
        """Yield the text that follows the prompt, in pieces, as it is made.

        Raises
        ------
        ConfigError, TextError
            An option is out of range, or the network does not know a character of the prompt.
        """
        config = SamplingConfig(
            length, temperature, top_k, top_p, min_p, (stop,) if isinstance(stop, str) else stop
        )
        rng = np.random.Generator(np.random.PCG64(seed))
        ids = self.vocabulary.encode_prompt(prompt, unknown)
        return stream(self.network, self.vocabulary, ids, config, rng)

    def generate(self, prompt: str = "", **options: Any) -> str:
        """Return the text that follows the prompt; the options are those of `stream`."""
        return "".join(self.stream(prompt, **options))

    def surprisal(self, text: str, *, unknown: Unknown = "error") -> NDArray[np.float64]:
        """Return -log2 of the probability of each character after the first, (N - 1,), in bits."""
        return score(self.network, self.vocabulary.encode_prompt(text, unknown)) / math.log(2)

    def score(self, text: str, *, unknown: Unknown = "error") -> float:
        """Return the mean surprisal of a text, in bits a character.

        Raises
        ------
        TextError
            The text has less than two characters: the first is read, not predicted.
        """
        bits = self.surprisal(text, unknown=unknown)
        if not len(bits):
            raise TextError("a text needs two characters to be scored: the first is not predicted")
        return float(bits.mean())

    def read(self, text: str, *, unknown: Unknown = "error") -> Reading:
        """Return all that the network computes as it reads: states, gates, predictions."""
        return Reading.of(
            self.network, self.vocabulary, self.vocabulary.encode_prompt(text, unknown)
        )

    def save(self, path: str | Path) -> None:
        """Write the model, atomically; a file that exists is replaced."""
        files.save(Path(path), self.checkpoint)


def load(path: str | Path) -> CharRNN:
    """Return the model that a checkpoint holds.

    Raises
    ------
    CheckpointError
        It is no checkpoint, damaged, newer than this program, or contradicts itself.
    """
    found = files.load(Path(path))
    config = found.network.config
    # What is fitted again is a network of the same kind.
    model = CharRNN(
        config.cell,
        hidden_size=config.hidden_size,
        num_layers=config.num_layers,
        embedding_size=config.embedding_size,
    )
    model._checkpoint = found
    return model


def _corpus(text: str | Path | Corpus) -> Corpus:
    if isinstance(text, Corpus):
        return text
    if not isinstance(text, str | Path):
        raise TextError(
            f"a text of type {type(text).__name__} cannot be learnt; give a str, a Path, or what "
            f"read_corpus returns"
        )
    if isinstance(text, Path) or (text.endswith(".txt") and "\n" not in text):
        return read_corpus([str(text)])
    return from_text(text)
