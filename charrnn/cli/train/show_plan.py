"""The plan of a run, shown before it starts."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charrnn.network.config import NetworkConfig
from charrnn.plurals import counted
from charrnn.terminal.numbers import count, duration, memory, short
from charrnn.terminal.safe import safe
from charrnn.training.config import TrainingConfig
from charrnn.training.plan import Plan

Row = tuple[str, str]
"""A line of a plan: its heading, empty where it goes on, and what it says."""

KEPT = {
    "end": "the last {}",
    "ends": "{} at the ends of the files",
    "files": "{} in whole files",
    "lines": "{} in lines drawn at random",
    "blocks": "{} in blocks all over it",
}
"""Validation text, in words around its number of characters."""

LONGEST_NAMES = 60
"""Characters of the names of the files."""

MANY_PASSES = 100
"""Passes over a text above which tenths are not shown."""

BY_HEART = 1000
"""Passes over a text in which a network may memorise it."""

LEAST_NAMED = 0.1
"""Share of a run spent evaluating and saving above which it is shown."""


def show_plan(
    plan: Plan,
    sources: tuple[str, ...],
    path: Path,
    console: Console,
    *,
    step: int = 0,
    used: float = 0.0,
    spared: Path | None = None,
) -> None:
    """Print the plan: the text, the network, the training, its time and memory.

    path: where the model is saved.
    step, used: where a resumed run continues, and the share of its budget used up there.
    spared: what lies where the model would be saved first, and stays there.
    """
    network = plan.network
    characters = plan.train_characters + plan.val_characters
    text = f"{sources_named(sources)}: {counted(characters, 'character')}"
    kept = KEPT[plan.training.keeps].format(count(plan.val_characters))
    rows = [
        ("text", f"{text}, {network.vocabulary_size} distinct"),
        (
            "",
            f"{count(plan.train_characters)} to learn from, "
            f"{kept if plan.val_characters else 'none'} to validate",
        ),
        ("network", f"{describe(network)}, {counted(plan.parameters, 'parameter')}"),
        ("training", training_row(plan.training, plan.training.seq_length)),
        ("budget", _budget(plan)),
        *resumed_row(step, used),
        ("expected", _expected(plan, used)),
        *model_rows(path, spared),
    ]
    show_rows(rows, plan.notes, console)


def resumed_row(step: int, used: float) -> list[Row]:
    """Return where a resumed run continues, as a row; none for a new one."""
    return [("resumed", f"after step {count(step)}, {used:.0%} of the budget")] if step else []


def model_rows(path: Path, spared: Path | None) -> list[Row]:
    """Return where the model is saved, as rows, and what lies there and stays."""
    rows = [("model", safe(str(path)).plain)]
    if spared:
        rows.append(("", f"{safe(str(spared)).plain} exists, and stays; --overwrite replaces it"))
    return rows


def training_row(training: TrainingConfig, window: int | None) -> str:
    """Return how a network is trained, in a few words; without a window where there is none."""
    together = f", {training.workers} processes" if training.workers > 1 else ""
    return (
        f"batch {training.batch_size}{f' x window {window}' if window else ''}, AdamW at "
        f"{training.learning_rate:g}, dropout {training.dropout:g}, seed {training.seed}{together}"
    )


def limits(training: TrainingConfig, of_passes: tuple[str, str]) -> list[str]:
    """Return what ends a run, in words.

    of_passes: how one pass and several are called.
    """
    one, several = of_passes
    ends = []
    if training.epochs:
        ends.append(f"1 {one}" if training.epochs == 1 else f"{training.epochs:g} {several}")
    if training.max_steps:
        ends.append(counted(training.max_steps, "step"))
    if training.max_time:
        ends.append(duration(training.max_time))
    return ends


def show_rows(rows: list[Row], notes: tuple[str, ...], console: Console) -> None:
    """Print the rows of a plan, each with its heading, and notes on them."""
    rows = [*rows, *(("note", safe(note).plain) for note in notes)]
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for name, value in rows:
        grid.add_row(name, Text(value))
    with console.capture() as drawn:
        console.print(grid)
    # rich fills every line with spaces up to its longest.
    console.file.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def describe(network: NetworkConfig) -> str:
    """Return a network in a few words: lstm 2x256, one-hot input."""
    reading = (
        f"embedding of {network.embedding_size}" if network.embedding_size else "one-hot input"
    )
    return f"{network.cell} {network.num_layers}x{network.hidden_size}, {reading}"


def sources_named(sources: tuple[str, ...]) -> str:
    """Return the names of the files, or the first of them and how many more there are."""
    names = ", ".join(sources)
    if len(names) > LONGEST_NAMES and len(sources) > 1:
        names = f"{safe(sources[0], limit=LONGEST_NAMES).plain} and {len(sources) - 1:,} more"
        return safe(names, limit=2 * LONGEST_NAMES).plain
    return safe(names, limit=LONGEST_NAMES).plain


def _budget(plan: Plan) -> str:
    training = plan.training
    ends = limits(training, ("epoch", "epochs"))
    read = plan.steps * training.batch_size * training.seq_length
    passes = count(plan.passes) if plan.passes >= MANY_PASSES else f"{plan.passes:.1f}"
    return (
        f"{' or '.join(ends)}{', whichever ends first' if len(ends) > 1 else ''}: "
        f"about {short(read)} characters, {passes} passes"
        + (", or until it knows the text by heart" if plan.passes >= BY_HEART else "")
    )


def _expected(plan: Plan, used: float) -> str:
    left = 1 - used
    besides = f" ({duration(plan.besides * left)} of it to evaluate and save)"
    matters = plan.besides > LEAST_NAMED * plan.seconds
    return (
        f"{duration(plan.seconds * left)}{besides if matters else ''} at {short(plan.speed)} "
        f"characters/s, {memory(plan.memory)} of memory"
    )
