"""How a run ended: its curve, its loss beside baselines, and what to type next."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from charrnn.array_types import Doubles
from charrnn.checkpoint.checkpoint import Checkpoint
from charrnn.checkpoint.record import TrainingRecord
from charrnn.cli.train.show_verdict import leaky, sentence
from charrnn.plurals import counted
from charrnn.terminal.bars import bar
from charrnn.terminal.commands import command, file_word
from charrnn.terminal.curve import curve
from charrnn.terminal.numbers import bits, count, duration, loss, short
from charrnn.terminal.safe import harmless, safe
from charrnn.terminal.screen import Screen, screen_of, show
from charrnn.training.leakage import Leakage
from charrnn.training.verdict import Verdict

WIDEST_BAR, NARROWEST_BAR = 30, 8

LEAST_COLUMNS = 30
"""Columns to draw in at least; a narrower terminal cuts them."""

LONGEST_PATH = 4096


@dataclass(frozen=True)
class Ended:
    """A run that has ended, as it is reported.

    advice: the command that would do better, if there is one.
    sample: what the network writes.
    """

    checkpoint: Checkpoint
    verdict: Verdict
    leakage: Leakage | None = None
    advice: str | None = None
    sample: str = ""


def show_end(ended: Ended, path: Path, console: Console) -> None:
    """Print the result of a run, a sample, and the commands to type next."""
    screen = screen_of(console, narrowest=LEAST_COLUMNS)
    checkpoint, training = ended.checkpoint, ended.checkpoint.training
    network, quiet = checkpoint.network.config, screen.palette.dim
    lines = [
        Text(),
        *run_lines(checkpoint.history, training, screen, _label(training, screen)),
        *_losses(network.cell, training, screen),
    ]
    if ended.leakage and ended.leakage.leaky:
        lines += wrapped(leaky(ended.leakage), screen, screen.palette.bold)
    sample = ended.sample.strip("\r\n")
    if sample:
        dash = screen.pick("──", "--")
        lines += [Text(), Text(f"{dash} the best network writes {dash}", quiet)]
        lines += (Text(harmless(line), quiet) for line in sample.splitlines())
    lines += [Text(), *wrapped(sentence(ended.verdict, network, training, ended.leakage), screen)]
    show(lines, screen, console)
    print_line(f"saved  {shown_path(path)}", console)
    if ended.advice:
        print_line(f"try    {ended.advice}", console, "bold")
    print_line(f"next   {command('sample', file_word(path))}", console, "bold")
    print_line(f"       {command('inspect', file_word(path))}", console, "bold")


def run_lines(history: Doubles, training: TrainingRecord, screen: Screen, label: str) -> list[Text]:
    """Return the curves of the losses, how long it took, and why it ended.

    label: what the curves measure.
    """
    lines: list[Text] = []
    if len(history) > 1:
        series = {"train": history[:, 1], "val": history[:, 2]}
        if not training.val_characters:
            del series["val"]
        lines += curve(history[:, 0], series, screen, height=8, label=label)
        lines.append(Text())
    speed = training.characters_read / max(training.seconds, 1e-9)
    best = f"the best was step {count(training.best_step)}"
    return [
        *lines,
        *wrapped(
            f"{counted(training.steps, 'step')} in {duration(training.seconds)}, {short(speed)} "
            "char/s",
            screen,
        ),
        *wrapped(f"ended because {training.ended}; {best}", screen),
    ]


def show_stop(
    checkpoint: Checkpoint, verdict: Verdict, path: Path, console: Console, *, piped: bool = False
) -> None:
    """Print that a run was stopped and saved, how it was going, and how to resume it.

    piped: whether part of the text came from standard input, and has to come from there again.
    """
    training, screen = checkpoint.training, screen_of(console, narrowest=LEAST_COLUMNS)
    if verdict.kind not in ("short", "unvalidated", "settled"):  # with most of the run to come
        said = sentence(verdict, checkpoint.network.config, training)
        show(wrapped(said, screen), screen, console)
    show_stopped(training.steps, path, console, piped=piped)


def show_stopped(steps: int, path: Path, console: Console, *, piped: bool = False) -> None:
    """Print that a run was stopped and saved, and how to resume it.

    piped: as for `show_stop`.
    """
    print_line(f"stopped after step {count(steps)}; saved {shown_path(path)}", console)
    _print_resume(path, console, piped=piped)


def show_unmeasured(steps: int, path: Path, console: Console, *, piped: bool = False) -> None:
    """Print that a run has ended and is saved, but was not measured, and how to do that.

    piped: as for `show_stop`.
    """
    at = f"stopped while it was measured, after step {count(steps)}"
    print_line(f"{at}; saved {shown_path(path)}", console)
    _print_resume(path, console, piped=piped)


def _print_resume(path: Path, console: Console, *, piped: bool) -> None:
    resume = command("train", "--resume", file_word(path))
    print_line(f"resume {resume}{' < TEXT' if piped else ''}", console, "bold")
    if piped:
        print_line("       where TEXT holds what was piped in: that is not kept", console)


def _label(training: TrainingRecord, screen: Screen) -> str:
    """Return what the curves measure, and why one may lie above the other."""
    label, dropout = "loss, nats a character", training.config.get("dropout")
    why = f"{label}; train with dropout {dropout}, val without"
    fits = dropout and training.val_characters and len(why) <= screen.width
    return why if fits else label


def _losses(cell: str, training: TrainingRecord, screen: Screen) -> list[Text]:
    """Return what was measured and how, with a bar for the network and each baseline."""
    if training.val_loss is None:
        return []
    if not training.val_characters:
        return wrapped(f"training loss {loss(training.val_loss)} a character", screen)
    kept = counted(training.val_characters, "character")
    at_end = training.config.get("keeps", "end") == "end"
    which = f"last {kept}, not used for training" if at_end else f"{kept} for validation"
    lines = wrapped(f"loss of the {which}, read {training.val_scored}:", screen)
    found = {f"this {cell}": training.val_loss, **training.baselines}
    named = [f"  {harmless(name):<10} {nats:.3f} nats" for name, nats in found.items()]
    in_bits = [f"  {bits(nats):.3f} bits" for nats in found.values()]
    if max(map(len, named)) + max(map(len, in_bits)) <= screen.width:
        named = [f"{name}{more}" for name, more in zip(named, in_bits, strict=True)]
    room = min(WIDEST_BAR, screen.width - max(map(len, named)) - 2)
    for n, (name, nats) in enumerate(zip(named, found.values(), strict=True)):
        line = Text(name)
        if room >= NARROWEST_BAR:
            drawn = bar(nats / max(found.values()), room, ascii_only=screen.ascii_only)
            line.append(f"  {drawn}", screen.palette.second if n else screen.palette.first)
        lines.append(line)
    return lines


def wrapped(said: str, screen: Screen, style: str = "") -> list[Text]:
    """Return a sentence, wrapped to the screen."""
    return [Text(line, style) for line in textwrap.wrap(harmless(said), screen.width)]


def shown_path(path: Path) -> str:
    """Return a path as it is shown."""
    return safe(str(path), LONGEST_PATH).plain


def print_line(line: str, console: Console, style: str = "") -> None:
    """Print one line, however long: a wrapped command could not be pasted."""
    console.print(Text(line, style), soft_wrap=True)
