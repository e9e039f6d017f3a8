"""`charrnn train`: fit a network to a text."""

import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from charrnn.cli import values
from charrnn.cli.completion import complete_run
from charrnn.cli.help import Alias
from charrnn.cli.messages import note
from charrnn.cli.numbers import number, whole_number
from charrnn.cli.threads import use_threads
from charrnn.cli.values import duration
from charrnn.errors import ConfigError
from charrnn.network.config import CellName
from charrnn.training.config import Choices

BY_SIZE = "by the size of the text"

TEXT, NETWORK, TRAINING, BUDGET, OUTPUT = "Text", "Network", "Training", "Budget", "Output"

DEFAULT = Choices()


def train(  # noqa: PLR0917
    ctx: typer.Context,
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            parser=values.source,
            metavar="[CORPUS]...",
            help="Files, folders or patterns, .docx and .epub too; .gz, .bz2 and .xz are "
            "unpacked; - is standard input.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            Alias("--output"),
            parser=values.output,
            metavar="FILE",
            help="Where to save the model.",
            show_default="checkpoints/NAME.npz",
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
            autocompletion=complete_run,
            metavar="MODEL",
            help="Go on with the run that wrote this model, as if it had never stopped; CORPUS may "
            "be left out.",
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
            help="Show now and then what the network writes.",
            rich_help_panel=OUTPUT,
        ),
    ] = True,
    plot: Annotated[
        bool,
        typer.Option(
            "--plot/--no-plot",
            help="Draw the losses above the bar, on a terminal.",
            rich_help_panel=OUTPUT,
        ),
    ] = True,
    log_file: Annotated[
        Path | None,
        typer.Option(
            parser=values.output,
            metavar="FILE",
            help="Write the run as lines of JSON; - is standard output.",
            rich_help_panel=OUTPUT,
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
        typer.Option(
            "--bytes",
            help="Learn bytes, not characters: 256 symbols, any file.",
            rich_help_panel=TEXT,
        ),
    ] = False,
    max_bytes: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="The most to read, after unpacking.",
            show_default="2 GiB",
            rich_help_panel=TEXT,
        ),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Read this column of .csv and .tsv, this field of .jsonl and .json.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    extract: Annotated[
        bool,
        typer.Option(
            "--extract/--no-extract",
            help="Read the text in .html, .srt, .vtt and .ipynb, not the file as it stands.",
            rich_help_panel=TEXT,
        ),
    ] = True,
    val_split: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="SHARE",
            help="How much is kept back for validation; 200,000 characters at most.",
            rich_help_panel=TEXT,
        ),
    ] = DEFAULT.val_split,
    use_all: Annotated[
        bool,
        typer.Option(
            "--use-all",
            help="In the end, when the loss is measured, learn what was kept back too.",
            rich_help_panel=TEXT,
        ),
    ] = False,
    cell: Annotated[
        CellName, typer.Option(help="The recurrent cell.", rich_help_panel=NETWORK)
    ] = DEFAULT.cell,
    hidden_size: Annotated[
        int | None,
        typer.Option(
            "--hidden-size",
            Alias("--hidden"),
            Alias("--rnn-size"),
            parser=whole_number,
            metavar="H",
            help="Hidden units in each layer.",
            show_default=BY_SIZE,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    num_layers: Annotated[
        int | None,
        typer.Option(
            "--num-layers",
            Alias("--layers"),
            parser=whole_number,
            metavar="L",
            help="Layers, each reading the one below.",
            show_default=BY_SIZE,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    embedding_size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="E",
            help="Size of the learned vector of each character; 0 is one-hot.",
            show_default="by the vocabulary",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="SHARE",
            help="How much is dropped between layers and before the output.",
            show_default=BY_SIZE,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="B",
            help="Windows read side by side in a step.",
            show_default=BY_SIZE,
            rich_help_panel=TRAINING,
        ),
    ] = None,
    seq_length: Annotated[
        int,
        typer.Option(
            "--seq-length",
            Alias("--seq-len"),
            parser=whole_number,
            metavar="T",
            help="Characters in a window: steps of backpropagation through time.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.seq_length,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate",
            Alias("--lr"),
            parser=number,
            metavar="RATE",
            help="The learning rate at its highest; it rises to that and falls.",
            show_default=BY_SIZE,
            rich_help_panel=TRAINING,
        ),
    ] = None,
    weight_decay: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="RATE",
            help="Weight decay of AdamW, of matrices only.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.weight_decay,
    grad_clip: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="NORM",
            help="Shrink a gradient to this norm if it is larger; 0 is off.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.grad_clip,
    restart: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="SHARE",
            help="How many of the sequences begin from another state before each window.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.restart,
    average: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="SHARE",
            help="Average the parameters over this share of the steps so far; 0 is off.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.average,
    seed: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="The seed of all that is random.",
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
            help="Threads of a matrix product in each process.",
            rich_help_panel=TRAINING,
        ),
    ] = 1,
    sampled_softmax: Annotated[
        int,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Estimate the training loss from N characters drawn at random, beside those of "
            "the window: pays from some thousand distinct characters on; 0 is exact.",
            rich_help_panel=TRAINING,
        ),
    ] = DEFAULT.sampled_softmax,
    epochs: Annotated[
        float | None,
        typer.Option(
            "--epochs",
            Alias("--num-epochs"),
            parser=number,
            metavar="N",
            help="Stop after reading the text so many times.",
            show_default="by the size of the text",
            rich_help_panel=BUDGET,
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Stop after so many steps.",
            rich_help_panel=BUDGET,
        ),
    ] = None,
    max_time: Annotated[
        float | None,
        typer.Option(
            parser=duration,
            metavar="TIME",
            help="Stop after so long, as in 60s, 10m or 1h30m; the size of the network follows.",
            rich_help_panel=BUDGET,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="As --max-time 1m: a text to look at.", rich_help_panel=BUDGET
        ),
    ] = False,
    best: Annotated[
        bool,
        typer.Option(
            "--best", help="As --max-time 1h: the best text of an hour.", rich_help_panel=BUDGET
        ),
    ] = False,
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
            help="How many times a run is evaluated.",
            rich_help_panel=BUDGET,
        ),
    ] = DEFAULT.evaluations,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile", help="Show at the end where the time went.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:
    """Train a network on a text and save it as one .npz file.

    Without a budget it reads a text of a megabyte three times, and smaller ones more often; of
    several budgets the first to be used up ends it. Ctrl-C stops after the step, saves, and says
    how to go on.

    Example: charrnn train book.txt --max-time 10m
    """
    if threads < 1:
        raise ConfigError(f"{threads} is less than 1", argument="threads")
    if max_bytes is not None and max_bytes < 1:
        raise ConfigError(
            f"{max_bytes} is less than 1; leave it out for 2 GiB", argument="max_bytes"
        )
    use_threads(threads)

    from charrnn.checkpoint.finding import find_run
    from charrnn.cli.train.destination import (
        check_log,
        destination,
        held,
        refuse_to_replace,
        spared_by,
    )
    from charrnn.cli.train.retyped import Retyped
    from charrnn.cli.train.session import Shown, go, plan
    from charrnn.cli.train.start import check, go_on, only_what_may_change, text_to_go_on
    from charrnn.text.corpus import read_corpus
    from charrnn.text.read_as import ReadAs
    from charrnn.text.sources import MAX_BYTES
    from charrnn.training.identity import digest
    from charrnn.training.run import Run

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
        restart=restart,
        average=average,
        val_split=val_split,
        evaluations=evaluations,
        patience=patience,
        seed=seed,
        workers=workers,
        epochs=epochs,
        max_steps=max_steps,
        max_time=time_of(max_time, quick=quick, best=best),
        sampled_softmax=sampled_softmax,
        use_all=use_all,
    )
    check(choices)
    typed = typed_options(ctx)
    if resume:
        only_what_may_change(typed)
        resume = find_run(resume)
    most = MAX_BYTES if max_bytes is None else max_bytes
    sources = corpus or []
    read_as = ReadAs(encoding, errors, as_bytes, most, field, extract)
    if resume:
        sources, read_as = text_to_go_on(resume, sources, read_as, typed)
    if not sources:
        raise ConfigError("no text is named; name a file, a folder or - for standard input")
    path = destination(out, resume, sources, overwrite=overwrite)
    spared = None if out or resume else spared_by(path, sources[0])
    check_log(log_file, path, sources, resume, overwrite=overwrite)
    if "-" in sources and sys.stdin is not None and sys.stdin.isatty():
        note("reading the text from this terminal; end it with Ctrl-D")
    with ExitStack() as stack:
        if resume and not dry_run:
            stack.enter_context(held(path))
        text = read_corpus(sources, **asdict(read_as))
        run = go_on(text, resume, choices, typed) if resume else Run.begin(text, choices)
        stack.callback(run.trainer.learner.close)
        if not (resume or dry_run):
            stack.enter_context(held(path))
            if not overwrite:  # somebody else may have been quicker
                refuse_to_replace(path)
        if dry_run:
            plan(run, path, spared)
            return
        run.replaces = digest(path) if overwrite else run.replaces
        wanted = Shown(samples, plot, profile, log_file)
        code = go(run, path, wanted, Retyped(ctx, typed, sources, run), spared)
    raise typer.Exit(code)


def time_of(max_time: float | None, *, quick: bool, best: bool) -> float | None:
    """Return the seconds that a run may take, by whichever of the three options was given.

    Raises
    ------
    ConfigError
        More than one was.
    """
    given = {"--max-time": max_time, "--quick": 60.0 * quick, "--best": 3600.0 * best}
    chosen = {option: seconds for option, seconds in given.items() if seconds}
    if len(chosen) > 1:
        raise ConfigError(f"{' and '.join(chosen)} are times both; give one of them")
    return next(iter(chosen.values()), None)


def typed_options(ctx: typer.Context) -> set[str]:
    """Return the names of the parameters that were given, and do not only have a default."""
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    return {name for name, source in sources.items() if source and source.name != "DEFAULT"}
