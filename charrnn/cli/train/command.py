"""`charrnn train`: fit a network to a text."""

import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from typing import Annotated

import typer

from charrnn.checkpoint.paths import expanded
from charrnn.cli.completion import complete_corpus
from charrnn.cli.from_fields import takes, typed_options
from charrnn.cli.messages import note
from charrnn.cli.train.options import MachineOptions, OutputOptions
from charrnn.errors import CheckpointError, ConfigError
from charrnn.system.blas import use_threads
from charrnn.text.read_as import ReadAs
from charrnn.training.options import TrainOptions
from charrnn.training.pairs.options import PairOptions, check_pairs


@takes(
    {"threads": "workers", "quick": "max_time", "best": "quick"},
    output=OutputOptions,
    read_as=ReadAs,
    pair_options=PairOptions,
    options=TrainOptions,
    machine=MachineOptions,
)
def train(
    ctx: typer.Context,
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            parser=expanded,
            metavar="[CORPUS]...",
            help="Files, folders or patterns, .docx and .epub too; .gz, .bz2 and .xz are "
            "unpacked; - is standard input.",
            show_default=False,
            autocompletion=complete_corpus,
        ),
    ] = None,
    *,
    output: OutputOptions,
    read_as: ReadAs,
    pair_options: PairOptions,
    options: TrainOptions,
    machine: MachineOptions,
) -> None:
    """Train a network on a text and save it as one .npz file.

    Without a budget it reads a text of a megabyte three times, and smaller ones more often; of
    several budgets the first to be used up ends it. Ctrl-C stops after the step, saves, and says
    how to resume.

    Example: charrnn train book.txt --max-time 10m
    """
    use_threads(machine.threads)

    from charrnn.checkpoint.digest import digest
    from charrnn.checkpoint.finding import find_run
    from charrnn.cli.train.destination import (
        check_log,
        destination,
        locked,
        path_passed_over,
        refuse_to_replace,
    )
    from charrnn.cli.train.resume import (
        reject_fixed_options,
        resume_run,
        text_to_resume,
    )
    from charrnn.cli.train.retyped import Retyped
    from charrnn.cli.train.session import display_of, run_session
    from charrnn.text.corpus import read_corpus
    from charrnn.training.pairs.run import PairRun
    from charrnn.training.text_run import TextRun

    options = replace(options, max_time=machine.max_time(options.max_time))
    typed, sources, resume = typed_options(ctx), corpus or [], output.resume
    check_pairs(pair_options, typed)
    if resume:
        reject_fixed_options(typed)
        resume = find_run(resume)
        sources, read_as = text_to_resume(resume, sources, read_as, typed)
    if not sources:
        raise ConfigError("no text is named; name a file, a folder or - for standard input")
    path = destination(output.out, resume, sources, overwrite=output.overwrite)
    spared = None if output.out or resume else path_passed_over(path, sources[0])
    check_log(output.log_file, path, sources, resume, overwrite=output.overwrite)
    if "-" in sources and sys.stdin is not None and sys.stdin.isatty():
        note("reading the text from this terminal; end it with Ctrl-D")
    with ExitStack() as stack:
        if resume and not output.dry_run:
            stack.enter_context(locked(path))
        text = read_corpus(sources, **asdict(read_as))
        run = (
            resume_run(text, resume, options, typed)
            if resume
            else PairRun.begin(text, pair_options, options)
            if pair_options.pairs
            else TextRun.begin(text, options)
        )
        stack.callback(run.trainer.learner.close)
        if not (resume or output.dry_run):
            stack.enter_context(locked(path))
            if not output.overwrite:  # another process may have been quicker
                refuse_to_replace(path)
        if output.dry_run:
            display_of(run).plan(path, spared)
            return
        if output.overwrite:
            with suppress(CheckpointError):  # there is none, or none that can be read
                run.replaces = digest(path)
        code = run_session(run, path, output, Retyped(ctx, typed, sources, run), spared)
    raise typer.Exit(code)
