"""The view `summary`: what a checkpoint holds."""

from collections.abc import Iterator
from math import log

from rich.text import Text

from charrnn.display.bars import bar, histogram
from charrnn.display.curve import curve
from charrnn.display.quantities import duration
from charrnn.display.safe import harmless, safe
from charrnn.display.screen import Screen
from charrnn.display.symbols import Symbols
from charrnn.display.tables import Shown, fit, rule, table
from charrnn.inspection.summary import Summary, Tensor

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
    yield rule("parameters", screen, right=f"{result.parameters:,} numbers, (inputs, outputs)")
    heading = ["tensor", "shape", "type", "numbers", "norm", "min", "max", "values -m..m"]
    rows = [_tensor(tensor, screen) for tensor in result.tensors]
    kept = 8 if screen.width >= 76 else 7
    yield from table(heading[:kept], [row[:kept] for row in rows], "<<<>>>><"[:kept], screen)


def _tensor(tensor: Tensor, screen: Screen) -> list[Shown]:
    return [
        tensor.name,
        " x ".join(map(str, tensor.shape)),
        tensor.dtype,
        f"{tensor.parameters:,}",
        f"{tensor.norm:.3g}",
        f"{tensor.least:.2f}",
        f"{tensor.largest:.2f}",
        Text(histogram(tensor.histogram.tolist(), ascii_only=screen.ascii_only)),
    ]


def _vocabulary(result: Summary, screen: Screen) -> Iterator[Text]:
    vocabulary = result.vocabulary
    counts = vocabulary.counts.tolist()
    counted = any(counts)
    order = sorted(range(len(vocabulary)), key=lambda k: (-counts[k], k))[:_MOST_CHARACTERS]
    total = "with how often each occurs in the corpus" if counted else "without counts"
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
    read, steps = f"{record.characters_read:,}", f"{record.steps:,}"
    facts = {
        "text": ", ".join(record.sources) or "-",
        "encoding": record.encoding,
        "sha256": record.sha256,
        "learnt": f"{record.train_characters:,} characters",
        "kept back": f"{record.val_characters:,} characters, its end, for validation",
        "read": f"{read} characters in {steps} steps, {duration(record.seconds)}",
        "best": f"at step {record.best_step:,}",
        "ended": record.ended,
        "written by": ", ".join(f"{name} {found}" for name, found in result.versions.items()),
    }
    for label, said in facts.items():
        line = Text(f"{label:>10}  ", screen.palette.quiet)
        yield fit(line.append_text(safe(said, limit=screen.width)), screen.width)
    options = [f"{name}={value}" for name, value in record.config.items()]
    yield from _wrapped("options", options, screen)


def _wrapped(label: str, words: list[str], screen: Screen) -> Iterator[Text]:
    """Yield words that belong under one label, over as many lines as they need."""
    line = Text(f"{label:>10} ", screen.palette.quiet)
    for word in words:
        shown = fit(safe(word), screen.width - 12)
        if line.cell_len + 1 + shown.cell_len > screen.width:
            yield line
            line = Text(" " * 11)
        line.append(" ").append_text(shown)
    yield line


def _losses(result: Summary, screen: Screen) -> Iterator[Text]:
    record = result.training
    right = "" if record.val_loss is None else f"{record.val_loss:.4f} nats"
    yield rule("validation loss, in bits a character", screen, right=right)
    if result.val_bits is not None:
        costs = {"this network": result.val_bits}
        costs |= {harmless(name): nats / log(2) for name, nats in record.baselines.items()}
        yield from _bars(costs, screen)
        yield fit(Text("scored: ").append_text(safe(record.val_scored)), screen.width)
    steps, train, validation = result.history.T / [[1], [log(2)], [log(2)]]
    drawn = curve(
        steps.tolist(),
        {"validation": validation.tolist(), "training": train.tolist()},
        screen,
        label="bits a character, by step",
    )
    if drawn:
        yield Text()
    yield from drawn


def _bars(costs: dict[str, float], screen: Screen) -> Iterator[Text]:
    """Yield a bar for each cost, the least first."""
    size = max(fit(safe(name), 20).cell_len for name in costs)
    width = min(60, screen.width - size - 9)
    largest = max(costs.values())
    for name, bits in sorted(costs.items(), key=lambda cost: cost[1]):
        mine = name == "this network"
        label = fit(safe(name), 20)
        line = Text(" " * (size - label.cell_len)).append_text(label)
        if mine:
            line.stylize(screen.palette.loud)
        line.append(f"  {bits:>5.2f}  ")
        drawn = bar(bits / largest if largest else 0.0, width, ascii_only=screen.ascii_only)
        line.append(drawn, screen.palette.first if mine else screen.palette.second)
        yield line
