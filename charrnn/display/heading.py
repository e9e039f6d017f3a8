"""What stands above every view: the model, and the text that it read."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.text import Text

from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.display.screen import Screen
from charrnn.display.tables import fit, prose, quoted
from charrnn.errors import counted
from charrnn.inspection.forms.envelope import Envelope


def framed(lines: Iterable[Text], envelope: Envelope, screen: Screen) -> Iterator[Text]:
    """Yield a view's lines, with what it is of above them, and below what is not shown."""
    yield from heading(envelope, screen)
    yield from lines
    yield from cut_note(envelope, screen)


def heading(envelope: Envelope, screen: Screen) -> Iterator[Text]:
    """Yield what each model is and, if there is a text, which; then an empty line."""
    for path, checkpoint in ((envelope.path, envelope.checkpoint), *envelope.others):
        yield from _model(path, checkpoint, screen)
    if source := envelope.source:
        name = "the text given" if source.name is None else source.name
        about = quoted("standard input" if name == "-" else name, screen.width // 2, screen)
        about.append(f"  {counted(len(source.ids), 'character')}")
        if source.given > source.taken:
            about.append(f", the first of {source.given:,}")
        yield fit(about, screen.width, screen)
    yield Text()


def _model(path: Path, checkpoint: Checkpoint, screen: Screen) -> Iterator[Text]:
    network, kind = checkpoint.network.config, checkpoint.vocabulary.kind
    layers = "1 layer" if network.num_layers == 1 else f"{network.num_layers} layers"
    read_as = f"embedded in {network.embedding_size}" if network.embedding_size else "one-hot"
    what = f"{network.cell}, {layers} of {network.hidden_size}, {network.vocabulary_size} {kind}"
    line = quoted(str(path), screen.width, screen)
    line.stylize(screen.palette.loud)
    about = Text(f"{what}, {read_as}")
    if line.cell_len + 2 + about.cell_len <= screen.width:
        yield line.append("  ").append_text(about)
    else:
        yield line
        yield fit(about, screen.width, screen)


def cut_note(envelope: Envelope, screen: Screen) -> Iterator[Text]:
    """Yield which part of the text is shown, where it is not all of it."""
    if source := envelope.source:
        n = len(source.ids)
        shown = screen.shown(n)
        if len(shown) < n:
            following = f"; --span {shown.stop}: shows the rest" if shown.stop < n else ""
            place = f"characters {shown.start} to {shown.stop - 1}" if shown else "no characters"
            yield Text()
            yield from prose(f"shown: {place} of {n:,}{following}", screen)
