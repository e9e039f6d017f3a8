"""Write 45,000 sums of two numbers of up to three digits, and what they come to.

Each line is `535+61<TAB>596`; no sum stands there twice. --unseen writes 5,000 others.

Run it with: python corpora/digits.py > digits.tsv
"""

import random
from collections.abc import Iterator

from pairs import distinct, main

SEED = 596
PAIRS, UNSEEN = 45_000, 5_000
LIMIT = 1_000


def pairs(rng: random.Random) -> Iterator[tuple[str, str]]:
    def drawn() -> Iterator[tuple[str, str]]:
        while True:
            a, b = rng.randrange(LIMIT), rng.randrange(LIMIT)
            yield f"{a}+{b}", f"{a + b}"

    return distinct(drawn(), set())


if __name__ == "__main__":
    main(__doc__, pairs(random.Random(SEED)), PAIRS, UNSEEN)
