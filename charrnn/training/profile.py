"""A profile of training: the time of products, element-wise work, softmax and the rest.

The steps of this process run under Python's own profiler, which counts the time of NumPy's calls
to the calling function. Workers do the same work as this process, at the same time, and
are not profiled; the wait for them is a part of its own.
"""

import cProfile
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Share(NamedTuple):
    """A part of the time.

    part: the kind of work; details: its functions.
    seconds: total over all steps.
    """

    part: str
    details: str
    seconds: float


PARTS = {
    "products": "with W_aa, W_ax, W_ya, and back",
    "cells": "gates and states, there and back",
    "softmax": "loss and gradient by scores",
    "one-hot": "rows of W_ax chosen and added up",
    "laying out": "weights scaled, cut in blocks",
    "optimiser": "clipping and AdamW",
    "data": "windows of the text",
    "sharing": "with workers, there and back",
    "waiting": "for workers that are not done",
    "masks": "what is dropped",
    "between": "loops over time, and the rest",
}
"""Descriptions of the parts, in the order in which they are shown."""

REST = "besides steps"
"""The part for everything outside of steps: validation, saving, drawing."""

_PLACES = {
    ("cells", None): "cells",
    ("blocked", "load"): "laying out",
    ("blocked", None): "products",
    ("head", None): "products",
    ("functions", None): "softmax",
    ("layers", "load"): "laying out",
    ("layers", "choose"): "one-hot",
    ("layers", "multiply"): "products",
    ("trace", "draw_masks"): "masks",
    ("forward", "copy_weights"): "laying out",
    ("backward", "add_rows"): "one-hot",
    ("backward", "_input_backward"): "one-hot",
    ("backward", "layers_backward"): "products",
    ("optimizer", None): "optimiser",
    ("batches", None): "data",
    ("id_store", None): "data",
    ("child", "receive"): "waiting",
    ("child", None): "sharing",
    ("process_learner", None): "sharing",
}
"""The part of each function by module and name, or by module alone."""

_PACKAGE = Path(__file__).parents[1]


class Profile:
    """The time of steps by part, and the time between them."""

    def __init__(self) -> None:
        self._profiler = cProfile.Profile(builtins=False)
        self._start = time.perf_counter()
        self._in_steps = 0.0
        self.steps = 0

    def step(self, take: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Take a step under the profiler."""
        start = time.perf_counter()
        try:
            return self._profiler.runcall(take, *args, **kwargs)
        finally:
            self.steps += 1
            self._in_steps += time.perf_counter() - start

    def shares(self) -> list[Share]:
        """Return the parts that took time; their sum is the time since the beginning."""
        seconds = dict.fromkeys(PARTS, 0.0)
        for entry in self._profiler.getstats():
            seconds[part_of(entry.code)] += entry.inlinetime
        seconds["between"] += self._in_steps - sum(seconds.values())
        besides = time.perf_counter() - self._start - self._in_steps
        found = [Share(part, PARTS[part], taken) for part, taken in seconds.items()]
        found.append(Share(REST, "validation, saving, drawing", besides))
        return [share for share in found if share.seconds > 0]


def part_of(code: CodeType | str) -> str:
    """Return the part of a function's own time."""
    if isinstance(code, str):
        return "between"
    place = Path(code.co_filename)
    if not place.is_relative_to(_PACKAGE):
        return "between"
    by_name = _PLACES.get((place.stem, code.co_name))
    return by_name or _PLACES.get((place.stem, None), "between")
