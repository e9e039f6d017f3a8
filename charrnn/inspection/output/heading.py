"""The frame of a drawn view: above it the model and the text, below it what is not shown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from math import log
from pathlib import Path

from rich.text import Text

from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.inspection.output.envelope import Envelope
from charrnn.plurals import counted
from charrnn.terminal.numbers import duration
from charrnn.terminal.screen import LINES, Screen
from charrnn.terminal.tables import folded, number, prose, quoted

Lines = Iterator[Text]
"""Drawn lines."""

_LONGEST = 1000
"""Characters shown of a name, folded."""


def framed(
    draw: Callable[[Screen], Iterable[Text]],
    envelope: Envelope,
    screen: Screen,
    *,
    names_units: bool = False,
    onward: Sequence[Text] | None = None,
) -> Iterator[Text]:
    """Yield a drawn view in its frame.

    names_units: whether the view names units, so that their notation is explained.
    onward: what stands below a view that fills the screen, where each line counts; where there is
        something, more is said of the model. None for other views.
    """
    above = list(heading(envelope, screen, opens=bool(onward)))
    if names_units:
        above[-1:] = [*_unit_names(envelope.checkpoint, screen), Text()]
    if onward is not None:
        above.pop()
    below = [*cut_note(envelope, screen), *(onward or ())]
    left = (screen.rows or LINES) - 1 - len(above) - len(below)
    yield from above
    for line in draw(replace(screen, left=left)):
        yield from folded(line, screen.width)
    yield from below


def heading(envelope: Envelope, screen: Screen, *, opens: bool = False) -> Iterator[Text]:
    """Yield a description of each model and of the text, if there is one; then an empty line.

    opens: whether to describe the model's training, and to name the view with more of it.
    """
    for path, checkpoint in ((envelope.path, envelope.checkpoint), *envelope.others):
        yield from _model(path, checkpoint, screen)
    if opens:
        yield from _training(envelope.checkpoint, screen)
        yield from prose("what is in the file: --view summary", screen)
    if source := envelope.source:
        characters = counted(len(source.ids), "character")
        if source.seed is not None:
            said = f"reads {characters} of its own, seed {source.seed}"
            yield from folded(Text(said), screen.width)
        else:
            name = "the text given" if source.name is None else source.name
            about = quoted("standard input" if name == "-" else name, _LONGEST, screen)
            about.append(f"  {characters}")
            if source.given > source.taken:
                about.append(f", the first of {source.given:,}")
            yield from folded(about, screen.width)
    yield Text()


def _model(path: Path, checkpoint: Checkpoint, screen: Screen) -> Iterator[Text]:
    network, kind = checkpoint.network.config, checkpoint.vocabulary.kind
    layers = counted(network.num_layers, "layer")
    read_as = f"embedded in {network.embedding_size}" if network.embedding_size else "one-hot"
    what = f"{network.cell}, {layers} of {network.hidden_size}, {network.vocabulary_size} {kind}"
    line = quoted(str(path), _LONGEST, screen)
    line.stylize(screen.palette.bold)
    about = Text(f"{what}, {read_as}")
    if line.cell_len + 2 + about.cell_len <= screen.width:
        yield line.append("  ").append_text(about)
    else:
        yield from folded(line, screen.width)
        yield from folded(about, screen.width)


def _training(checkpoint: Checkpoint, screen: Screen) -> Iterator[Text]:
    """Yield a sentence about a network's training text and its loss."""
    record = checkpoint.training
    said = f"learnt {', '.join(record.sources) or 'a text'} in {duration(record.seconds)}"
    if record.val_loss is not None:
        said += f"; validation {number(record.val_loss / log(2))} bits/char"
        said += "".join(
            f", {name} {number(nats / log(2))}"
            for name, nats in record.baselines.items()
            if name.endswith("-gram")
        )
    yield from folded(quoted(said, _LONGEST, screen), screen.width)


def _unit_names(checkpoint: Checkpoint, screen: Screen) -> Iterator[Text]:
    """Yield the notation of units."""
    config = checkpoint.network.config
    last = f"{config.num_layers - 1}:{config.hidden_size - 1}"
    yield from prose(f"units are written layer:unit, from 0:0 to {last}", screen)


def cut_note(envelope: Envelope, screen: Screen) -> Iterator[Text]:
    """Yield a note about the part of the text that is shown, if it is not all."""
    if source := envelope.source:
        n = len(source.ids)
        shown = screen.shown(n)
        if len(shown) < n:
            following = f"; --span {shown.stop}: shows the rest" if shown.stop < n else ""
            place = f"characters {shown.start} to {shown.stop - 1}" if shown else "no characters"
            yield Text()
            yield from prose(f"shown: {place} of {n:,}{following}", screen)
