"""Write the pairs of a corpus, or unseen ones that share no source with it."""

import argparse
from collections.abc import Iterator
from itertools import islice

Pair = tuple[str, str]


def distinct(pairs: Iterator[Pair], known: set[str]) -> Iterator[Pair]:
    """Yield the pairs whose source is not yet known, and add it."""
    for source, answer in pairs:
        if source not in known:
            known.add(source)
            yield source, answer


def split(pairs: Iterator[Pair], count: int, unseen: int) -> tuple[list[Pair], list[Pair]]:
    """Return the first pairs, and after them distinct ones of other sources."""
    corpus = list(islice(pairs, count))
    return corpus, list(islice(distinct(pairs, {source for source, _ in corpus}), unseen))


def main(description: str | None, pairs: Iterator[Pair], count: int, unseen: int) -> None:
    """Print a corpus, or with --unseen what it is tested on, a tab between source and answer."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--unseen", action="store_true", help=f"write {unseen:,} pairs of other sources"
    )
    parser.add_argument(
        "--pairs", type=int, default=count, help=f"write N pairs instead of {count:,}", metavar="N"
    )
    asked = parser.parse_args()
    for source, answer in split(pairs, asked.pairs, unseen)[asked.unseen]:
        print(f"{source}\t{answer}")
