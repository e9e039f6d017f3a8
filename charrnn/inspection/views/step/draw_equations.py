"""Equations with their numbers put in, so that each can be worked out again by hand.

Every number is rounded for itself, from the exact one; what is worked out from printed numbers
agrees with the printed result to within their rounding.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from charrnn.inspection.options import Unit
from charrnn.inspection.result import name
from charrnn.inspection.views.step.result import Step, Term
from charrnn.network.cells import is_sigmoid
from charrnn.network.equations import Gate, LayerStep
from charrnn.plurals import counted
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import flow, folded

NARROW = 72
"""On a screen narrower than this, numbers have one decimal place less."""

_LARGE = 1e4  # from here on a number is written with an exponent


class Digits:
    """How numbers are written on a screen: with four decimal places, or three on a narrow one."""

    def __init__(self, screen: Screen) -> None:
        self._places = 4 if screen.width >= NARROW else 3

    def __call__(self, value: float) -> str:
        """Return a number; it is 0 if it rounds to it."""
        if abs(value) >= _LARGE:
            return f"{value:.{self._places}e}"
        written = f"{value:.{self._places}f}"
        return written.removeprefix("-") if float(written) == 0 else written

    def share(self, value: float) -> str:
        """Return a number from 0 up, with as many significant digits as others have places."""
        return f"{value:#.{self._places}g}"

    def signed(self, value: float) -> tuple[str, str]:
        """Return the sign to add a number by, and the number without it."""
        written = self(value)
        return ("-", written[1:]) if written.startswith("-") else ("+", written)


def unit_lines(
    step: LayerStep, formulas: Mapping[str, str], j: int, screen: Screen
) -> Iterator[Text]:
    """Yield all equations of one unit in one step: its gates, then its states.

    formulas: how each state follows from the gates, see `Cell.formulas`.
    """
    digits = Digits(screen)
    yield from _sums(step, j, digits, screen)
    numbers = {gate.name: digits(float(gate.value[j])) for gate in step.gates}
    for kind, values in step.before.items():
        numbers[f"{kind}(t-1)"] = digits(float(values[j]))
        numbers[f"{kind}(t)"] = digits(float(step.after[kind][j]))
    for kind, formula in formulas.items():
        made = _with_numbers(formula, numbers, screen.pick("×", "*"))
        yield from equation([f"{kind}(t)", formula, made, numbers[f"{kind}(t)"]], screen)


def _with_numbers(formula: str, numbers: Mapping[str, str], times: str) -> str:
    """Return a formula with numbers in the place of names, and a sign between factors."""
    names = "|".join(re.escape(name) for name in sorted(numbers, key=len, reverse=True))
    signed = re.sub(r"(?<![+-]) (?![+-])", f" {times} ", formula)
    return re.sub(rf"(?<!\w)({names})(?!\w)", lambda found: numbers[found[0]], signed)


def equation(parts: Sequence[str], screen: Screen) -> Iterator[Text]:
    """Yield `a = b = c` on one line; where that is too long, with a line for each part."""
    whole = " " + " = ".join(parts)
    if len(whole) <= screen.width:
        yield from _ended(whole, parts[-1], screen)
        return
    indent = " " * (len(parts[0]) + 1)
    yield from folded(Text(f" {parts[0]} = {parts[1]}"), screen.width, len(indent))
    rest = f"{indent} = " + " = ".join(parts[2:])
    if len(rest) <= screen.width:
        yield from _ended(rest, parts[-1], screen)
    else:
        for part in parts[2:]:
            yield from folded(Text(f"{indent} = {part}"), screen.width, len(indent) + 3)


def sum_lines(
    label: str, terms: Sequence[Term], others: int, layer: int | None, screen: Screen
) -> Iterator[Text]:
    """Yield a sum as its largest products and what the others come to.

    others: how many those are.
    layer: whose units are multiplied; None where it is the numbers of a character's vector.
    """
    digits, times = Digits(screen), screen.pick("×", "*")
    items = []
    for term in terms:
        if term.source is None or term.weight is None or term.value is None:
            items.append(Text(f"{counted(others, 'other')} {digits(term.product)}"))
        else:
            source = f"e[{term.source}]" if layer is None else name((layer, term.source))
            product = f"{digits(term.weight)} {times} {digits(term.value)}"
            items.append(Text(f"{source}  {product} = {digits(term.product)}"))
    quiet = Text().append(f" {label}: ", screen.palette.dim)
    yield from flow(items, screen, gap=2, label=quiet)


def _sums(step: LayerStep, j: int, digits: Digits, screen: Screen) -> Iterator[Text]:
    """Yield a line for each gate: three terms, their sum, its σ or tanh."""
    gates = [gate for gate in step.gates if gate.b_n is None]
    squash = [screen.pick("σ", "sigm") if is_sigmoid(gate.name) else "tanh" for gate in gates]
    table = [_terms(gate, j, digits) for gate in gates]
    headings = [f"W_ax {step.source}", "W_aa a", "b_a", "z"]
    widths = [
        max(len(heading), *(len(row[n]) for row in table)) for n, heading in enumerate(headings)
    ]
    label, widest = max(len(_label(gate)) for gate in gates), max(map(len, squash))
    margin = " " * (label + widest + 5)
    first, second, third, last = (
        f"{heading:>{width}}" for heading, width in zip(headings, widths, strict=True)
    )
    heading, sums = f"{margin}{first}   {second}   {third}", f"{' ' * (widest + 5)}{last}"
    if len(heading + sums) <= screen.width:  # where not, each sum stands below its terms
        heading += sums
    yield Text(heading, screen.palette.dim)
    for gate, function, (one, two, three, z) in zip(gates, squash, table, strict=True):
        opened = f"{function:>{widest}}("
        added = f"{one:>{widths[0]}}"
        for term, width in ((two, widths[1]), (three, widths[2])):
            added += f" {term[0]} {term[1:]:>{width}}"
        value = digits(float(gate.value[j]))
        made = f" {_label(gate):<{label}} = {opened}{added})"
        ending = f" = {opened}{z:>{widths[3]}}) = {value}"
        if len(made + ending) > screen.width:
            yield from folded(Text(made), screen.width, label + 3)
            made = " " * (label + 1)
        yield from _ended(made + ending, value, screen)
    if (n := step.gates[-1]).b_n is not None:
        yield from _candidate(step, j, float(n.b_n[j]), screen)


def _candidate(step: LayerStep, j: int, b_n: float, screen: Screen) -> Iterator[Text]:
    """Yield the candidate whose reset gate weighs what it receives from a(t-1)."""
    digits, n, r = Digits(screen), step.gates[-1], float(step.gate(step.reset).value[j])
    sign, bias = digits.signed(b_n)
    times, before = screen.pick("×", "*"), digits(float(n.W_aa_a[j]))
    product = r * (float(n.W_aa_a[j]) + b_n)
    made = f"{digits(r)} {times} ({before} {sign} {bias})"
    yield from equation(
        [f"{step.reset} s", f"{step.reset} (W_aa a + b_n)", made, digits(product)], screen
    )
    second, third = digits.signed(product), digits.signed(float(n.b_a[j]))
    added = " ".join((digits(float(n.W_ax_x[j])), *second, *third))
    parts = [f"tanh({added})", f"tanh({digits(float(n.z[j]))})", digits(float(n.value[j]))]
    yield from equation(
        [n.name, f"tanh(W_ax {step.source} + {step.reset} s + b_a)", *parts], screen
    )


def _label(gate: Gate) -> str:
    return "a(t)" if gate.name == "a" else gate.name


def _terms(gate: Gate, j: int, digits: Digits) -> list[str]:
    """Return the terms of a sum as they are written, those after the first behind their sign."""
    signed = ["".join(digits.signed(float(term[j]))) for term in (gate.W_aa_a, gate.b_a)]
    return [digits(float(gate.W_ax_x[j])), *signed, digits(float(gate.z[j]))]


def _ended(line: str, result: str, screen: Screen) -> Iterator[Text]:
    """Yield a line whose result stands out."""
    text = Text(line)
    text.stylize(screen.palette.bold, len(line) - len(result))
    yield from folded(text, screen.width)


def header(result: Step, unit: Unit, screen: Screen) -> Iterator[Text]:
    """Yield which unit it is, what it was, and what it has become."""
    digits, (layer, j) = Digits(screen), unit
    step = result.layers[layer]
    items = [f"{kind}(t-1) = {digits(float(was[j]))}" for kind, was in step.before.items()]
    items.append(f"{screen.pick('→', '->')} a(t) = {digits(float(step.after['a'][j]))}")
    label = Text().append(f"unit {name(unit)}  ", screen.palette.bold)
    yield from flow(map(Text, items), screen, gap=2, label=label)
