"""`charrnn sample`: text from a trained network, on standard output and nothing else there."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.checkpoint.description import is_of_pairs
from charrnn.checkpoint.paths import ENDING, FOLDER
from charrnn.cli.completion import complete_model
from charrnn.cli.from_fields import takes, typed_options
from charrnn.cli.messages import note
from charrnn.cli.models import chosen_model
from charrnn.cli.replacing import check_not_read
from charrnn.cli.sample.copies import searched, watched
from charrnn.cli.sample.escapes import as_meant, unescaped
from charrnn.cli.sample.going_on import check_going_on, going_on, keep
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.sample.outputs import check_new, opened, writer_of
from charrnn.cli.sample.prompt import Prompt, encode, prompt_of, typed
from charrnn.cli.sample.samples import make, stops_meant, write
from charrnn.errors import ConfigError
from charrnn.option_fields import own_name
from charrnn.sampling.config import ENDLESS, STEERING, SamplingConfig
from charrnn.system.blas import threads_for, use_threads
from charrnn.terminal.commands import command_line, quoted
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.text.vocabulary import Vocabulary


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
    if options.interactive:
        from charrnn.cli.sample.interactive.session import check_typed

        check_typed(options)
    if options.replay is not None:
        from charrnn.cli.sample.replay import replay

        replay(options.replay, model, config, options)
        return
    check_not_read("--output", options.output, [options.prompt_file, model, *options.check_copies])
    path = chosen_model(model, f"a prompt is given as -p {quoted(str(model))}")
    check_not_read("--output", options.output, [path])
    if is_of_pairs(path):
        from charrnn.cli.sample.answering import answer

        answer(path, config, options, typed_options(ctx))
        return
    check_going_on(options, config, path)
    alone = options.show_probs or config.is_whole or config.length == ENDLESS
    together = options.num_samples > 1 and not alone
    # Together, each core has samples of its own.
    use_threads(1 if together else threads_for(path.stat().st_size))
    from charrnn.checkpoint.checkpoint import load, this_program
    from charrnn.checkpoint.digest import digest

    checkpoint = load(path)
    copied, index = ctx.with_resource(
        searched(options.check_copies, path, checkpoint, by_samplers=config.no_copy > 0)
    )
    config = meant(config, checkpoint.vocabulary, raw=options.raw)
    if options.interactive:
        from charrnn.cli.sample.interactive.session import complete

        complete(checkpoint, replace(config, corpus_index=index), options)
        return
    given = prompt_of(options.prompt, options.prompt_file, options.encoded, checkpoint)
    ids = encode(given, checkpoint.vocabulary, options.unknown)
    if config.asks:  # what cannot be is said before the first character
        from charrnn.sampling.constraints.of_options import constraint_of

        constraint_of(config, checkpoint.vocabulary, ids[None])
    seed = chosen_seed(options, given, path if model is None else None)
    model_hash = digest(path) if options.as_json or options.goes_on else ""
    about = {
        "model": path.name,
        "model_sha256": model_hash,
        "prompt": given.text,
        "seed": seed,
        "num_samples": options.num_samples,
        "state_in_sha256": digest(options.state_in) if options.state_in else None,
        "params": asdict(config) | {"unknown": options.unknown},
        "versions": this_program(),
    }
    # The path of the index is not written out: it may be temporary.
    config = replace(config, corpus_index=index)
    writer = partial(writer_of, options, config, checkpoint.vocabulary, given.data, ids, about)
    with opened(options, writer) as stream:
        output = watched(stream, copied) if options.check_copies else stream
        if options.goes_on:
            text = going_on(checkpoint, ids, config, seed, model_hash, options)
            try:
                write(iter([[text]]), output)
            finally:
                keep(text, options.state_out, model_hash)
            return
        made = make(
            checkpoint,
            ids,
            config,
            seed,
            options.num_samples,
            together=together,
            scored=options.as_json,
            recorded=options.show_probs,
        )
        write(made, output, options.num_samples)


def meant(config: SamplingConfig, vocabulary: "Vocabulary", *, raw: bool) -> SamplingConfig:
    """Return the options with what was typed as an escape."""
    return replace(
        config,
        stop=stops_meant(config.stop, vocabulary),
        dry_sequence_breaker=tuple(map(unescaped, config.dry_sequence_breaker)),
        must=tuple(as_meant(text, "--must", vocabulary) for text in config.must),
        forbid=tuple(as_meant(text, "--forbid", vocabulary) for text in config.forbid),
        template=config.template and as_meant(config.template, "--template", vocabulary),
        infill=config.infill and as_meant(config.infill, "--infill", vocabulary),
        utf8=not raw,
    )


def chosen_seed(options: SampleOptions, given: Prompt, newest: Path | None) -> int:
    """Return the seed, and show how the same text is written again.

    newest: the model, if it was not named.
    """
    import secrets

    seed = secrets.randbits(32) if options.seed is None else options.seed
    is_drawn = options.seed is None and options.state_in is None
    added = [str(newest)] if newest else []
    added += ["--seed", str(seed)] if is_drawn else []
    again, prompted = command_line(added), str(options.prompt_file or STANDARD_INPUT)
    again += " < PROMPT" if given.once and prompted == STANDARD_INPUT else ""
    provided = f", given {prompted} anew" if given.once and prompted != STANDARD_INPUT else ""
    numbers = "" if options.state_in else f"seed {seed}; "
    # Quoted, and never cut short.
    typer.echo(f"{numbers}the same again{provided}: {again}", err=True)
    return seed


def check(options: SampleOptions, config: SamplingConfig) -> None:
    """Check texts and files before a model is read.

    Raises
    ------
    ConfigError
        There are two prompts, a text was no UTF-8, a model would be written over, or copies are
        searched in standard input.
    """
    taken = (options.prompt, options.prompt_file, options.seed, options.state_in, options.state_out)
    if options.replay is not None and any(value is not None for value in taken):
        raise ConfigError("--replay takes prompt and seed from the file; leave them out")
    if options.prompt is not None and options.prompt_file is not None:
        raise ConfigError("--prompt and --prompt-file both give a prompt; leave one of them out")
    if 1 < config.num_beams < options.num_samples:
        raise ConfigError(
            f"--num-samples: {config.num_beams} beams find no more than {config.num_beams} texts; "
            f"give --num-beams {options.num_samples}"
        )
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
    check_new(options)
    if options.separator is not None and (options.as_json or options.show_probs):
        note("--separator stands between texts only; it is not used")
