"""How a run ended: its curve, its loss beside what costs nothing, and what to type next."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.checkpoint.record import TrainingRecord
from charrnn.display.bars import bar
from charrnn.display.commands import command, file_word
from charrnn.display.quantities import bits, count, duration, loss, short
from charrnn.display.safe import harmless, safe
from charrnn.display.screen import Screen, screen_of, show
from charrnn.display.training.curve import curve
from charrnn.training.counters import Counters

WIDEST_BAR, BESIDE_THE_BAR = 30, 37

LONGEST_PATH = 4096


def show_end(checkpoint: Checkpoint, path: Path, sample: str, console: Console) -> None:
    """Print what a run has come to, a sample, and the command that writes more."""
    screen, training, history = screen_of(console), checkpoint.training, checkpoint.history
    lines = [Text()]
    if len(history) > 1:
        series = {"train": history[:, 1], "val": history[:, 2]}
        if not training.val_characters:
            del series["val"]
        lines += curve(history[:, 0], series, screen, height=8, label="loss, nats a character")
        lines.append(Text())
    speed = training.characters_read / max(training.seconds, 1e-9)
    lines += [
        Text(
            f"{count(training.steps)} steps in {duration(training.seconds)}, {short(speed)} char/s"
        ),
        Text(f"ended because {training.ended}; the best was step {count(training.best_step)}"),
        *_losses(checkpoint.network.config.cell, training, screen),
        Text(),
        *(Text(harmless(line)) for line in sample.strip("\n").splitlines()),
        Text(),
    ]
    show(lines, screen, console)
    _print(f"saved  {_named(path)}", console)
    _print(f"next   {command('sample', file_word(path))}", console, "bold")


def show_stop(now: Counters, path: Path, console: Console, *, piped: bool = False) -> None:
    """Print that a run was stopped and saved, and how to go on.

    piped: whether part of the text came from standard input, and has to come from there again.
    """
    _print(f"stopped after step {count(now.step)}; saved {_named(path)}", console)
    go_on = command("train", "--resume", file_word(path))
    _print(f"go on  {go_on}{' < TEXT' if piped else ''}", console, "bold")
    if piped:
        _print("       where TEXT holds what was piped in: that is not kept", console)


def _losses(cell: str, training: TrainingRecord, screen: Screen) -> list[Text]:
    """Return what was measured and how, with a bar for the network and each way of guessing."""
    if training.val_loss is None:
        return []
    if not training.val_characters:
        return [Text(f"training loss {loss(training.val_loss)} a character")]
    at_the_end = training.config.get("keeps", "end") == "end"
    kept = f"{'last ' if at_the_end else ''}{count(training.val_characters)}"
    lines = [
        Text(f"loss of the {kept} characters, kept back from it,"),
        Text(f"read {training.val_scored}:"),
    ]
    widest = min(WIDEST_BAR, screen.width - BESIDE_THE_BAR)
    found = {f"this {cell}": training.val_loss, **training.baselines}
    for n, (name, nats) in enumerate(found.items()):
        drawn = bar(nats / max(found.values()), widest, ascii_only=screen.ascii_only)
        line = Text(f"  {harmless(name):<10} {nats:.3f} nats  {bits(nats):.3f} bits  ")
        lines.append(line.append(drawn, screen.palette.second if n else screen.palette.first))
    return lines


def _named(path: Path) -> str:
    return safe(str(path), LONGEST_PATH).plain


def _print(line: str, console: Console, style: str = "") -> None:
    """Print one line, however long: a command that is cut in two cannot be pasted."""
    console.print(Text(line, style), soft_wrap=True)
