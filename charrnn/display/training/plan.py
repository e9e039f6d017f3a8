"""What a run will be, shown before it starts."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charrnn.display.quantities import count, duration, memory, short
from charrnn.display.safe import safe
from charrnn.network.config import NetworkConfig
from charrnn.training.plan import Plan

KEPT = {
    "end": "the last",
    "ends": "of the ends of the files",
    "files": "of whole files",
    "lines": "of lines drawn at random",
    "blocks": "of blocks all over it",
}
"""What is kept back to validate, in words before their number."""


def show_plan(
    plan: Plan,
    sources: tuple[str, ...],
    path: Path,
    console: Console,
    *,
    step: int = 0,
    used: float = 0.0,
) -> None:
    """Print the plan: the text, the network, the training, and what it will take.

    path: where the model is saved.
    step, used: where a resumed run goes on, and the share of its budget that is used up there.
    """
    network = plan.network
    characters = plan.train_characters + plan.val_characters
    named = safe(", ".join(sources), limit=60).plain
    rows = [
        ("text", f"{named}: {count(characters)} characters, {network.vocabulary_size} distinct"),
        (
            "",
            f"{count(plan.train_characters)} to learn from, "
            + (
                f"{KEPT[plan.training.keeps]} {count(plan.val_characters)} to validate"
                if plan.val_characters
                else "none kept back to validate"
            ),
        ),
        ("network", f"{describe(network)}, {count(plan.parameters)} parameters"),
        ("training", _training(plan)),
        ("budget", _budget(plan)),
        *([("resumed", f"after step {count(step)}, {used:.0%} of the budget")] if step else ()),
        (
            "expected",
            f"{duration(plan.seconds * (1 - used))} at {short(plan.speed)} characters/s, "
            f"{memory(plan.memory)} of memory",
        ),
        ("model", safe(str(path)).plain),
        *(("note", safe(note).plain) for note in plan.notes),
    ]
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


def _training(plan: Plan) -> str:
    training = plan.training
    together = f", {training.workers} processes" if training.workers > 1 else ""
    return (
        f"batch {training.batch_size} x window {training.seq_length}, AdamW at "
        f"{training.learning_rate:g}, dropout {training.dropout:g}, seed {training.seed}{together}"
    )


def _budget(plan: Plan) -> str:
    training = plan.training
    ends = []
    if training.epochs:
        ends.append(f"{training.epochs:g} epochs")
    if training.max_steps:
        ends.append(f"{count(training.max_steps)} steps")
    if training.max_time:
        ends.append(duration(training.max_time))
    read = plan.steps * training.batch_size * training.seq_length
    return (
        f"{' or '.join(ends)}{', whichever ends first' if len(ends) > 1 else ''}: "
        f"about {short(read)} characters, {plan.passes:.1f} passes"
    )
