"""The view `summary`: what a checkpoint holds."""

from collections.abc import Iterator
from math import log

from rich.text import Text

from charrnn.display.bars import bar, histogram
from charrnn.display.quantities import duration
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import Shown, Table, flow, number, quoted, rule
from charrnn.display.training.curve import curve
from charrnn.errors import counted
from charrnn.inspection.views.summary import Summary, Tensor

_LONGEST_NAME = 20
_LONGEST_BAR = 60
_OURS = "this network"

_MOST_CHARACTERS = 120
"""Of a larger vocabulary only the most frequent are shown."""

EXPLANATION = """\
summary: what a checkpoint holds. No text is read.

parameters  every array by its name in the equations and its layer, stored
            (inputs, outputs); gates of a layer stand side by side.
norm        sqrt(sum of w^2), Frobenius
values      how many weights lie in each of 15 bins from -m to m, where m is
            the largest |w|; the middle bin holds those about 0
vocabulary  the characters the network knows, with how often each occurred in
            the text it learnt; it can read and write no others

The validation loss is the mean of -ln y_hat(t)[x(t+1)] over the characters
that were kept back, the end of the text (over those learnt from, where none
were). "scored" tells how it was measured. Divided by ln 2 it is in bits.
The bars beside it are what needs no training, on the same characters: all
equally likely (uniform), each as likely as in the text learnt (unigram), an
n-gram, and xz, a compressor. What a network is worth is what it is below them.
The curve is of the losses along the way: in validation a quick score, of
pieces read side by side, which may differ a little from the one above; in
training the mean since the last point, of the network as it was then, with
dropout. The parameters kept are those of the best step in validation.

Beware: losses of two models compare only on the same text. For what training
made of the weights, see weights; for another text, --view probs.
"""


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
    yield rule("parameters", screen, right=f"{result.parameters:,} numbers, (inputs, outputs)")
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
    yield rule(f"vocabulary: {len(vocabulary):,} {vocabulary.kind}", screen, right=total)
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
                line.append(f" {counts[k]:>{size},}", screen.palette.quiet)
        yield line
    if len(order) < len(vocabulary):
        yield Text(f"and {len(vocabulary) - len(order):,} more", screen.palette.quiet)


def _training(result: Summary, screen: Screen) -> Iterator[Text]:
    record = result.training
    yield rule("training", screen)
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
        line = _label(label, screen)
        yield line.append_text(quoted(said, screen.width - line.cell_len, screen))
    options = [f"{name}={value}" for name, value in record.config.items()]
    words = [quoted(option, screen.width, screen) for option in options]
    yield from flow(words, screen, gap=1, label=_label("options", screen))


def _label(said: str, screen: Screen) -> Text:
    return Text().append(f"{said:>10}  ", screen.palette.quiet)


def _losses(result: Summary, screen: Screen) -> Iterator[Text]:
    record = result.training
    right = "" if record.val_loss is None else f"{number(record.val_loss, 4)} nats"
    yield rule("validation loss, in bits a character", screen, right=right)
    if result.val_bits is not None:
        costs = {name: nats / log(2) for name, nats in record.baselines.items()}
        yield from _bars(costs | {_OURS: result.val_bits}, screen)
        yield quoted(f"scored: {record.val_scored}", screen.width, screen)
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
            line.stylize(screen.palette.loud)
        line.append(f"  {number(bits):>5}  ")
        drawn = bar(bits / largest if largest else 0.0, width, ascii_only=screen.ascii_only)
        yield line.append(drawn, screen.palette.first if name == _OURS else screen.palette.second)
