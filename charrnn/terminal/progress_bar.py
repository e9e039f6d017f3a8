"""A progress bar on standard error for work that takes longer than a second."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

Step = TypeVar("Step")

PATIENCE = 1.0  # seconds


def tracked(steps: Iterable[Step], doing: str, total: int) -> Iterable[Step]:
    """Yield the steps, with a progress bar on a terminal."""
    return tqdm(
        steps,
        desc=doing,
        total=total,
        delay=PATIENCE,
        leave=False,
        disable=sys.stderr is None or not sys.stderr.isatty(),
        file=sys.stderr,
        dynamic_ncols=True,
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
    )
