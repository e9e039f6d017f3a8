"""The view `context`: bits by length of context, and what the state can still spell."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.display.bars import bar
from charrnn.display.screen import Screen
from charrnn.display.tables import Shown, Table, number, prose, rule, share
from charrnn.inspection.past.recall import FEWEST
from charrnn.inspection.views.context import WITHIN, Context
from charrnn.plurals import agreeing, counted

_LONGEST_BAR = 40

EXPLANATION = """\
context: how much of what it read the network uses, and how much it still has.

Bits by context. Some characters x(t) of the text, --targets of them drawn at
random, are predicted from a state that was 0 before character t-n:
    b(n) = mean of -log2 y_hat(t-1)[x(t)]        n = 1, 2, 4, ... --lags
over full: b(n) less what the same characters cost when all of the text was
read before them. Pairs are subtracted, so its error is much smaller than that
of b(n). Context is enough from the least n on that comes within 1% of that.
A standard error (+-) comes from means of blocks of neighbouring targets.

What the state holds. From the state of all layers after character t (a, and c
of an LSTM; --layer for one), x(t-k) is guessed by a ridge classifier, which is
fitted to the first half of the text and tried on the second. Beside it stand
the guesses of somebody who knows x(t) alone, and those of one who always says
the commonest character, which is chance.

Beware: what can be read off the state need not be used, and what is used need
not be there letter by letter: "in a question" is held without its words. A
state of 0 is also a state that reading seldom leads to, so that b(n) of the
smallest n may be worse than what n characters are worth.
"""


def draw(result: Context, screen: Screen) -> Iterator[Text]:
    """Yield the bits by length of context, then what the state can be asked."""
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
    largest = max(float(result.bits.mean(axis=1).max()), full) or 1.0  # if nothing is uncertain
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
    lengths = [*result.bits.mean(axis=1), full]
    yield from table.beside("", _bars(lengths, largest, table.width, screen)).draw(screen)


def _signed(excess: float) -> str:
    written = number(excess, 3)
    return f"+{written}" if excess > 0 and float(written) else written


def _bars(values: list[float], largest: float, used: int, screen: Screen) -> list[Text]:
    """Return a bar for each value, as long as there is room for."""
    room = min(_LONGEST_BAR, screen.width - used - 2)
    return [
        Text(bar(value / largest, room, ascii_only=screen.ascii_only), screen.palette.second)
        for value in values
    ]


def _enough(result: Context) -> str:
    least = int(result.lengths[-1])
    read = f"n: characters read before each, from a state of 0; all: {least:,} and more"
    if result.enough is None:
        return f"{read}. Of those tried none comes within {WITHIN:.0%} of all"
    before = [int(n) for n in result.lengths if n < result.enough]
    characters = f"{counted(result.enough, 'character')} {agreeing(result.enough, 'comes', 'come')}"
    told = f"{read}. {characters} within {WITHIN:.0%} of all"
    if not before:
        return told
    more = number(result.excess[len(before) - 1].mean, 3)
    return f"{told}; with {before[-1]:,} each costs {more} bits more"


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
    accuracies = [recall.accuracy.mean for recall in result.recalls]
    yield from table.beside("", _bars(accuracies, 1.0, table.width, screen)).draw(screen)
    guesses = result.recalls[0].accuracy.count
    told = (
        f"right: the share of {guesses:,} guesses at x(t-k), from the state after x(t), that are "
        "right; learnt on the first half of the text, tried on the second."
    )
    held = result.held
    if held is None:
        told += " It tells nothing for certain, by two standard errors, that chance does not"
    elif held == 0:
        told += " Beyond x(t) itself it tells nothing for certain, by two standard errors"
    else:
        told += (
            f" Up to k = {held} that is more, by two standard errors, than chance or x(t) alone "
            "would tell"
        )
    yield from prose(told, screen)
