"""The commands as a library, for programs and notebooks: no exit, no output but a progress bar.

from charrnn import CharRNN, load

model = CharRNN(cell="gru", hidden_size=128).fit("corpus.txt", epochs=10)
model.generate("Once upon", length=200, temperature=0.7, seed=1)
model.score("a text that it has never read")          # bits a character
model.read("watch it think").states["a"]              # (T, L, H), the hidden states
model.save("model.npz")
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from charrnn.array_types import Doubles, Ids
from charrnn.checkpoint import checkpoint as files
from charrnn.checkpoint.checkpoint import Checkpoint, save_state
from charrnn.checkpoint.description import is_of_pairs
from charrnn.checkpoint.pairs import PairCheckpoint, load_pairs, save_pairs
from charrnn.checkpoint.paths import resume_path
from charrnn.errors import CheckpointError, ConfigError, TextError, printable
from charrnn.evaluation.answers import Measured, measure
from charrnn.evaluation.score import score
from charrnn.inspection.inspected import Inspected, inspect, inspect_pairs
from charrnn.inspection.options import Part
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import OPENS
from charrnn.network.config import CellName
from charrnn.network.network import Network
from charrnn.plurals import counted
from charrnn.sampling.answers import Answering
from charrnn.sampling.config import ENDLESS, SamplingConfig
from charrnn.sampling.draw import random_streams
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.sample import stream
from charrnn.system.blas import Limit, in_environment, threads_for
from charrnn.terminal.fit_bar import bar, is_watched
from charrnn.text.corpus import Corpus
from charrnn.text.given import Given, corpus_of, ids_of
from charrnn.text.pairs import corpus_of_pairs, read_pairs
from charrnn.text.read_as import Unknown
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.history import History
from charrnn.training.identity import check_one_run
from charrnn.training.interrupts import Interrupts
from charrnn.training.options import BUDGETS, TrainOptions
from charrnn.training.pairs.options import PairOptions
from charrnn.training.pairs.run import PairRun
from charrnn.training.run import Run
from charrnn.training.stopped import State, load_run
from charrnn.training.text_run import TextRun
from charrnn.training.trainer import ENDED, Progress

MAY_CHANGE = (*BUDGETS, "patience", "evaluations")
"""Options that a resumed fit may change."""

Follow = Callable[[Progress], object]
"""Called after every step."""


class CharRNN:
    """A character-level recurrent network: fit it to a text, write with it, look inside it.

    What is not given is resolved by the size of the text when `fit` is called.

    cell: "rnn", "lstm" or "gru".
    embedding_size: the length of a learned vector for each character; 0 for one-hot input.
    seed: of the first weights and of everything random in training.

    Raises
    ------
    ConfigError
        One of them is out of its range.
    """

    def __init__(
        self,
        cell: CellName = TrainOptions.cell,
        *,
        hidden_size: int | None = None,
        num_layers: int | None = None,
        embedding_size: int | None = None,
        seed: int = TrainOptions.seed,
    ) -> None:
        self._options = TrainOptions(
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            embedding_size=embedding_size,
            seed=seed,
        )
        self._checkpoint: Checkpoint | None = None
        self._pairs: PairCheckpoint | None = None
        self._state: State | None = None

    def __repr__(self) -> str:
        if self._pairs is not None:
            of = ", ".join(self._pairs.labels) or "written answers"
            return f"CharRNN(cell={self._pairs.network.config.cell!r}, pairs, {of:.60})"
        if self._checkpoint is None:
            return f"CharRNN(cell={self._options.cell!r}, not fitted)"
        config = self.network.config
        return (
            f"CharRNN(cell={config.cell!r}, hidden_size={config.hidden_size}, "
            f"num_layers={config.num_layers}, vocabulary of {len(self.vocabulary)}, {self._loss()})"
        )

    def _loss(self) -> str:
        record = self.checkpoint.training
        if record.val_loss is None:
            return "loss not measured"
        which = "val_loss" if record.val_characters else "train_loss"
        return f"{which}={record.val_loss:.3f} nats after {counted(record.best_step, 'step')}"

    @property
    def checkpoint(self) -> Checkpoint:
        """The fitted network, its vocabulary and how it was trained.

        Raises
        ------
        ConfigError
            Nothing has been fitted or loaded yet.
        """
        if self._checkpoint is None:
            if self._pairs is not None:
                raise ConfigError("this network has learnt pairs, and answers texts; call answer")
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
        """How the fit went: columns, which `pandas.DataFrame` takes as they are."""
        return History(self.checkpoint.history)

    def fit(
        self,
        text: Given,
        *,
        resume: bool = False,
        progress: bool | Follow | None = None,
        workers: int | None = None,
        threads: int | None = None,
        **options: Any,
    ) -> Self:
        """Train on a text, and keep the best network.

        Ctrl-C ends it after the step, like a callback that raises: KeyboardInterrupt reaches the
        caller, the best network so far is kept, and `fit(text, resume=True)` continues as if it
        had never stopped.

        Parameters
        ----------
        text
            The text itself; the path of a file or folder, as a str or a `pathlib.Path`; or a
            `Corpus` from `charrnn.text.corpus.read_corpus`.
        resume
            False trains new weights, whatever was learnt before. True resumes the
            run that the last fit, or `load(..., resume=True)`, has left: on the same text, with a
            new budget where one is given.
        progress
            True shows a bar on standard error, False none; by default there is one on a terminal
            and in a notebook. A function is called after every step instead.
        workers
            How many processes share a batch; by default as many as pay.
        threads
            Of a matrix product, in each process; by default what the environment sets, or 1.
        options
            Fields of `charrnn.training.options.TrainOptions`, as `charrnn train --help` describes
            them: epochs, max_steps, max_time (seconds), batch_size, seq_length, learning_rate,
            dropout, val_split, patience, seed, ...

        Raises
        ------
        TextError, ConfigError, TrainingError
            The text holds too little, an option is out of range, or training diverged.
        CheckpointError
            The run to resume is of another text.
        """
        _check_names("fit", options, TrainOptions)
        if workers is not None:
            options["workers"] = workers
        with Limit(_threads(threads, 1)):
            if resume:
                run = self._resumed(text, options)
            else:
                run = TextRun.begin(corpus_of(text), replace(self._options, **options))
            with closing(run.trainer.learner):
                try:
                    self._train(run, progress)
                    run.conclude(ENDED[run.trainer.ending()])
                finally:
                    self._checkpoint, self._pairs = run.checkpoint(), None
        return self

    @property
    def pairs(self) -> PairCheckpoint:
        """The fitted network of pairs, its vocabulary, its labels and how it was trained.

        Raises
        ------
        ConfigError
            No pairs have been fitted or loaded yet.
        """
        if self._pairs is None:
            raise ConfigError(
                "the network has learnt no pairs; call fit_pairs, or load a model of pairs"
            )
        return self._pairs

    def fit_pairs(
        self,
        pairs: Given | Sequence[tuple[str, str]],
        *,
        progress: bool | Follow | None = None,
        workers: int | None = None,
        threads: int | None = None,
        **options: Any,
    ) -> Self:
        """Learn to answer texts, and keep the best network.

        Parameters
        ----------
        pairs
            Texts and their answers; or a file of them, as `fit` takes a text.
        progress, workers, threads
            As for `fit`.
        options
            Fields of `charrnn.training.options.TrainOptions` and of
            `charrnn.training.pairs.options.PairOptions`: answers ("written" or "chosen"), columns,
            bad_lines, max_time, ...

        Raises
        ------
        TextError, ConfigError, TrainingError
            There is too little to learn, an option is out of range, or training diverged.
        """
        own = {field.name for field in fields(PairOptions)} - {"pairs"}
        asked = PairOptions(
            pairs=True, **{name: options.pop(name) for name in own & options.keys()}
        )
        _check_names("fit_pairs", options, TrainOptions)
        if workers is not None:
            options["workers"] = workers
        if isinstance(pairs, str | os.PathLike | Corpus):
            corpus, given = corpus_of(pairs), None
        else:
            corpus, given = corpus_of_pairs(pairs)
        with Limit(_threads(threads, 1)):
            run = PairRun.begin(corpus, asked, replace(self._options, **options), given)
            with closing(run.trainer.learner):
                try:
                    self._train(run, progress)
                    run.conclude(ENDED[run.trainer.ending()])
                finally:
                    self._checkpoint, self._pairs = None, run.checkpoint()
        return self

    def answer(
        self,
        texts: str | Sequence[str],
        *,
        seed: int = 0,
        unknown: Unknown = "error",
        threads: int | None = None,
        **options: Any,
    ) -> list[str]:
        """Return the answers to texts: the likeliest of each step, unless options say otherwise.

        options: fields of `charrnn.sampling.config.SamplingConfig`: temperature, top_k, num_beams,
            length, ...

        Raises
        ------
        ConfigError, TextError
            No pairs were learnt, there is no such option, or a character is unknown.
        """
        _check_names("answer", options, SamplingConfig)
        found = self.pairs
        config = SamplingConfig(**({"temperature": 0.0} | options))
        answering = Answering(found.network, found.vocabulary, found.labels, config)
        ids = self._sources(texts, unknown)
        with self._limit(threads):
            return [answer.text for answer in answering.answers(ids, random_streams(seed))]

    def answer_probabilities(
        self, texts: str | Sequence[str], *, unknown: Unknown = "error", threads: int | None = None
    ) -> Doubles:
        """Return how probable each label is for each text, (N, K), in the order of `pairs.labels`.

        Raises
        ------
        ConfigError, TextError
            No labels were learnt, or a character is unknown.
        """
        found = self.pairs
        if not found.labels:
            raise ConfigError("answers of this network are written, not chosen; call answer")
        answering = Answering(found.network, found.vocabulary, found.labels, SamplingConfig())
        with self._limit(threads):
            answers = list(answering.answers(self._sources(texts, unknown), random_streams(0)))
        rows = [answer.probabilities for answer in answers if answer.probabilities is not None]
        return np.array(rows).reshape(-1, len(found.labels))

    def score_pairs(
        self, pairs: Given | Sequence[tuple[str, str]], *, threads: int | None = None
    ) -> Measured:
        """Return how well pairs are answered: `exact`, `errors`, `bits`, `confusion`, ...

        Its `baselines` are empty: what the network has learnt from is not in its file.

        Raises
        ------
        ConfigError, TextError
            No pairs were learnt, a label or a character is unknown, or a line is no pair.
        """
        found = self.pairs
        if isinstance(pairs, str | os.PathLike | Corpus):
            given = read_pairs(corpus_of(pairs))
        else:
            _, given = corpus_of_pairs(pairs)
        if others := sorted(set(given.answers) - set(found.labels)) if found.labels else []:
            raise TextError(
                f"{others[0]!r:.40} is none of the labels: {', '.join(found.labels):.200}"
            )
        with self._limit(threads):
            return measure(found.network, found.vocabulary, found.labels, given)

    def _sources(self, texts: str | Sequence[str], unknown: Unknown) -> list[Ids]:
        given = [texts] if isinstance(texts, str) else texts
        return [self.pairs.vocabulary.encode_prompt(text, unknown) for text in given]

    def _train(self, run: Run, progress: bool | Follow | None) -> None:
        """Train to the end, and keep the last state, also of an interrupted run."""
        self._state = None
        with _shown(progress, run.trainer.fraction()) as follow, Interrupts() as interrupts:
            for step in run.trainer.run():
                try:
                    follow(step)
                    interrupts.check()
                except BaseException:
                    self._state = _copied(run.state())
                    raise
        self._state = _copied(run.state())

    def _resumed(self, text: Given, options: dict[str, Any]) -> TextRun:
        """Resume the run of the last fit, with a new budget if one is given."""
        if self._state is None:
            raise ConfigError(
                "resume: there is no fit to resume; call fit without it, or load(path, "
                "resume=True) of a model that was saved with resume=True"
            )
        if fixed := sorted(set(options) - set(MAY_CHANGE)):
            raise ConfigError(
                f"{fixed[0]}: a resumed fit keeps its own; leave it out, or start afresh with "
                f"resume=False"
            )
        if set(options) & set(BUDGETS):
            options = dict.fromkeys(BUDGETS) | options
        run = TextRun.resume_from(corpus_of(text), self._state, "resume", options)
        run.check_left("resume")
        return run

    def stream(
        self,
        prompt: str = "",
        *,
        seed: int | np.random.SeedSequence | None = None,
        unknown: Unknown = "error",
        threads: int | None = None,
        filters: Sequence[Filter] = (),
        **options: Any,
    ) -> Iterator[str]:
        """Yield the text that follows the prompt, in pieces, as it is made.

        Parameters
        ----------
        filters
            Filters of the caller's, applied before those of the options: see
            `charrnn.sampling.filters.filter`.
        threads
            The most that a matrix product uses; by default as many as are fastest.
        options
            Fields of `charrnn.sampling.config.SamplingConfig`: length (-1 is without end),
            temperature (two for one that changes), top_k, top_p, repeat_penalty, stop (a text or
            several), ...

        Raises
        ------
        ConfigError, TextError
            There is no such option, one is out of range, or the network does not know a character
            of the prompt.
        """
        _check_names("stream", options, SamplingConfig)
        for name in ("stop", "dry_sequence_breaker", "must", "forbid"):
            if isinstance(text := options.get(name), str):
                options[name] = (text,)
        config = SamplingConfig(**options)
        rng = np.random.Generator(np.random.PCG64(seed))
        ids = self.vocabulary.encode_prompt(prompt, unknown)
        made = stream(self.network, self.vocabulary, ids, config, rng, filters)
        return self._limit(threads).each(made)

    def generate(
        self, prompt: str = "", *, length: int = SamplingConfig.length, **options: Any
    ) -> str:
        """Return the text that follows the prompt; the options are those of `stream`.

        Raises
        ------
        ConfigError, TextError
            As `stream` does; and the length is -1.
        """
        if length == ENDLESS:
            raise ConfigError(
                "length: -1 is without end, and would never be returned; give a length, or take "
                "the text from stream as it is made"
            )
        return "".join(self.stream(prompt, length=length, **options))

    def surprisal(
        self, text: Given, *, unknown: Unknown = "error", threads: int | None = None
    ) -> Doubles:
        """Return -log2 of the probability of each character after the first, (N - 1,), in bits.

        text: the text itself, or where it lies, as `fit` takes it; but a single word is a text.
        """
        ids = ids_of(text, self.vocabulary, unknown)
        with self._limit(threads):
            return score(self.network, ids) / math.log(2)

    def score(
        self, text: Given, *, unknown: Unknown = "error", threads: int | None = None
    ) -> float:
        """Return the mean surprisal of a text, in bits a character.

        Raises
        ------
        TextError
            The text has less than two characters: the first is read, not predicted.
        """
        bits = self.surprisal(text, unknown=unknown, threads=threads)
        if not len(bits):
            raise TextError("a text needs two characters to be scored: the first is not predicted")
        return float(bits.mean())

    def read(
        self, text: Given, *, unknown: Unknown = "error", threads: int | None = None
    ) -> Reading:
        """Return all that the network computes as it reads: states, gates, predictions."""
        ids = ids_of(text, self.vocabulary, unknown)
        with self._limit(threads):
            return Reading.of(self.network, self.vocabulary, ids)

    def inspect(
        self,
        text: str | os.PathLike[str] | None = None,
        view: str | None = None,
        *,
        part: Part | None = None,
        others: Sequence["CharRNN"] = (),
        unknown: Unknown = "error",
        threads: int | None = None,
        **options: Any,
    ) -> Inspected:
        """Look inside: return a view's result, which `print` draws and a notebook shows.

        Parameters
        ----------
        text
            What the network reads, or the path of a file that holds it; by default a text that it
            writes itself. Of a network of pairs what it answers; an answer may follow a tab.
        view
            One of those that `charrnn inspect --help` lists; by default "overview", of a network
            of pairs "state".
        part
            Of a network of pairs the "encoder" as it reads the text, or the "decoder" as it writes
            the answer.
        others
            Models to compare with, for views that compare.
        options
            Fields of `charrnn.inspection.options.Options`: at, units, layer, kind, top, ...

        Raises
        ------
        ConfigError, TextError
            There is no such view or option, or the network does not know a character.
        """
        if self._pairs is not None:
            if others or isinstance(text, os.PathLike):
                raise ConfigError("networks of pairs are looked at one at a time, with a text")
            with self._limit(threads):
                return inspect_pairs(self._pairs, text, view, part, unknown, options)
        if part:
            raise ConfigError("part: is of a network of pairs, which this is not; leave it out")
        models = [self.checkpoint, *(other.checkpoint for other in others)]
        with self._limit(threads):
            return inspect(models, text, view or OPENS, unknown=unknown, **options)

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, resume: bool = False
    ) -> None:
        """Write the model, atomically.

        overwrite: replace a file that exists.
        resume: also write, beside it, what `load(..., resume=True)` needs to resume the fit.

        Raises
        ------
        CheckpointError
            There is a file already, or it cannot be written.
        ConfigError
            There is no fit to resume.
        """
        path = Path(path)
        if resume and self._state is None:
            raise ConfigError(
                "resume: there is no fit to resume; save without it, or call fit before"
            )
        there = [place for place in (path, resume_path(path)) if os.path.lexists(place)]
        if there and not overwrite:
            raise CheckpointError(
                f"{printable(there[0])}: exists already; choose another name, or replace it with "
                f"save(..., overwrite=True)"
            )
        if self._pairs is not None:
            save_pairs(path, self._pairs)
        else:
            files.save(path, self.checkpoint)
        if resume and self._state:
            save_state(resume_path(path), *self._state)
        else:  # of another run, and no longer of the model that is here
            resume_path(path).unlink(missing_ok=True)

    def _limit(self, threads: int | None) -> Limit:
        network = self.network if self._pairs is None else self._pairs.network
        size = network.params.flat.nbytes
        return Limit(_threads(threads, threads_for(size)))


def load(path: str | os.PathLike[str], *, resume: bool = False) -> CharRNN:
    """Return the model that a checkpoint holds.

    resume: also load the fit that has written it, for `fit(text, resume=True)`.

    Raises
    ------
    CheckpointError
        It is no checkpoint, damaged, newer than this program, or contradicts itself; or what is
        needed to resume is not beside it.
    """
    if is_of_pairs(Path(path)):
        if resume:
            raise ConfigError("resume: a fit of pairs is resumed by `charrnn train --resume`")
        pairs = load_pairs(Path(path))
        model = CharRNN(pairs.network.config.cell)
        model._pairs = pairs
        return model
    found = files.load(Path(path))
    network = asdict(found.network.config)
    del network["vocabulary_size"]
    model = CharRNN(**network)  # fit() trains a new network of the same kind
    model._checkpoint = found
    if resume:
        beside = resume_path(Path(path))
        model._state = load_run(beside)
        check_one_run(beside, model.checkpoint.training, model._state[1])
    return model


@contextmanager
def _shown(progress: bool | Follow | None, already: float) -> Iterator[Follow]:
    """Yield what is called after every step: the caller's function, a progress bar, or nothing."""
    if callable(progress):
        yield progress
    elif is_watched() if progress is None else progress:
        with bar(already) as move:
            yield lambda step: move(step.fraction, _in_words(step), step.note or "")
    else:
        yield lambda _: None


def _check_names(function: str, options: dict[str, Any], dataclass: Any) -> None:
    """Check that all options are fields of a dataclass.

    Raises
    ------
    ConfigError
        One is none.
    """
    known = {field.name for field in fields(dataclass)}
    if unknown := sorted(set(options) - known):
        raise ConfigError(f"{function}: {unknown[0]} is none of {', '.join(sorted(known))}")


def _in_words(step: Progress) -> str:
    best = f", best {step.best:.3f}" if step.best < float("inf") else ""
    return f"step {step.step}, loss {step.loss:.3f}{best} nats"


def _copied(state: State) -> State:
    arrays, meta = state
    return {name: array.copy() for name, array in arrays.items()}, meta


def _threads(given: int | None, default: int) -> int | None:
    """Return how many threads to use; None if the environment sets it.

    Raises
    ------
    ConfigError
        It is no number of threads.
    """
    if given is None:
        return None if in_environment() else default
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ConfigError(f"threads: {given!r:.40} is not a whole number of at least 1")
    return given
