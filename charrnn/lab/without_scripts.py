"""The part of a page that is there without scripts: a summary, a text, and predictions."""

from collections.abc import Iterator
from html import escape
from itertools import groupby

import numpy as np

from charrnn.array_types import Floats
from charrnn.inspection.reading import Reading
from charrnn.lab.data import Shown, liveliest
from charrnn.plurals import counted
from charrnn.terminal.safe import symbol

COLUMNS, LINES = 64, 12
PLACES, LIKELIEST = 5, 3

_MARKS = "#+-· ·-+#"
"""The mark of a level from -4 to 4, which the colour repeats."""


def without_scripts(shown: Shown, reading: Reading, source: str) -> str:
    """Return HTML: a table about the network, the text by its liveliest unit, and five places."""
    layer, index = liveliest(reading)
    return f"""<h1>{escape(_line(shown.path.name))}</h1>
<p>A recurrent network that reads and writes one character at a time. This is the part of the page
that needs no scripts; where they run, the network itself is here to type into.</p>
<table><caption>The network</caption><tbody>
{"".join(_rows(shown))}</tbody></table>
<h2>What it reads, and one number of what it keeps</h2>
<p>{escape(source)} Below each character stands the value of unit {layer}:{index} after it: blue and
orange, from <code>#</code> for strong by <code>+</code> and <code>-</code> to <code>·</code> for
weak.</p>
<pre class="levels">{"".join(_lines(reading, reading.states["a"][:, layer, index]))}</pre>
<h2>What it expects</h2>
<table><thead><tr><th scope="col">after</th><th scope="col">likeliest next characters</th>
<th scope="col">came</th><th scope="col">surprise</th></tr></thead><tbody>
{"".join(_places(reading))}</tbody></table>
"""


def _rows(shown: Shown) -> Iterator[str]:
    config, training = shown.network.config, shown.checkpoint.training
    facts = {
        "cell": config.cell.upper(),
        "layers": f"{config.num_layers}",
        "hidden units in each": f"{config.hidden_size:,}",
        "characters that it knows": f"{config.vocabulary_size:,}",
        "parameters": f"{shown.network.params.flat.size:,}, stored as {shown.stored}",
        "trained on": f"{counted(training.train_characters, 'character')}, "
        f"{counted(training.steps, 'step')}",
    }
    if training.val_loss is not None:
        facts["bits a character on text kept apart"] = f"{training.val_loss / np.log(2):.3f}"
    for name, value in facts.items():
        yield f'<tr><th scope="row">{name}</th><td>{value}</td></tr>\n'


def _lines(reading: Reading, values: Floats) -> Iterator[str]:
    """Yield a line of the text and a line of marks by turns, in runs of one level."""
    levels = np.rint(np.clip(values, -1, 1) * 4).astype(int).tolist()
    cells = list(zip(reading.text, levels, strict=True))
    lines: list[list[tuple[str, int]]] = [[]]
    for character, level in cells:
        lines[-1].append((character, level))
        if character == "\n" or len(lines[-1]) == COLUMNS:
            lines.append([])
    for line in [line for line in lines if line][:LINES]:
        for upper in (True, False):
            for level, run in groupby(line, key=lambda cell: cell[1]):
                said = "".join(
                    _one(character) if upper else _MARKS[level + 4] for character, _ in run
                )
                yield f'<span class="level{level}">{escape(said)}</span>'
            yield "\n"


def _places(reading: Reading) -> Iterator[str]:
    """Yield rows of a table: what came before a place, what was expected, and what came."""
    last = len(reading) - 1
    for place in sorted({round(last * (n + 1) / (PLACES + 1)) for n in range(PLACES)}):
        if place >= last:
            continue
        p = np.exp(reading.log_y_hat[place].astype(np.float64))
        order = (-p).argsort(kind="stable")[:LIKELIEST]
        said = ", ".join(f"{_one(reading.vocabulary[k])} {p[k]:.0%}" for k in order.tolist())
        before = _line(reading.text[max(0, place - 23) : place + 1])
        came = _one(reading.vocabulary[int(reading.ids[place + 1])])
        yield (
            f"<tr><td><code>{escape(before)}</code></td><td>{escape(said)}</td>"
            f"<td><code>{escape(came)}</code></td>"
            f"<td>{reading.surprise[place + 1]:.2f} bits</td></tr>\n"
        )


def _line(text: str) -> str:
    return "".join(symbol(character, space=False) for character in text)


def _one(character: str) -> str:
    """Return the symbol of a character in one column; one that takes more is a box."""
    shown = symbol(character)
    return shown if len(shown) == 1 else "\N{WHITE SQUARE}"
