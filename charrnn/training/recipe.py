"""Default settings, by the size of the text and the time that there is.

`tests/benchmarks/recipes.py` trains recipes under a budget and prints the table to choose by.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

HIDDEN_SIZES = (64, 96, 128, 192, 256, 384, 512, 768, 1024)
"""Units among which a run with a limit of time chooses."""

PASSES = 2.5
"""Times that the largest network for a text and a time still reads the text; more often, by the
cube root of its parameters for each character, where these are more than one.

Measured on tiny Shakespeare (learnt from its first 81 %, judged by the 9 % after them): in the time
in which 256 units read it 13 times (1.458 nats) 384 read it 7 times and end at 1.428; a third of
that time is best spent by 384 units on 3 passes (1.452), not by 512 on 1.8 (1.468). Of the plays, a
sixth as long, 384 units that read them 5 times end at 1.600, 256 that read them 10 times at 1.63,
and 512 that read them 3 times at 1.625.
"""

PARAMETERS = 8
"""Parameters for each character of the text, at most."""

OVERHEAD = 50_000
"""Parameters whose work takes as long as the calls of NumPy in a step (measured)."""


@dataclass(frozen=True)
class Recipe:
    """The defaults for texts of up to `characters`.

    passes: how often a run without a budget reads the text, if that is `LEAST_READ` in all.
    why: how the time that there is led to the size, in words; empty where there is no limit.
    """

    characters: float
    hidden_size: int
    num_layers: int
    dropout: float
    batch_size: int
    learning_rate: float
    passes: float
    why: str = ""


RECIPES = (
    Recipe(30e3, 96, 1, 0.3, 8, 6e-3, 12),
    Recipe(120e3, 128, 1, 0.3, 16, 8e-3, 12),
    Recipe(600e3, 384, 1, 0.4, 16, 8e-3, 8),
    Recipe(3e6, 384, 1, 0.1, 16, 8e-3, 3),
    Recipe(float("inf"), 512, 1, 0.0, 32, 4e-3, 1),
)
"""Dropout where the text is short enough to be learnt by heart; small batches, which learn more
from each character, while the text is small; and few passes of a large network, which learns more
from each than a small one does."""


def recipe_for(characters: int) -> Recipe:
    """Return the recipe for a text of this length and no limit of time."""
    return next(recipe for recipe in RECIPES if characters <= recipe.characters)


def recipe_in_time(
    characters: int,
    seconds: float,
    speed: Callable[[], float],
    parameters: Callable[[int], int],
) -> Recipe:
    """Return the recipe for a training text of this length and a limit of time.

    The network is the largest that still reads the text `PASSES` times on this machine, with
    dropout by how often it will read it.

    speed: measures how many characters a second the recipe without a limit trains on.
    parameters: counts those of a network with a number of units.
    """
    recipe = recipe_for(characters)
    work = speed() * (parameters(recipe.hidden_size) + OVERHEAD)

    def passes(hidden_size: int) -> float:
        return work * seconds / (parameters(hidden_size) + OVERHEAD) / characters

    fit = [
        hidden_size
        for hidden_size in HIDDEN_SIZES
        if parameters(hidden_size) <= max(PARAMETERS * characters, parameters(HIDDEN_SIZES[0]))
    ]

    def enough(hidden_size: int) -> float:
        return PASSES * math.cbrt(max(1.0, parameters(hidden_size) / characters))

    able = (size for size in fit if passes(size) >= enough(size))
    chosen = max(able, default=HIDDEN_SIZES[0])
    larger = next((size for size in HIDDEN_SIZES if size > chosen), None)
    why = f"{chosen} units read the text about {passes(chosen):,.0f} times in that time"
    if larger is None or larger not in fit:
        why += "; it is too short to teach more units"
    else:
        why += f", {larger} would only {passes(larger):.1f} times"
    return replace(
        recipe,
        hidden_size=chosen,
        dropout=dropout_for(passes(chosen), parameters(chosen) / characters),
        learning_rate=recipe.learning_rate if chosen <= LARGE else LARGE_RATE,
        why=why,
    )


LARGE, LARGE_RATE = 512, 5e-3
"""Units above which this rate is used; up to them 8e-3 is used, which was
better by 0.027 nats with 384 units and was not compared with 512."""


def dropout_for(passes: float, parameters: float) -> float:
    """Return the dropout of a run that reads its text `passes` times.

    parameters: how many there are for each character of the text.
    """
    strain = passes * max(1.0, parameters)
    return next(share for most, share in DROPOUT if strain < most)


DROPOUT = ((2.5, 0.1), (5.0, 0.2), (12.0, 0.3), (30.0, 0.4), (float("inf"), 0.5))
"""Passes, times parameters for each character where these are more than one, below which this
share is dropped: 384 units that read tiny Shakespeare six times with 0.2 were best after three
quarters of the run."""
