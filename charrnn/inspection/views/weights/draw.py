"""The view `weights`: how large the weights are, and which characters they treat alike."""

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from charrnn.inspection.result import name
from charrnn.inspection.views.weights.result import LARGEST, NEAR_ZERO, Matrix, Timescale, Weights
from charrnn.network.cells import label
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, number, prose, rule, section, share

_GAP = 2
_SOME = 0.05  # of the weights
_MANY_MORE = 3  # times


def draw(result: Weights, screen: Screen) -> Iterator[Text]:
    """Yield the matrices, the biases with the memory they make, and who is like whom."""
    yield from rule("matrices", screen, right="(inputs x outputs), beside a fresh network's")
    yield from _matrices(result.matrices, screen)
    yield from prose(
        "norm: of all weights; spectral: the most by which it lengthens a vector; rank: along how "
        f"many directions about so much; near 0: the share below {NEAR_ZERO:g}; radius: the "
        "growth of a small state in a step",
        screen,
    )
    for said in _findings(result):
        yield from prose(said, screen)
    yield from section("biases", screen)
    yield from _biases(result, screen)
    if result.timescales:
        yield from section("memory that the biases make", screen, right="tau, in characters")
        yield from _timescales(result.timescales, screen)
    if result.kinships:
        yield Text()
        yield from _alike(result, screen)


def _matrices(matrices: Sequence[Matrix], screen: Screen) -> Iterator[Text]:
    heading = ["block", "shape", "norm", "fresh", "spectral", "fresh", "rank", "near 0", "radius"]
    quiet = screen.palette.dim
    body: list[list[Shown]] = []
    for matrix in matrices:
        rows, cols = matrix.block.values.shape
        body.append([
            matrix.block.label,
            f"{rows} x {cols}",
            number(matrix.size.norm),
            Text(number(matrix.fresh.norm), quiet),
            number(matrix.size.spectral),
            Text(number(matrix.fresh.spectral), quiet),
            number(matrix.size.rank, 1),
            share(matrix.size.near_zero),
            number(matrix.radius) if isfinite(matrix.radius) else "",
        ])  # fmt: skip
    table = Table(heading, "<<>>>>>>>", body)
    yield from table.narrowed(screen.width, ("rank", "near 0", "shape")).draw(screen)


def _findings(result: Weights) -> Iterator[str]:
    """Yield in sentences what is large or small beside a fresh network."""
    by_growth = sorted(result.matrices, key=lambda matrix: matrix.growth)
    least, most = by_growth[0], by_growth[-1]
    yield (
        f"Grown most: {most.block.label}, to {most.growth:.3g} times the fresh norm; least: "
        f"{least.block.label}, {least.growth:.3g} times."
    )
    flat = min(result.matrices, key=lambda matrix: matrix.size.rank / matrix.fresh.rank)
    if isfinite(flat.size.rank):
        yield (
            f"Narrowest: {flat.block.label}, which works along about {number(flat.size.rank, 0)} "
            f"of its directions, fresh along {number(flat.fresh.rank, 0)}."
        )
    small = [
        f"{matrix.block.label} ({matrix.size.near_zero:.0%})"
        for matrix in result.matrices
        if matrix.size.near_zero > max(_SOME, _MANY_MORE * matrix.fresh.near_zero)
    ]
    many = f"Many weights near 0: {', '.join(small)}."
    yield many if small else "No block has many more weights near 0 than a fresh one."
    for matrix in result.matrices:
        if isfinite(matrix.radius):
            yield _fate(matrix)
    if any(len(matrix.block.values) > LARGEST for matrix in result.matrices):
        yield f"Radii of more than {LARGEST} units are not worked out."


def _fate(matrix: Matrix) -> str:
    """Return what a radius says."""
    fresh = number(matrix.fresh_radius)
    goes = "fade" if matrix.radius < 1 else "grow until tanh bounds it"
    gates = "; the gates hold it back" if matrix.block.gate and matrix.radius >= 1 else ""
    radius = f"Radius of {matrix.block.label}: {number(matrix.radius)}, fresh {fresh}"
    return f"{radius}; by itself a small state would {goes}{gates}."


def _biases(result: Weights, screen: Screen) -> Iterator[Text]:
    heading = ["block", "numbers", "mean", "sd", "min", "max", "fresh"]
    body: list[list[Shown]] = [
        [
            bias.block.label,
            f"{bias.block.values.size:,}",
            *map(number, (bias.mean, bias.sd, bias.least, bias.largest)),
            Text(number(bias.fresh), screen.palette.dim),
        ]
        for bias in result.biases
    ]
    yield from Table(heading, "<>>>>>>", body).draw(screen)


def _timescales(scales: Sequence[Timescale], screen: Screen) -> Iterator[Text]:
    heading = ["layer", "gate", "5%", "median", "95%", "longest", "unit", "fresh"]
    body: list[list[Shown]] = []
    for scale in scales:
        low, middle, high = np.quantile(scale.tau, (0.05, 0.5, 0.95), method="nearest").tolist()
        j = int(np.argmax(scale.tau))
        body.append([
            str(scale.layer),
            label(scale.gate),
            *(f"{tau:.3g}" for tau in (low, middle, high, float(scale.tau[j]))),
            name((scale.layer, j)),
            Text(f"{scale.fresh:.3g}", screen.palette.dim),
        ])  # fmt: skip
    yield from Table(heading, "<<>>>>>>", body).draw(screen)
    yield from prose(
        "if the gate received nothing but its bias; --view gates shows what it does on a text",
        screen,
    )


def _alike(result: Weights, screen: Screen) -> Iterator[Text]:
    """Yield for the most frequent characters which others are read, and predicted, alike."""
    symbols = Symbols(result.vocabulary, ascii_only=screen.ascii_only)
    read, predicted = result.kinships
    shown = min(result.shown, len(read.ids))
    yield from rule(
        "characters that are alike", screen,
        right=f"the {shown} most frequent of {len(result.vocabulary):,}",
    )  # fmt: skip
    counts = result.vocabulary.counts
    widest = max(symbols.width(k) for k in read.ids[:shown])
    size = max(len("count"), *(len(f"{counts[k]:,}") for k in read.ids[:shown]))
    room = (screen.width - max(widest, 4) - size - 3 * _GAP) // 2
    near = [kinship.above(result.top) for kinship in result.kinships]
    body: list[list[Shown]] = [
        [symbols[k], f"{counts[k]:,}", *(_some(found[n], symbols, room) for found in near)]
        for n, k in enumerate(read.ids[:shown].tolist())
    ]
    titles = (f"read alike, {read.weights}", f"predicted alike, {predicted.weights}")
    heading = ["char", "count", *titles]
    yield from Table(heading, "<><<", body).draw(screen)
    yield from prose(
        f"cosine of the weights; only what is above {share(read.floor)} and "
        f"{share(predicted.floor)}, the most of any two characters in a fresh network; - where "
        "what was drawn by chance still outweighs what was learnt",
        screen,
    )


def _some(found: Sequence[tuple[int, float]], symbols: Symbols, room: int) -> str:
    """Return as many of these characters as there is room for, the nearest first."""
    line = ""
    for k, cosine in found:
        longer = f"{line}{'  ' if line else ''}{symbols[k]} {share(cosine)}"
        if cell_len(longer) > room:
            break
        line = longer
    return line or "-"
