"""The view `grad`: how far back the gradients of losses reach, by model and text."""

from collections.abc import Iterator
from math import ceil, floor, isfinite, log10

import numpy as np
from rich.text import Text

from charrnn.array_types import Column
from charrnn.inspection.views.grad.draw_lags import Past, pasts
from charrnn.inspection.views.grad.result import (
    EXPLODING,
    LEAST_LAGS,
    SPAN,
    VANISHING,
    Course,
    Descent,
    Gradients,
)
from charrnn.network.cells import words
from charrnn.plurals import counted
from charrnn.terminal.bars import bar_text
from charrnn.terminal.heat_map import sequential_legend
from charrnn.terminal.screen import Screen
from charrnn.terminal.symbols import Symbols
from charrnn.terminal.tables import Shown, Table, flow, number, prose, rule, section, share

_LAGS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
_NARROWEST, _ROOMY, _WIDEST = 16, 34, 60  # cells for the bars of one course
_SMALLEST = -12  # the least power of ten at which bars begin
_TARGETS = 12  # lines of the map, shared by the models
_DECADES = 4  # that the map's colours span


def draw(result: Gradients, screen: Screen) -> Iterator[Text]:
    """Yield a verdict on each course, their medians side by side, all numbers, and the map."""
    losses = counted(len(result.targets), "loss", "losses")
    by = f"the {_named(result.kind)}" if result.kind != "x" else _named("x")
    yield from rule(f"gradient by {by}", screen, right=losses)
    named = [
        (_title(result, n, course), course)
        for n, model in enumerate(result.models)
        for course in model.of_kind(result.kind)
    ]
    for title, course in named:
        yield from _sentence(title, course, result.lags, screen)
    yield Text()
    yield from _medians(named, result.lags, screen)
    yield from section("in numbers", screen)
    yield from _numbers(result, screen)
    yield Text()
    yield from _map(result, screen)


def _title(result: Gradients, n: int, course: Course) -> str:
    model = result.models[n]
    parts = [_numbered(n, model)] if len(result.models) > 1 else []
    if course.layer is None:
        parts += [] if parts else ["x"]
    elif len(model.of_kind(course.kind)) > 1 or not parts:
        parts.append(f"layer {course.layer}")
    return ", ".join(parts)


def _numbered(n: int, model: Descent) -> str:
    return f"{n + 1} {model.network.cell}"


def _sentence(title: str, course: Course, K: int, screen: Screen) -> Iterator[Text]:
    verdict = f"too few lags, {course.verdict}" if K < LEAST_LAGS else course.verdict
    said = [Text(f"{title}: {verdict};", screen.palette.bold)]
    if course.is_measured.any():
        characters = counted(K, "character")
        said.append(Text(f"{_size(course.median[-1])} of it is left after {characters},"))
        said.append(Text(f"90% of the sum lies within {number(course.m90, 0)}"))
    else:
        said.append(Text("no loss has a gradient to compare"))
    yield from flow(said, screen, gap=1, label=Text())


