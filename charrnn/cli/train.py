"""`charrnn train`: fit a network to a text."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from charrnn.cli.numbers import number, whole_number
from charrnn.cli.signals import stopping
from charrnn.cli.threads import use_threads
from charrnn.cli.values import duration
from charrnn.errors import CheckpointError, ConfigError
from charrnn.network.config import CellName
from charrnn.training.config import Choices

if TYPE_CHECKING:
    from charrnn.text.reading import Corpus
    from charrnn.training.run import Run
    from charrnn.training.trainer import Progress

FOLDER = Path("checkpoints")
BY_SIZE = "by the size of the text"

TEXT, NETWORK, TRAINING, BUDGET, OUTPUT = "Text", "Network", "Training", "Budget", "Output"

DEFAULT = Choices()


def train(  # noqa: PLR0917
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CORPUS",
            help="Files, folders or patterns; .gz, .bz2 and .xz are unpacked; - is standard input.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="Where to save the model.",
            show_default=f"{FOLDER}/NAME.npz",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace a model that is there already.", rich_help_panel=OUTPUT
        ),
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL",
            help="Go on with the run that wrote this model, as if it had never stopped.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and stop.", rich_help_panel=OUTPUT)
    ] = False,
    samples: Annotated[
        bool,
        typer.Option(
            "--samples/--no-samples",
            help="Show now and then what it writes.",
            rich_help_panel=OUTPUT,
        ),
    ] = True,
    log_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the run as lines of JSON.", rich_help_panel=OUTPUT
        ),
    ] = None,
    encoding: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How the text is encoded; a byte order mark is recognised.",
            rich_help_panel=TEXT,
        ),
    ] = "utf-8",
    errors: Annotated[
        Literal["strict", "replace"],
        typer.Option(
            help="What becomes of bytes that are not in that encoding.", rich_help_panel=TEXT
        ),
    ] = "strict",
    as_bytes: Annotated[
        bool,
        typer.Option("--bytes", help="Learn bytes: 256 symbols, any file.", rich_help_panel=TEXT),
    ] = False,
    val_split: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="SHARE",
            help="How much, at the end, is kept back for validation.",
            rich_help_panel=TEXT,
        ),
    ] = DEFAULT.val_split,
    cell: Annotated[
        CellName, typer.Option(help="The recurrent cell.", rich_help_panel=NETWORK)
    ] = DEFAULT.cell,
    hidden_size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="H",
            help="Units a layer.",
            show_default=BY_SIZE,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    num_layers: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="L",
            help="Layers.",
            show_default=BY_SIZE,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    embedding_size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="E",
            help="Learned vector for a character; 0 is one-hot.",
            show_default="by the vocabulary",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="SHARE",
            help="Dropped between layers and before the output.",
            show_default=BY_SIZE,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="B",
            help="Sequences read side by side.",
            show_default=BY_SIZE,
            rich_help_panel=TRAINING,
        ),
    ] = None,
    seq_length: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="T",
            help="Steps of backpropagation through time.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.seq_length,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="RATE",
            help="At its highest.",
            show_default=BY_SIZE,
            rich_help_panel=TRAINING,
        ),
    ] = None,
    weight_decay: Annotated[
        float,
        typer.Option(
            parser=number, metavar="RATE", help="Of AdamW, for matrices.", rich_help_panel=TRAINING
        ),
    ] = DEFAULT.weight_decay,
    grad_clip: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="NORM",
            help="Largest norm of a gradient; 0 is off.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.grad_clip,
    seed: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Of all that is random.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.seed,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Processes that share a batch.",
            show_default="by cores and work",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    threads: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Threads of a matrix product in one process.",
            rich_help_panel=TRAINING,
        ),
    ] = 1,
    epochs: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="N",
            help="Times to read the text.",
            show_default="about 5 million characters",
            rich_help_panel=BUDGET,
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option(
            parser=whole_number, metavar="N", help="Steps to take.", rich_help_panel=BUDGET
        ),
    ] = None,
    max_time: Annotated[
        float | None,
        typer.Option(
            parser=duration,
            metavar="TIME",
            help="Time to take, as in 60s, 10m or 1h30m.",
            rich_help_panel=BUDGET,
        ),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Stop after so many evaluations without a better one; 0 never.",
            rich_help_panel=BUDGET,
        ),
    ] = DEFAULT.patience,
    evaluations: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="How many evaluations a run has.",
            rich_help_panel=BUDGET,
        ),
    ] = DEFAULT.evaluations,
) -> None:
    """Train a network on a text and save it as one .npz file.

    Without a budget it reads some five million characters. Ctrl-C stops after the step, saves,
    and tells how to go on.

    Example: charrnn train book.txt --max-time 10m
    """
    if threads < 1:
        raise ConfigError(f"--threads: {threads} is less than 1")
    use_threads(threads)

    from charrnn.text.reading import read_corpus
    from charrnn.training.run import Run, text_of

    sources = corpus or []
    if resume and not corpus:
        sources, encoding, as_bytes = text_of(resume)
    text = read_corpus(sources, encoding=encoding, errors=errors, as_bytes=as_bytes)
    if resume:
        budget = {"epochs": epochs, "max_steps": max_steps, "max_time": max_time}
        run = Run.resume(text, resume, {name: value for name, value in budget.items() if value})
    else:
        choices = Choices(
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            embedding_size=embedding_size,
            dropout=dropout,
            batch_size=batch_size,
            seq_length=seq_length,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            grad_clip=grad_clip,
            val_split=val_split,
            evaluations=evaluations,
            patience=patience,
            seed=seed,
            workers=workers,
            epochs=epochs,
            max_steps=max_steps,
            max_time=max_time,
        )
        run = Run.begin(text, choices, as_bytes=as_bytes)
    path = _destination(out, resume, text, overwrite=overwrite)
    _train(run, path, dry_run=dry_run, samples=samples, log_file=log_file)


def _destination(
    out: Path | None, resume: Path | None, corpus: "Corpus", *, overwrite: bool
) -> Path:
    """Return where to save: as asked, or a name that is still free."""
    from charrnn.checkpoint.checkpoint import RESUME_SUFFIX, model_path

    if out is None and resume is not None:
        return model_path(resume)
    if out is not None:
        if out.name.endswith(RESUME_SUFFIX) or out.suffix != ".npz":
            raise ConfigError(f"--out: {out} does not end in .npz; name it {out.stem}.npz")
        if out.exists() and not overwrite and out != resume:
            raise CheckpointError(
                f"{out}: exists already; choose another --out, replace it with --overwrite, or go "
                f"on with it by --resume {out}"
            )
        return out
    name = corpus.sources[0].name
    stem = "corpus" if name == "-" else Path(name).name.split(".")[0] or "corpus"
    candidates = (
        FOLDER / f"{stem}{suffix}.npz" for suffix in ("", *(f"-{k}" for k in range(2, 10**4)))
    )
    return next(path for path in candidates if overwrite or not path.exists())


def _train(run: "Run", path: Path, *, dry_run: bool, samples: bool, log_file: Path | None) -> None:
    from charrnn.checkpoint.atomic import Lock, check_writable, remove_stale_temporaries
    from charrnn.display.console import notes
    from charrnn.display.plan import show_plan

    if not dry_run:
        check_writable(path)
    show_plan(run.plan(), tuple(source.name for source in run.corpus.sources), notes())
    if dry_run:
        return
    with Lock(path):
        remove_stale_temporaries(path)
        stopped = _go(run, path, samples=samples, log_file=log_file)
    if stopped:
        raise typer.Exit(128 + stopped)


def _go(run: "Run", path: Path, *, samples: bool, log_file: Path | None) -> int | None:
    """Train to the end, or to the first signal; return the signal, if there was one."""
    from charrnn.display.console import notes
    from charrnn.display.ending import show_end, show_stop
    from charrnn.display.progress import TrainingProgress
    from charrnn.training.log import RunLog
    from charrnn.training.saving import Saving

    trainer, saving = run.trainer, Saving(run, path)
    log = RunLog(log_file, trainer.now.step) if log_file else nullcontext()
    with stopping() as stop, log as lines:
        with TrainingProgress(trainer.fraction()) as shown:
            for progress in trainer.run():
                shown.show(progress)
                if lines:
                    lines.progress(progress)
                if warning := saving.after(progress):
                    shown.line(f"warning: {warning}")
                if samples and _sample_due(run, progress):
                    shown.line(_write_sample(run, 160).rstrip() + "\n")
                if stop.requested:
                    break
        saving.state()
        if stop.requested:
            run.save(path)
            show_stop(trainer.now, path, notes())
            return int(stop.requested)
        run.conclude("patience ran out" if trainer.fraction() < 1 else "its budget was used up")
        run.save(path)
        checkpoint = run.checkpoint()
        if lines:
            lines.write("end", step=trainer.now.step, val_loss=checkpoint.training.val_loss)
    show_end(checkpoint, path, _write_sample(run, 280), notes())
    return None


def _sample_due(run: "Run", progress: "Progress") -> bool:
    """Tell whether a sample is due: at every fifth evaluation but the last."""
    evaluated = progress.evaluation is not None and len(run.trainer.now.history) % 5 == 0
    return evaluated and progress.fraction < 1


def _write_sample(run: "Run", length: int) -> str:
    import numpy as np

    from charrnn.sampling.config import SamplingConfig
    from charrnn.sampling.sample import stream

    rng = np.random.default_rng(run.trainer.config.seed)
    config = SamplingConfig(length=length)
    none = run.train[:0]
    return "".join(stream(run.trainer.network, run.vocabulary, none, config, rng))
