"""`charrnn lab`: write a page that holds networks and runs them in a browser."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.checkpoint.paths import FOLDER
from charrnn.cli.completion import complete_model
from charrnn.cli.from_fields import takes
from charrnn.cli.inspect.given import Given, models_and_text, named_file, sources
from charrnn.cli.lab.options import LabOptions
from charrnn.cli.messages import note
from charrnn.cli.models import chosen_model
from charrnn.cli.reading import Encoded
from charrnn.cli.replacing import check_not_read, check_output
from charrnn.cli.stdout import deliver, file_for, standard_output
from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.plurals import counted
from charrnn.system.blas import threads_for, use_threads

if TYPE_CHECKING:
    from charrnn.array_types import Ids
    from charrnn.inspection.source import Source
    from charrnn.lab.data import Shown

WRITTEN = 600
"""Characters that the network writes where no text is given."""

LONGEST = 4_000
"""Characters of a text that the page opens with, at most."""


@takes(options=LabOptions)
def lab(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]... [TEXT]",
            help="A model file, or up to six; then a text that the page opens with, or - for "
            "standard input.",
            show_default=f"the newest model in {FOLDER}/",
            autocompletion=complete_model,
        ),
    ] = None,
    *,
    options: LabOptions,
) -> None:
    """Write a page that holds a network and runs it: to type into, step through, and take apart.

    For example: charrnn lab model.npz "But, soft!" --open
    """
    output = file_for(options.output)
    if options.open and output is None:
        raise ConfigError("--open shows a file; name one with --output")
    paths, text = models_and_text(arguments or [], has_text=options.file is not None, compares=True)
    if text is not None and options.file is not None:
        raise ConfigError("TEXT and --file each give a text; leave one out")
    given = named_file(Given(text, options.file, None), could_be_model=not paths)
    paths = [chosen_model(path) for path in paths] or [chosen_model(None)]
    check_not_read("--output", output, [*paths, given.file])
    check_output(output, overwrite=options.overwrite)
    if len(paths) > 1 and given.is_read_once:
        raise ConfigError("a pipe can be read for one model only; give --file FILE")
    use_threads(threads_for(max(path.stat().st_size for path in paths)))
    from charrnn.checkpoint.checkpoint import load
    from charrnn.lab.data import Shown
    from charrnn.lab.page import check_size, choose_stored, page

    checkpoints = [load(path) for path in paths]
    total = sum(checkpoint.network.params.flat.size for checkpoint in checkpoints)
    stored = options.weights or choose_stored(total)
    models = [
        Shown(path, checkpoint, stored) for path, checkpoint in zip(paths, checkpoints, strict=True)
    ]
    check_size(models)
    texts = _texts(models, given)
    shown = checkpoints[0].vocabulary.decode_output(texts[0].ids)
    written = page(
        [(model, one.ids) for model, one in zip(models, texts, strict=True)],
        shown, _source(texts[0]),
    )  # fmt: skip
    if output is None:
        with standard_output():
            sys.stdout.flush()
            sys.stdout.buffer.write(written)
            sys.stdout.flush()
    else:
        deliver(output, lambda stream: stream.write(written))
        note(f"{output}: {len(written) / 1e6:.1f} MB, opens in a browser without a network")
    if stored == "float16":
        for model, one in zip(models, texts, strict=True):
            note(_cost(model, one.ids))
    note("who has the page has the network, and a network can recite its text")
    if options.open and output is not None:
        import webbrowser

        webbrowser.open(output.resolve().as_uri())


def _texts(models: "Sequence[Shown]", given: Given) -> "list[Source]":
    """Return the text that the page opens with, for each model."""
    from dataclasses import replace

    checkpoints = [model.checkpoint for model in models]
    encoded = Encoded(None, None, as_bytes=False)
    choices = [
        replace(Options(limit=LONGEST), read=encoded.ways(checkpoint)) for checkpoint in checkpoints
    ]
    texts = sources(checkpoints, given, "skip", choices, WRITTEN)
    first = texts[0]
    if first.given > first.taken:
        note(
            f"the page opens with the first {first.taken:,} of {counted(first.given, 'character')}"
        )
    for remark in dict.fromkeys(remark for text in texts for remark in text.notes):
        note(remark)
    if first.unknown:
        note(f"{counted(first.unknown, 'character')} unknown to this network: left out")
    return texts


def _source(text: "Source") -> str:
    if text.seed is not None:
        return f"The network wrote this text itself, with seed {text.seed}."
    if text.name is not None:
        return "The text is the beginning of a file."
    return "The text was given with the command."


def _cost(model: "Shown", ids: "Ids") -> str:
    """Return what storing the weights as float16 costs, in words."""
    import numpy as np

    from charrnn.inspection.reading import Reading

    checkpoint = model.checkpoint
    exact = Reading.of(checkpoint.network, checkpoint.vocabulary, ids)
    bits = [float(np.nanmean(one.surprise)) for one in (exact, model.reading(ids))]
    return (
        f"{model.path.name}: float16 weights read the text at {bits[1]:.4f} bits a character, "
        f"float32 at {bits[0]:.4f}"
    )