def _medians(named: list[tuple[str, Course]], K: int, screen: Screen) -> Iterator[Text]:
    """Yield bars of the medians at some lags, a column per course, as many as fit side by side."""
    seen = np.concatenate([course.median for _, course in named])
    seen = seen[seen > 0]
    least = max(_SMALLEST, min(-2, floor(log10(seen.min())))) if len(seen) else -2
    most = max(0, ceil(log10(seen.max()))) if len(seen) else 0
    lags = [k for k in _LAGS if k < K] + [K]
    margin = len(str(K)) + 2
    fitting = (screen.width - margin) // _NARROWEST
    width = min(_WIDEST, (screen.width - margin) // min(fitting, len(named)) - 2)
    styles = (screen.palette.first, screen.palette.second)
    for start in range(0, len(named), fitting):
        if start:
            yield Text()
        table = Table(["k"], ">", [[str(k)] for k in lags])
        for n, (title, course) in enumerate(named[start : start + fitting], start):
            cells = [_number(course, k, width, screen) for k in lags]
            for cell, median in zip(cells, course.median[lags].tolist(), strict=True):
                part = (log10(median) - least) / (most - least) if median > 0 else 0.0
                cell.append_text(bar_text(part, width - cell.cell_len, styles[n % 2], screen))
            table = table.beside(title, cells)
        yield from table.draw(screen)
    quartiles = ", beside it the quartiles" if width >= _ROOMY else ""
    yield from prose(
        f"its norm k characters before the loss over that at k = 0: the median{quartiles}; bars on "
        f"a log scale from {10.0**least:g} to {10.0**most:g}",
        screen,
    )


def _number(course: Course, k: int, width: int, screen: Screen) -> Text:
    """Format the median at a lag, with the quartiles if there is room."""
    q25, median, q75 = course.quartiles[:, k].tolist()
    cell = Text(f"{_size(median):<6}")
    if width >= _ROOMY:
        cell.append(f"{_size(q25):>5} .. {_size(q75):<6}", screen.palette.dim)
    return cell


def _size(value: float) -> str:
    """Format a number of at least 0 in at most five cells."""
    if not isfinite(value) or value < 0.9995:
        return share(value)
    if value >= 9999.5:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def _numbers(result: Gradients, screen: Screen) -> Iterator[Text]:
    """Yield a row for each course: all of one model, of several those of the requested kind."""
    several = len(result.models) > 1
    rows = [
        [*[_numbered(n, model)] * several, *_row(course)]
        for n, model in enumerate(result.models)
        for course in model.courses
        if not several or course.kind == result.kind
    ]
    heading = ["layer", "by", "at k = 0", "per char", "e-fold", "M90", "quartiles", "verdict"]
    table = Table(["model"] * several + heading, "<" * several + "><>>>><<", rows)
    yield from table.narrowed(screen.width, ("e-fold", "quartiles", "at k = 0")).draw(screen)
    yield from prose(
        f"per char, e-fold: of a line through ln(median), which after {SPAN} characters leaves "
        f"less than {VANISHING:g} (vanishing), more than {EXPLODING:g} (exploding), or between "
        f"(steady); M90, median and quartiles: the lag up to which 90% of the sum to k = "
        f"{result.lags} lies",
        screen,
    )


def _row(course: Course) -> list[Shown]:
    reach = course.reach[course.is_measured]
    quartiles = np.quantile(reach, [0.25, 0.75]).tolist() if len(reach) else []
    return [
        "-" if course.layer is None else str(course.layer),
        _named(course.kind),
        _size(course.norm),
        _size(course.rate),
        "-" if abs(course.e_fold) >= 1e4 else number(course.e_fold, 1),
        number(course.m90, 0),
        " .. ".join(f"{quartile:.0f}" for quartile in quartiles),
        course.verdict,
    ]


def _map(result: Gradients, screen: Screen) -> Iterator[Text]:
    """Yield the text before some targets, coloured by the gradient at each character."""
    several, courses = len(result.models) > 1, [m.of_kind(result.kind)[-1] for m in result.models]
    layer = courses[0].layer
    which = "" if several or layer is None else f", layer {layer}"
    yield from rule(f"the text before a loss, painted by its gradient{which}", screen)
    chosen = _chosen(courses[0], max(2, _TARGETS // len(courses)))
    if not chosen:
        yield from prose("no loss has a gradient to show", screen)
        return
    symbols = [Symbols(m.vocabulary, ascii_only=screen.ascii_only) for m in result.models]
    groups = [
        [
            Past(
                name=_numbered(n, model) if several else "",
                symbols=symbols[n],
                ids=model.ids,
                t=int(result.targets[s]),
                values=_by_decades(courses[n].relative[s]),
                note=number(courses[n].reach[s], 0),
            )
            for n, model in enumerate(result.models)
        ]
        for s in chosen
    ]
    yield from pasts(groups, "M90", screen)
    label = Text("over that at k = 0, log scale: ", screen.palette.dim)
    yield label.append_text(sequential_legend(screen, f"{10.0**-_DECADES:g}", "1"))
    first = " of the first model" if several else ""
    highest = "; of each model its highest layer" if several and layer is not None else ""
    yield from prose(
        f"k = 0 at the right end, then the character whose loss it is; the longest reach{first} "
        f"first{highest}",
        screen,
    )


def _by_decades(relative: Column) -> Column:
    """Return gradients as values from 0 to 1 on a log scale of some decades below 1."""
    with np.errstate(divide="ignore"):
        values: Column = 1 + np.log10(relative) / _DECADES
    return np.nan_to_num(np.clip(values, 0, 1))


def _chosen(course: Course, most: int) -> list[int]:
    """Return the targets to show, from the furthest reach to the least."""
    order = sorted(np.flatnonzero(course.is_measured).tolist(), key=lambda s: -course.reach[s])
    spread = np.linspace(0, len(order) - 1, min(len(order), most))
    return [order[int(n)] for n in spread.round()]


def _named(kind: str) -> str:
    """Return the name of what a gradient is taken by."""
    others = {"z": "pre-activation z", "x": "what is read"}
    return others.get(kind) or f"{words(kind)} {kind}"
