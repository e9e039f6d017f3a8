"""The view `summary`: what a checkpoint holds."""

from collections.abc import Iterator
from math import log

from rich.text import Text

from charrnn.inspection.views.summary.result import Summary, Tensor
from charrnn.plurals import counted
from charrnn.terminal.bars import bar_text, histogram
from charrnn.terminal.curve import curve
from charrnn.terminal.numbers import duration
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, folded, number, quoted, rule

_LONGEST_NAME = 20
_LONGEST = 1000  # characters of what a file says of itself
_LONGEST_BAR = 60
_OURS = "this network"

_MOST_CHARACTERS = 120
"""Of a larger vocabulary only the most frequent are shown."""


def draw(result: Summary, screen: Screen) -> Iterator[Text]:
    """Yield the parameters, the vocabulary, the training and its losses."""
    yield from _parameters(result, screen)
    yield Text()
    yield from _vocabulary(result, screen)
    yield Text()
    yield from _training(result, screen)
    yield Text()
    yield from _losses(result, screen)


def _parameters(result: Summary, screen: Screen) -> Iterator[Text]:
    yield from rule(
        "parameters", screen, right=f"{counted(result.parameters, 'number')}, (inputs, outputs)"
    )
    heading = ["tensor", "shape", "type", "numbers", "norm", "min", "max", "values -m..m"]
    table = Table(heading, "<<<>>>><", [_tensor(tensor, screen) for tensor in result.tensors])
    yield from table.narrowed(screen.width, ("numbers", "type", "values -m..m")).draw(screen)


def _tensor(tensor: Tensor, screen: Screen) -> list[Shown]:
    return [
        tensor.name,
        " x ".join(map(str, tensor.shape)),
        tensor.dtype,
        f"{tensor.parameters:,}",
        number(tensor.norm),
        number(tensor.least),
        number(tensor.largest),
        Text(histogram(tensor.histogram.tolist(), ascii_only=screen.ascii_only)),
    ]


def _vocabulary(result: Summary, screen: Screen) -> Iterator[Text]:
    vocabulary = result.vocabulary
    counts = vocabulary.counts.tolist()
    counted = any(counts)
    order = sorted(range(len(vocabulary)), key=lambda k: (-counts[k], k))[:_MOST_CHARACTERS]
    total = "with their counts" if counted else "without counts"
    yield from rule(f"vocabulary: {len(vocabulary):,} {vocabulary.kind}", screen, right=total)
    symbols = Symbols(vocabulary, ascii_only=screen.ascii_only)
    size = max(len(f"{counts[k]:,}") for k in order) if counted else 0
    cell = max(symbols.width(k) for k in order) + (1 + size if counted else 0)
    per_line = max(1, (screen.width + 2) // (cell + 2))
    # Down the columns, as a directory is listed: the most frequent stand together.
    lines = -(-len(order) // per_line)
    for row in range(lines):
        line = Text()
        for k in order[row::lines]:
            line.append("  " if line else "")
            line.append(symbols.padded(k, cell - (1 + size if counted else 0)))
            if counted:
                line.append(f" {counts[k]:>{size},}", screen.palette.dim)
        yield line
    if len(order) < len(vocabulary):
        yield Text(f"and {len(vocabulary) - len(order):,} more", screen.palette.dim)


def _training(result: Summary, screen: Screen) -> Iterator[Text]:
    record = result.training
    yield from rule("training", screen)
    read, steps = counted(record.characters_read, "character"), counted(record.steps, "step")
    facts = {
        "text": ", ".join(record.sources) or "-",
        "encoding": str(record.read_as),
        "sha256": record.sha256,
        "learnt": counted(record.train_characters, "character"),
        "kept back": f"{counted(record.val_characters, 'character')}, its end, for validation",
        "read": f"{read} in {steps}, {duration(record.seconds)}",
        "best": f"at step {record.best_step:,}",
        "ended": record.ended,
        "written by": ", ".join(f"{name} {found}" for name, found in result.versions.items()),
    }
    for label, said in facts.items():
        yield from flow([quoted(said, _LONGEST, screen)], screen, label=_label(label, screen))
    options = [f"{name}={value}" for name, value in record.config.items()]
    words = [quoted(option, _LONGEST, screen) for option in options]
    yield from flow(words, screen, gap=1, label=_label("options", screen))


def _label(said: str, screen: Screen) -> Text:
    return Text().append(f"{said:>10}  ", screen.palette.dim)


def _losses(result: Summary, screen: Screen) -> Iterator[Text]:
    record = result.training
    right = "" if record.val_loss is None else f"{number(record.val_loss, 4)} nats"
    yield from rule("validation loss, in bits a character", screen, right=right)
    if result.val_bits is not None:
        costs = {name: nats / log(2) for name, nats in record.baselines.items()}
        yield from _bars(costs | {_OURS: result.val_bits}, screen)
        scored = quoted(f"scored: {record.val_scored}", _LONGEST, screen)
        yield from folded(scored, screen.width)
    steps, train, validation = result.history.T / [[1], [log(2)], [log(2)]]
    series = {"validation": validation, "training": train}
    drawn = curve(steps, series, screen, label="bits a character, by step")
    if drawn:
        yield Text()
    yield from drawn


def _bars(costs: dict[str, float], screen: Screen) -> Iterator[Text]:
    """Yield a bar for each cost, the least first."""
    labels = {name: quoted(name, _LONGEST_NAME, screen) for name in costs}
    size = max(label.cell_len for label in labels.values())
    width = min(_LONGEST_BAR, screen.width - size - 13)
    largest = max(costs.values())
    for name, bits in sorted(costs.items(), key=lambda cost: cost[1]):
        line = Text(" " * (size - labels[name].cell_len)).append_text(labels[name])
        if name == _OURS:
            line.stylize(screen.palette.bold)
        line.append(f"  {number(bits):>5}  ")
        style = screen.palette.first if name == _OURS else screen.palette.second
        yield line.append_text(bar_text(bits / largest if largest else 0.0, width, style, screen))
