"""The options of a run on pairs, as they are given. Imports no NumPy, for a quick start."""

from dataclasses import dataclass, fields
from typing import Literal

from charrnn.errors import ConfigError, Way
from charrnn.option_fields import Checked, opt
from charrnn.text.bad_lines import BadLines

PAIRS = "Pairs"

Answers = Literal["written", "chosen"]
"""Whether answers are written out, or chosen from the distinct ones, which are labels then."""


def columns(written: str) -> tuple[str, str]:
    """Return the two columns that are written `text,label`."""
    names = tuple(name.strip() for name in written.split(","))
    if len(names) != 2 or not all(names):
        raise ConfigError(
            f"{written!r:.40} does not name two columns; give one of texts and one of answers, as "
            "in text,label",
            argument="columns",
        )
    return names[0], names[1]


@dataclass(frozen=True)
class PairOptions(Checked):
    """What pairs are, and how they are read.

    answers: None leaves it to the pairs: few distinct answers, each seen many times, are labels.
    reverse: None reads texts from their ends where answers are written. The beginning of a text is
        then near that of its answer (Sutskever et al. 2014); see `tests/benchmarks/pairs.py`.
    """

    # fmt: off
    pairs: bool = opt(
        False, "Learn pairs: each line is a text, a tab and its answer.", PAIRS
    )
    answers: Answers | None = opt(
        None, "Whether answers are written out, or chosen as labels.", PAIRS,
        shown="chosen if they are few and come often",
    )
    columns: tuple[str, str] | None = opt(
        None, "Of a table the columns of texts and answers, as in text,label or 2,1.", PAIRS,
        "NAMES", parse=columns,
    )
    bad_lines: BadLines = opt(
        "error", "What becomes of lines that are no pair.", PAIRS
    )
    reverse: bool | None = opt(
        None, "Read the texts from their ends.", PAIRS, names="--reverse/--no-reverse",
        shown="where answers are written",
    )
    # fmt: on


def check_pairs(asked: PairOptions, typed: set[str]) -> None:
    """Check the options of pairs, and those beside them.

    typed: the names of the options that were given.

    Raises
    ------
    ConfigError
        One is given without `pairs`, or is of a running text.
    """
    own = {field.name for field in fields(PairOptions)} - {"pairs"}
    if not asked.pairs and (found := sorted(own & typed)):
        raise ConfigError("is of pairs", Way("give {pairs} too", pairs=True), argument=found[0])
    of_texts = ("use_all", "seq_length", "restart", "sampled_softmax", "index", "field")
    if asked.pairs and (found := [name for name in of_texts if name in typed]):
        raise ConfigError("is of a running text, not of pairs; leave it out", argument=found[0])
