"""What a run on pairs prints."""

import textwrap
from pathlib import Path

import numpy as np
from rich.text import Text

from charrnn.cli.signals import Stop
from charrnn.cli.train.display import Again, Log
from charrnn.cli.train.show_end import (
    LEAST_COLUMNS,
    print_line,
    run_lines,
    show_stopped,
    shown_path,
    wrapped,
)
from charrnn.cli.train.show_plan import (
    describe,
    limits,
    model_rows,
    resumed_row,
    show_rows,
    sources_named,
    training_row,
)
from charrnn.cli.train.show_verdict import sentence
from charrnn.evaluation.answers import Measured, SourceReader, greedy, interval
from charrnn.evaluation.pairs import encode_pairs
from charrnn.plurals import counted
from charrnn.terminal.bars import bar
from charrnn.terminal.commands import command, file_word, quoted
from charrnn.terminal.console import notes
from charrnn.terminal.numbers import count
from charrnn.terminal.safe import harmless, safe
from charrnn.terminal.screen import Screen, screen_of, show
from charrnn.text.pairs import Pairs
from charrnn.training.pairs.run import PairRun
from charrnn.training.trainer import Ending
from charrnn.training.verdict import judge

SHOWN = 3
"""Pairs whose answers are shown."""

MANY_PAIRS = 500
"""Pairs above which a note says what takes the time."""

MOST_LABELS = 12
"""Labels of a table of confusion at most."""

WIDEST_BAR = 30
"""Columns of a bar."""


class PairDisplay:
    """Prints a run on pairs; a `charrnn.cli.train.display.Display`."""

    def __init__(self, run: PairRun) -> None:
        self._run = run

    def plan(self, path: Path, spared: Path | None = None, saving: float = 0.0) -> None:
        """Print the plan: the pairs, how they are answered, the network, the training."""
        run, trainer = self._run, self._run.trainer
        training, pairs, network = trainer.config, run.pairs, run.network
        sources = tuple(source.name for source in run.corpus.sources)
        longest = max(map(len, pairs.sources)), max(map(len, pairs.answers))
        rows = [
            ("pairs", f"{sources_named(sources)}: {counted(len(pairs), 'pair')}"),
            ("", f"{count(len(run.learnt))} to learn from, {count(len(run.kept))} to validate"),
            (
                "",
                f"texts of up to {counted(longest[0], 'character')}, answers of up to "
                f"{longest[1]:,}",
            ),
            ("answers", self._answers()),
            (
                "network",
                f"{describe(network.config)}"
                f"{' twice: one reads, one writes' if network.decoder else ''}, "
                f"{counted(network.params.flat.size, 'parameter')}",
            ),
            ("training", training_row(training, None)),
            ("budget", " or ".join(limits(training, ("pass", "passes")))),
            *resumed_row(trainer.now.step, trainer.fraction()),
            *model_rows(path, spared),
        ]
        show_rows(rows, run.notes, notes())

    def _answers(self) -> str:
        """Return how texts are answered, and what decides otherwise."""
        run, distinct = self._run, len(self._run.pairs.labels)
        if run.labels:
            kind = f"chosen from {counted(distinct, 'label')}: {', '.join(run.labels)}"
            other = "written"
        else:
            kind, other = f"written out, {distinct:,} distinct", "chosen"
        found = "" if run.asked.answers else f"; --answers {other} decides otherwise"
        return f"{safe(kind, limit=200).plain}{found}"

    def index(self, path: Path, stop: Stop) -> None:
        """Do nothing: pairs are not indexed."""

    def sample(self, length: int) -> str:
        """Return the answers to a few of the pairs that were kept, or else learnt, a line each."""
        run = self._run
        pairs = (run.kept if len(run.kept) else run.learnt).only(range(SHOWN))
        encoded = encode_pairs(pairs, run.vocabulary, run.labels)
        state, probabilities = SourceReader(run.network).read(encoded.sources)
        if run.labels:
            said = [run.labels[k] for k in probabilities.argmax(axis=1).tolist()]
        else:
            longest = 2 * max(map(len, pairs.answers)) + 20
            found = greedy(run.network, state, longest)
            said = [run.vocabulary.decode_output(ids) for ids in found]
        return "\n".join(
            f"{textwrap.shorten(source, length // 2)} -> {answer}"
            for source, answer in zip(pairs.sources, said, strict=True)
        )

    def measuring(self) -> str:
        """Return how many pairs are answered, if there are many."""
        kept = len(self._run.kept)
        return counted(kept, "pair") if kept > MANY_PAIRS else ""

    def stopped(self, path: Path) -> None:
        """Print that the run was stopped, and how to resume it."""
        run = self._run
        show_stopped(run.trainer.now.step, path, notes(), piped=run.corpus.is_piped)

    def ended(self, path: Path, ending: Ending, again: Again, log: Log) -> None:
        """Log and print how well pairs are answered that were not learnt, and what to type next."""
        run, console = self._run, notes()
        checkpoint = run.checkpoint()
        record = checkpoint.training
        verdict = judge(checkpoint.history, ending, validated=run.is_validated)
        log(
            best_step=record.best_step, val_loss=record.val_loss,
            measured=checkpoint.measured, seconds=record.seconds, verdict=verdict.kind,
        )  # fmt: skip
        screen = screen_of(console, narrowest=LEAST_COLUMNS)
        lines = [Text(), *run_lines(checkpoint.history, record, screen, "loss, nats a symbol")]
        if run.measured:
            lines += measured_lines(run.measured, run.labels, screen)
            lines += [Text(), *_wrong(run.kept, run.measured, screen)]
        lines += [Text(), *wrapped(sentence(verdict, run.network.config, record), screen)]
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


def _wrong(kept: Pairs, measured: Measured, screen: Screen) -> list[Text]:
    """Return a few pairs that are answered wrongly."""
    wrong = np.flatnonzero(np.array(measured.answered) != np.array(kept.answers))
    if not len(wrong):
        return wrapped("every one of them is answered right", screen)
    lines = wrapped("some that are answered wrongly:", screen)
    for n in wrong[:SHOWN].tolist():
        said, there = measured.answered[n], kept.answers[n]
        source = textwrap.shorten(kept.sources[n], 2 * screen.width)
        lines += wrapped(f"  {source} -> {said} ({there})", screen)
    return lines
