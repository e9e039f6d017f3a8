"""`charrnn sample`: text from a trained network, on standard output and nothing else there."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from charrnn.checkpoint.paths import ENDING, FOLDER
from charrnn.cli.completion import complete_model
from charrnn.cli.from_fields import takes
from charrnn.cli.messages import note
from charrnn.cli.models import chosen_model
from charrnn.cli.replacing import check_not_read, check_output
from charrnn.cli.sample.copies import searched, watched
from charrnn.cli.sample.escapes import as_meant, unescaped
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.sample.prompt import encode, prompt_of, typed
from charrnn.cli.sample.samples import Output, between, make, stops_meant, write
from charrnn.cli.stdout import file_for, written_to
from charrnn.errors import ConfigError
from charrnn.option_fields import own_name
from charrnn.sampling.config import ENDLESS, STEERING, SamplingConfig
from charrnn.system.blas import threads_for, use_threads
from charrnn.terminal.commands import command_line, quoted
from charrnn.text.sources import STANDARD_INPUT


@takes(config=SamplingConfig, options=SampleOptions)
def sample(
    ctx: typer.Context,
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help=f"A model file, or its name in {FOLDER}/.",
            show_default=f"the newest in {FOLDER}/",
            autocompletion=complete_model,
        ),
    ] = None,
    *,
    config: SamplingConfig,
    options: SampleOptions,
) -> None:
    """Write text with a trained network.

    The text goes to standard output as it is made, and everything else to standard error.

    Example: charrnn sample --prompt "Once" --length 300
    """
    if ctx.args:
        raise ConfigError(
            f"{ctx.args[0]!r}: a prompt is given by an option: -p {quoted(' '.join(ctx.args))}"
        )
    check(options, config)
    check_not_read("--output", options.output, [options.prompt_file, model, *options.check_copies])
    check_output(options.output, overwrite=options.overwrite)
    if options.separator is not None and (options.as_json or options.show_probs):
        note("--separator stands between texts only; it is not used")

    path = chosen_model(model, f"a prompt is given as -p {quoted(str(model))}")
    check_not_read("--output", options.output, [path])
    alone = options.show_probs or config.is_whole or config.length == ENDLESS
    together = options.num_samples > 1 and not alone
    # Together, each core has samples of its own.
    use_threads(1 if together else threads_for(path.stat().st_size))
    from secrets import randbits

    from charrnn.checkpoint.checkpoint import load
    from charrnn.checkpoint.digest import digest
    from charrnn.sampling.constraints.of_options import constraint_of

    vocabulary = (checkpoint := load(path)).vocabulary
    copied, index = ctx.with_resource(
        searched(options.check_copies, path, checkpoint, by_samplers=config.no_copy > 0)
    )
    given = prompt_of(options.prompt, options.prompt_file, options.encoded, checkpoint)
    ids = encode(given, vocabulary, options.unknown)
    config = replace(
        config,
        stop=stops_meant(config.stop, vocabulary),
        dry_sequence_breaker=tuple(map(unescaped, config.dry_sequence_breaker)),
        must=tuple(as_meant(text, "--must", vocabulary) for text in config.must),
        forbid=tuple(as_meant(text, "--forbid", vocabulary) for text in config.forbid),
        template=config.template and as_meant(config.template, "--template", vocabulary),
        infill=config.infill and as_meant(config.infill, "--infill", vocabulary),
        utf8=not options.raw,
    )
    constraint_of(
        config, vocabulary, ids[None]
    )  # what cannot be is said before the first character
    seed = randbits(32) if options.seed is None else options.seed
    added = [str(path)] if model is None else []
    added += ["--seed", str(seed)] if options.seed is None else []
    again, prompted = command_line(added), str(options.prompt_file or STANDARD_INPUT)
    again += " < PROMPT" if given.once and prompted == STANDARD_INPUT else ""
    provided = f", given {prompted} anew" if given.once and prompted != STANDARD_INPUT else ""
    # Quoted, and never cut short.
    typer.echo(f"seed {seed}; the same again{provided}: {again}", err=True)

    about = {
        "model": path.name,
        "model_sha256": digest(path) if options.as_json else "",
        "prompt": given.text,
        "seed": seed,
        "params": asdict(config) | {"unknown": options.unknown},
    }
    writer: Output
    with written_to(file_for(options.output)):
        if options.as_json:
            from charrnn.cli.sample.show_json_lines import JsonLines

            shown = options.top if options.show_probs else 0
            writer = JsonLines(sys.stdout, vocabulary, about, shown)
        elif options.show_probs:
            from charrnn.cli.sample.show_candidates import CandidateTable
            from charrnn.terminal.console import results

            writer = CandidateTable(results(), vocabulary, ids, options.top)
        else:
            from charrnn.cli.sample.show_text import Writing

            before = given.data if options.echo else b""
            apart, last = between(options.separator, config, vocabulary, before)
            last = last if options.num_samples > 1 else b""
            writer = Writing(
                sys.stdout, vocabulary, before, raw=options.raw, separator=apart, last=last
            )
        # The path of the index is not written out: it may be temporary.
        sampling = replace(config, corpus_index=index)
        made = make(checkpoint, ids, sampling, seed, options.num_samples, together=together)
        write(made, watched(writer, copied) if options.check_copies else writer)


def check(options: SampleOptions, config: SamplingConfig) -> None:
    """Check texts and files before a model is read.

    Raises
    ------
    ConfigError
        There are two prompts, a text was no UTF-8, a model would be written over, or copies are
        searched in standard input.
    """
    if options.prompt is not None and options.prompt_file is not None:
        raise ConfigError("--prompt and --prompt-file both give a prompt; leave one of them out")
    typed(options.prompt or "", "--prompt")
    for text in config.stop:
        typed(text, "--stop")
    for text in config.dry_sequence_breaker:
        typed(text, "--dry-sequence-breaker")
    for name in STEERING:
        value = getattr(config, name)
        for text in (value,) if isinstance(value, str) else value or ():
            typed(text, own_name(name))
    if STANDARD_INPUT in options.check_copies:
        raise ConfigError("--check-copies: standard input is for the prompt; name a file")
    output = options.output
    if output is not None and output.suffix == ENDING:
        raise ConfigError(
            f"--output: {output} is the name of a model; name it {output.with_suffix('.txt')}"
        )
