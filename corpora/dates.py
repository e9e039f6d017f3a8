"""Write 10,000 pairs of a date as people write it and the same date in ISO 8601.

Each line is `human date<TAB>ISO date`, for days from 1900 to 2099. One fixed reading gives the
ISO date: figures alone run day, month, year, except that a four-digit year in front is followed
by the month; a two-digit year after an apostrophe lies between 1950 and 2049.

Run it with: python corpora/dates.py > corpora/dates.tsv
and for 1,000 pairs with other sources: python corpora/dates.py --unseen > corpora/dates-unseen.tsv
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from pairs import main

SEED = 1900
PAIRS, UNSEEN = 10_000, 1_000
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
ONE_DAY = timedelta(days=1)

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
UNITS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
TEENS = tuple(f"{stem}teenth" for stem in ("thir", "four", "fif", "six", "seven", "eigh", "nine"))
TWENTIES = ("twentieth", *(f"twenty-{unit}" for unit in UNITS))
ORDINALS = (*UNITS, "tenth", "eleventh", "twelfth", *TEENS, *TWENTIES, "thirtieth", "thirty-first")


def in_words(day: date) -> str:
    return ORDINALS[day.day - 1]


def in_digits(day: date) -> str:
    teen = day.day in (11, 12, 13)
    suffix = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{suffix}"


def plain(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


STYLES: list[Callable[[date], str]] = [
    plain,
    lambda day: plain(day).upper(),
    lambda day: plain(day).lower(),
    lambda day: f"on the eve of {plain(day + ONE_DAY)}",
    lambda day: f"the day after {plain(day - ONE_DAY)}",
    lambda day: f"the {in_words(day)} of {day:%B, %Y}",
    lambda day: f"{day:%A}, the {in_words(day)} of {day:%B, %Y}",
    lambda day: f"{day:%B} the {in_words(day)}, {day:%Y}",
    lambda day: f"in the year {day:%Y}, on the {in_words(day)} day of {day:%B}",
    lambda day: f"{day:%B} {in_digits(day)}, {day:%Y}",
    lambda day: f"the {in_digits(day)} of {day:%B %Y}",
    lambda day: f"{day:%A} {in_digits(day)} {day:%B %Y}",
    lambda day: f"{day:%A, %B} {day.day}, {day:%Y}",
    lambda day: f"{day:%a} {day.day} {day:%b %Y}".lower(),
    lambda day: f"{day:%b} {day.day}, {day:%Y}",
    lambda day: f"{day:%d-%b-%Y}".upper(),
    lambda day: f"{day.day}/{day.month}/{day.year}",
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.day}.{ROMAN[day.month - 1]}.{day.year}",
]
SHORT_YEAR_STYLES: list[Callable[[date], str]] = [
    lambda day: f"{day.day} {day:%b '%y}",
    lambda day: f"{day:%B} {in_digits(day)}, {day:'%y}",
]


def pairs(rng: random.Random) -> Iterator[tuple[str, str]]:
    while True:
        day = FIRST + rng.randint(0, (LAST - FIRST).days) * ONE_DAY
        styles = STYLES + SHORT_YEAR_STYLES if 1950 <= day.year < 2050 else STYLES
        yield rng.choice(styles)(day), day.isoformat()


if __name__ == "__main__":
    main(__doc__, pairs(random.Random(SEED)), PAIRS, UNSEEN)
