"""The view `verdict` of a network of pairs: how each character of a text turns the answer."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from charrnn.checkpoint.pairs import load_pairs
from charrnn.cli.inspect.given import Given
from charrnn.cli.inspect.options import OutputOptions, TextOptions
from charrnn.cli.inspect.pairs import text_to_answer
from charrnn.cli.stdout import deliver, file_for, standard_output
from charrnn.errors import ConfigError
from charrnn.inspection.verdict import Verdict, verdict_of
from charrnn.terminal.bars import bar
from charrnn.terminal.console import results
from charrnn.terminal.heat_map import diverging_legend
from charrnn.terminal.safe import harmless, safe, symbol
from charrnn.terminal.screen import Screen, screen_of, show
from charrnn.terminal.tables import folded, prose, section

VIEW = "verdict"
"""The name of the view."""

SAYS = "what a model of pairs would answer after each character"
"""The question that it answers, for help."""

TURNS = 8
"""Characters that are listed."""

AROUND = 24
"""Characters of the text that are shown before one of them."""


def show_verdict(path: Path, given: Given, reads: TextOptions, writes: OutputOptions) -> None:
    """Draw, or write as JSON, what a model of pairs would answer after each character of a text.

    Raises
    ------
    CharRNNError
        There is no text, the model is none of pairs, or a character is unknown.
    """
    if writes.format not in (None, "text", "json"):
        raise ConfigError(f"--format: {VIEW} is drawn as text, or written as json; choose one")
    checkpoint = load_pairs(path)
    found = verdict_of(checkpoint, text_to_answer(checkpoint, given, reads, VIEW), reads.unknown)
    output = file_for(writes.output)
    console = results(writes.colour)
    screen = screen_of(
        None if output else console,
        width=writes.width,
        theme=writes.theme,
        ascii_only=writes.ascii_only,
    )
    if writes.format == "json":
        said = json.dumps(found.data(), ensure_ascii=False) + "\n"
    else:
        lines = list(drawn(found, screen, path.name))
        if output is None:
            with standard_output():
                show(lines, screen, console)
                sys.stdout.flush()
            return
        said = "".join(f"{line.plain.rstrip()}\n" for line in lines)
    if output is not None:
        deliver(output, lambda stream: stream.write(said.encode()))
        return
    with standard_output():
        sys.stdout.write(said)
        sys.stdout.flush()


def drawn(found: Verdict, screen: Screen, name: str) -> Iterator[Text]:
    """Yield the lines of a verdict: the text, what turned it, and the answer."""
    yield Text(safe(name).plain, "bold")
    if not found.labels:
        yield from section("what would be written after each word", screen)
        for n, answer in enumerate(found.answers):
            if answer or n == len(found.text) - 1:
                before = "".join(symbol(c, space=False) for c in found.text[: n + 1])
                yield from folded(Text(f"{before} -> {harmless(answer)}"), screen.width)
        return
    final, shares = found.final, found.towards_final()
    yield from section(f"how probable {harmless(final)} is after each character", screen)
    yield from _text(found, screen)
    yield from section("the characters that turned it most", screen)
    for t, change in found.turns(TURNS):
        before = found.text[max(0, t - AROUND) : t]
        shown = "".join(symbol(c, space=False) for c in before)
        line = Text(f"{shares[t - 1]:5.0%} -> {shares[t]:4.0%}  {change:+.0%}  ")
        line.append(shown, screen.palette.dim).append(symbol(found.text[t]), "bold")
        yield line
    yield from section("the answer", screen)
    wide = max(map(len, found.labels))
    ranked = sorted(zip(found.probabilities[-1].tolist(), found.labels, strict=True), reverse=True)
    for p, label in ranked:
        drawn_bar = bar(p, max(8, min(40, screen.width - wide - 10)), ascii_only=screen.ascii_only)
        yield Text(f"{harmless(label):<{wide}} {p:6.1%} {drawn_bar}".rstrip())


def _text(found: Verdict, screen: Screen) -> Iterator[Text]:
    """Yield the text, each character coloured by the final answer's probability after it."""
    shares = found.towards_final()
    line, figures = Text(), ""
    for t, character in enumerate(found.text):
        shown = symbol(character, space=False)
        style = screen.palette.diverging(2 * float(shares[t]) - 1) if screen.coloured else ""
        if line.cell_len + len(shown) > screen.width:
            yield line
            if not screen.coloured:
                yield Text(figures, screen.palette.dim)
            line, figures = Text(), ""
        line.append(shown, style)
        figures += str(min(9, int(10 * shares[t]))).ljust(len(shown))
    yield line
    if screen.coloured:
        yield diverging_legend(screen, "0%", "100%")
    else:
        yield Text(figures, screen.palette.dim)
        yield from prose("below each character: tenths of the probability, 9 from .9 on", screen)
