"""A run on pairs, on the screen: its plan, its answers, and how it ended."""

import textwrap
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.text import Text

from charrnn.checkpoint.pairs import PairCheckpoint
from charrnn.cli.train.show_end import LEAST_COLUMNS, print_line, shown_path, wrapped
from charrnn.cli.train.show_plan import describe, show_rows, sources_named
from charrnn.cli.train.show_verdict import sentence
from charrnn.evaluation.answers import Measured, SourceReader, greedy, interval
from charrnn.evaluation.pairs import encode_pairs
from charrnn.plurals import counted
from charrnn.terminal.bars import bar
from charrnn.terminal.commands import command, file_word, quoted
from charrnn.terminal.curve import curve
from charrnn.terminal.numbers import count, duration, short
from charrnn.terminal.safe import harmless, safe
from charrnn.terminal.screen import Screen, screen_of, show
from charrnn.training.pairs.run import PairRun
from charrnn.training.verdict import Verdict

SHOWN = 3
"""Pairs whose answers are shown."""

MOST_LABELS = 12
"""Labels of a table of confusion at most."""

WIDEST_BAR = 30
"""Columns of a bar."""


def show_pair_plan(
    run: PairRun,
    path: Path,
    console: Console,
    *,
    step: int = 0,
    used: float = 0.0,
    spared: Path | None = None,
) -> None:
    """Print the plan of a run on pairs.

    step, used, spared: as for `charrnn.cli.train.show_plan.show_plan`.
    """
    training, pairs, network = run.trainer.config, run.pairs, run.pair_network
    sources = tuple(source.name for source in run.corpus.sources)
    distinct = len(run.pairs.labels)
    if run.labels:
        kind = f"chosen from {counted(distinct, 'label')}: {', '.join(run.labels)}"
        other = "written"
    else:
        kind, other = f"written out, {distinct:,} distinct", "chosen"
    found = "" if run.asked.answers else f"; --answers {other} decides otherwise"
    longest = max(map(len, pairs.sources)), max(map(len, pairs.answers))
    ends = [
        f"{training.epochs:g} passes" if training.epochs else "",
        counted(training.max_steps, "step") if training.max_steps else "",
        duration(training.max_time) if training.max_time else "",
    ]
    together = f", {training.workers} processes" if training.workers > 1 else ""
    rows = [
        ("pairs", f"{sources_named(sources)}: {counted(len(pairs), 'pair')}"),
        ("", f"{count(len(run.learnt))} to learn from, {count(len(run.kept))} to validate"),
        ("", f"texts of up to {counted(longest[0], 'character')}, answers of up to {longest[1]:,}"),
        ("answers", f"{safe(kind, limit=200).plain}{found}"),
        (
            "network",
            f"{describe(network.config)}"
            f"{' twice: one reads, one writes' if network.decoder else ''}, "
            f"{counted(network.params.flat.size, 'parameter')}",
        ),
        (
            "training",
            f"batch {training.batch_size}, AdamW at {training.learning_rate:g}, dropout "
            f"{training.dropout:g}, seed {training.seed}{together}",
        ),
        ("budget", " or ".join(filter(None, ends))),
        *([("resumed", f"after step {count(step)}, {used:.0%} of the budget")] if step else ()),
        ("model", safe(str(path)).plain),
    ]
    if spared:
        rows.append(("", f"{safe(str(spared)).plain} exists, and stays; --overwrite replaces it"))
    show_rows([*rows, *(("note", safe(note).plain) for note in run.notes)], console)


def answered(run: PairRun, width: int) -> str:
    """Return the answers to a few of the pairs that were kept, or else learnt, a line each."""
    pairs = (run.kept if len(run.kept) else run.learnt).only(
        range(min(SHOWN, len(run.kept) or len(run.learnt)))
    )
    encoded = encode_pairs(pairs, run.vocabulary, run.labels)
    state, probabilities = SourceReader(run.pair_network).read(encoded.sources)
    if run.labels:
        said = [run.labels[k] for k in probabilities.argmax(axis=1).tolist()]
    else:
        longest = 2 * max(map(len, pairs.answers)) + 20
        said = [
            run.vocabulary.decode_output(ids) for ids in greedy(run.pair_network, state, longest)
        ]
    lines = (
        f"{textwrap.shorten(source, width // 2)} -> {answer}"
        for source, answer in zip(pairs.sources, said, strict=True)
    )
    return "\n".join(lines)


