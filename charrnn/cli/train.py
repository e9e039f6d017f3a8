"""`charrnn train`: fit a network to a text."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.signals import stopping
from charrnn.cli.values import duration
from charrnn.errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    from charrnn.text.reading import Corpus
    from charrnn.training.run import Run
    from charrnn.training.trainer import Progress

FOLDER = Path("checkpoints")


class CellChoice(StrEnum):
    """The cells, as an option's values."""

    rnn = "rnn"
    lstm = "lstm"
    gru = "gru"


INPUT, MODEL, FITTING, BUDGET, OUTPUT = "Text", "Network", "Training", "Budget", "Output"


def train(  # noqa: PLR0917
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders or patterns; .gz, .bz2 and .xz are unpacked; - is standard input."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Where to save. [default: checkpoints/NAME.npz]",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing model.", rich_help_panel=OUTPUT)
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Go on with the run that wrote this model, as if it had never stopped.",
            metavar="MODEL",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and stop.", rich_help_panel=OUTPUT)
    ] = False,
    samples: Annotated[
        bool, typer.Option(help="Show what it writes now and then.", rich_help_panel=OUTPUT)
    ] = True,
    log_file: Annotated[
        Path | None,
        typer.Option(
            help="Write the run as lines of JSON.", metavar="FILE", rich_help_panel=OUTPUT
        ),
    ] = None,
    encoding: Annotated[
        str,
        typer.Option(help="Of the text; a byte order mark is recognised.", rich_help_panel=INPUT),
    ] = "utf-8",
    errors: Annotated[
        str,
        typer.Option(help="strict, or replace what cannot be decoded.", rich_help_panel=INPUT),
    ] = "strict",
    as_bytes: Annotated[
        bool,
        typer.Option("--bytes", help="Learn bytes: 256 symbols, any file.", rich_help_panel=INPUT),
    ] = False,
    val_split: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.9,
            help="Share kept back for validation, at the end.",
            rich_help_panel=INPUT,
        ),
    ] = 0.1,
    cell: Annotated[
        CellChoice, typer.Option(help="The recurrent cell.", rich_help_panel=MODEL)
    ] = CellChoice.lstm,
    hidden_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Units a layer. [default: by size of text]", rich_help_panel=MODEL
        ),
    ] = None,
    num_layers: Annotated[
        int | None,
        typer.Option(min=1, help="Layers. [default: by size of text]", rich_help_panel=MODEL),
    ] = None,
    embedding_size: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Learned vector a character; 0 is one-hot. [default: by size of vocabulary]",
            rich_help_panel=MODEL,
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.95,
            help="Share dropped between layers and before the output. [default: by size of text]",
            rich_help_panel=FITTING,
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Sequences read side by side. [default: by size of text]",
            rich_help_panel=FITTING,
        ),
    ] = None,
    seq_length: Annotated[
        int,
        typer.Option(min=1, help="Steps of backpropagation through time.", rich_help_panel=FITTING),
    ] = 64,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=10,
            help="At its highest. [default: by size of text]",
            rich_help_panel=FITTING,
        ),
    ] = None,
    weight_decay: Annotated[
        float, typer.Option(min=0, max=0.9, help="Of AdamW.", rich_help_panel=FITTING)
    ] = 0.01,
    grad_clip: Annotated[
        float,
        typer.Option(min=0, help="Largest norm of a gradient; 0 is off.", rich_help_panel=FITTING),
    ] = 1.0,
    seed: Annotated[
        int, typer.Option(min=0, help="Of all randomness.", rich_help_panel=FITTING)
    ] = 0,
    epochs: Annotated[
        float | None, typer.Option(min=0, help="Times to read the text.", rich_help_panel=BUDGET)
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option(min=1, help="Steps to take.", rich_help_panel=BUDGET)
    ] = None,
    max_time: Annotated[
        float | None,
        typer.Option(
            parser=duration,
            metavar="TIME",
            help="Time to take, as in 60s, 10m, 1h30m.",
            rich_help_panel=BUDGET,
        ),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(
            min=0,
            help="Stop after so many evaluations without a better one; 0 never.",
            rich_help_panel=BUDGET,
        ),
    ] = 8,
    evaluations: Annotated[
        int, typer.Option(min=1, help="How many evaluations a run has.", rich_help_panel=BUDGET)
    ] = 25,
) -> None:
    """Train a network on a text and save it as one .npz file.

    Without a budget it reads some five million characters. Ctrl-C stops after the step, saves,
    and tells how to go on.

    Example: charrnn train book.txt --max-time 10m
    """
    from charrnn.text.reading import read_corpus
    from charrnn.training.run import Choices, Run, text_of

    if errors not in ("strict", "replace"):
        raise ConfigError(f"--errors: {errors!r} is neither strict nor replace")
    budget = {"epochs": epochs, "max_steps": max_steps, "max_time": max_time}
    sources = corpus or []
    if resume and not corpus:
        sources, encoding, as_bytes = text_of(resume)
    text = read_corpus(sources, encoding=encoding, errors=errors, as_bytes=as_bytes)
    if resume:
        run = Run.resume(text, resume, {name: value for name, value in budget.items() if value})
    else:
        choices = Choices(
            cell=cell.value,
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
            **budget,
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
    from contextlib import nullcontext

    from charrnn.display.console import notes
    from charrnn.display.progress import TrainingProgress
    from charrnn.display.ending import show_end, show_stop
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
