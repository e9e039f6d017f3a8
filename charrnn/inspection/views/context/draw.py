"""The view `context`: bits by length of context, and the characters decodable from the state."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.inspection.views.context.linear_decoding import FEWEST
from charrnn.inspection.views.context.result import WITHIN, Context
from charrnn.plurals import agreeing, counted
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import Shown, Table, number, prose, rule, share

_LONGEST_BAR = 40


def draw(result: Context, screen: Screen) -> Iterator[Text]:
    """Yield the bits by length of context, then the accuracy of the linear probe by lag."""
    N = len(result.targets)
    many = counted(N, "character")
    yield from rule("bits by context", screen, right=f"{many} predicted")
    yield from _bits(result, screen)
    yield from prose(_enough(result), screen)
    yield Text()
    where = "all layers" if len(result.layers) > 1 else f"layer {result.layers[0]}"
    yield from rule("which characters the state still holds", screen, right=f"state of {where}")
    if not result.recalls:
        yield from prose(f"a text of less than {FEWEST} characters is too short to tell", screen)
        return
    yield from _held(result, screen)


def _bits(result: Context, screen: Screen) -> Iterator[Text]:
    error = screen.pick("±", "+-")
    full = result.whole.mean
    largest = max(float(result.bits.mean(axis=1).max()), full) or 1.0  # 0 if nothing is uncertain
    rows: list[list[Shown]] = [
        [
            f"{n:,}",
            number(bits.mean),
            number(bits.error),
            _signed(excess.mean),
            number(excess.error, 3),
        ]
        for n, bits, excess in zip(result.lengths, result.means, result.excess, strict=True)
    ]
    rows.append(["all", number(full), number(result.whole.error), "", ""])
    table = Table(["n", "bits", error, "over full", f"{error} "], ">>>>>", rows)
    bars = [(bits / largest, screen.palette.second) for bits in [*result.bits.mean(axis=1), full]]
    yield from table.with_bars(bars, _LONGEST_BAR, screen).draw(screen)


def _signed(excess: float) -> str:
    written = number(excess, 3)
    return f"+{written}" if excess > 0 and float(written) else written


def _enough(result: Context) -> str:
    least = int(result.lengths[-1])
    read = f"n: characters read before each, from a state of 0; all: {least:,} and more"
    if result.enough is None:
        return f"{read}. Of those tried none comes within {WITHIN:.0%} of all"
    before = [int(n) for n in result.lengths if n < result.enough]
    characters = f"{counted(result.enough, 'character')} {agreeing(result.enough, 'comes', 'come')}"
    said = f"{read}. {characters} within {WITHIN:.0%} of all"
    if not before:
        return said
    more = number(result.excess[len(before) - 1].mean, 3)
    return f"{said}; with {before[-1]:,} each costs {more} bits more"


def _held(result: Context, screen: Screen) -> Iterator[Text]:
    error = screen.pick("±", "+-")
    rows: list[list[Shown]] = [
        [
            str(recall.lag),
            share(recall.accuracy.mean),
            share(recall.accuracy.error),
            share(recall.by_last),
            share(recall.commonest),
        ]
        for recall in result.recalls
    ]
    heading = ["k", "right", error, "by x(t) alone", "chance"]
    table = Table(heading, "><<<<", rows)
    bars = [(recall.accuracy.mean, screen.palette.second) for recall in result.recalls]
    yield from table.with_bars(bars, _LONGEST_BAR, screen).draw(screen)
    guesses = result.recalls[0].accuracy.count
    said = (
        f"right: the share of {guesses:,} guesses at x(t-k), from the state after x(t), that are "
        "right; learnt on the first half of the text, tried on the second."
    )
    held = result.held
    if held is None:
        said += " It tells nothing for certain, by two standard errors, that chance does not"
    elif held == 0:
        said += " Beyond x(t) itself it tells nothing for certain, by two standard errors"
    else:
        said += (
            f" Up to k = {held} that is more, by two standard errors, than chance or x(t) alone "
            "would tell"
        )
    yield from prose(said, screen)