def show_pair_end(
    run: PairRun, checkpoint: PairCheckpoint, verdict: Verdict, path: Path, console: Console
) -> None:
    """Print the result of a run on pairs: what it answers, how well, and what to type next."""
    screen = screen_of(console, narrowest=LEAST_COLUMNS)
    history, record, measured = checkpoint.history, checkpoint.training, run.measured
    lines = [Text()]
    if len(history) > 1:
        series = {"train": history[:, 1], "val": history[:, 2]}
        if not run.is_validated:
            del series["val"]
        label = "loss, nats a symbol"
        lines += curve(history[:, 0], series, screen, height=8, label=label)
        lines.append(Text())
    speed = record.characters_read / max(record.seconds, 1e-9)
    lines += wrapped(
        f"{counted(record.steps, 'step')} in {duration(record.seconds)}, {short(speed)} char/s",
        screen,
    )
    lines += wrapped(
        f"ended because {record.ended}; the best was step {count(record.best_step)}", screen
    )
    if measured:
        lines += measured_lines(measured, run.labels, screen)
        lines += [Text(), *_wrong(run, measured, screen)]
    lines += [Text(), *wrapped(sentence(verdict, run.pair_network.config, record), screen)]
    show(lines, screen, console)
    print_line(f"saved  {shown_path(path)}", console)
    some = (run.kept if len(run.kept) else run.learnt).sources[0]
    asked = command("sample", file_word(path))
    print_line(f"next   {asked} -p {quoted(some)}", console, "bold")
    print_line(f"       {asked} --each-line < TEXTS", console, "bold")


def measured_lines(measured: Measured, labels: tuple[str, ...], screen: Screen) -> list[Text]:
    """Return what was measured on pairs that were not learnt, beside simple programs."""
    lines = wrapped(f"answers to {counted(measured.count, 'pair')} that it has not learnt:", screen)
    shares = {"right" if labels else "exactly right": measured.right, **measured.baselines}
    wide = max(map(len, shares))
    room = min(WIDEST_BAR, screen.width - wide - 30)
    for n, (name, right) in enumerate(shares.items()):
        low, high = interval(right, measured.count)
        line = Text(f"  {name:<{wide}} {right / measured.count:6.1%}  {low:.1%} to {high:.1%}")
        if room > 7:
            drawn = bar(right / measured.count, room, ascii_only=screen.ascii_only)
            line.append(f"  {drawn}", screen.palette.second if n else screen.palette.first)
        lines.append(line)
    if labels:
        lines += wrapped(
            f"macro F1 {measured.macro_f1:.3f}; calibration error {measured.calibration:.3f}; "
            f"{measured.bits:.3f} bits an answer",
            screen,
        )
        lines += _confusion(measured, labels, screen)
    else:
        lines += wrapped(
            f"{measured.errors:.2%} of the characters wrong; {measured.bits:.3f} bits/char", screen
        )
    return lines


def _confusion(measured: Measured, labels: tuple[str, ...], screen: Screen) -> list[Text]:
    """Return how often each label was answered by each, where there are few."""
    if len(labels) > MOST_LABELS:
        return []
    shown = [harmless(label)[:14] for label in labels]
    wide = max(6, *map(len, shown))
    if (wide + 1) * (len(labels) + 1) > screen.width:
        return []
    head = " ".join(f"{label:>{wide}}" for label in ["", *shown])
    lines = [Text(), Text(head, screen.palette.dim)]
    for label, row in zip(shown, measured.confusion.tolist(), strict=True):
        lines.append(Text(" ".join([f"{label:>{wide}}", *(f"{n:>{wide},}" for n in row)])))
    lines += wrapped("rows: the answer of the pair; columns: what was answered", screen)
    return lines


def _wrong(run: PairRun, measured: Measured, screen: Screen) -> list[Text]:
    """Return a few pairs that are answered wrongly."""
    wrong = np.flatnonzero(np.array(measured.answered) != np.array(run.kept.answers))
    if not len(wrong):
        return wrapped("every one of them is answered right", screen)
    lines = wrapped("some that are answered wrongly:", screen)
    for n in wrong[:SHOWN].tolist():
        said, there = measured.answered[n], run.kept.answers[n]
        source = textwrap.shorten(run.kept.sources[n], 2 * screen.width)
        lines += wrapped(f"  {source} -> {said} ({there})", screen)
    return lines
