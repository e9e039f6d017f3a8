"""Places of a text that are the largest of something, and not all of one passage."""

import numpy as np

from charrnn.array_types import Places


def apart(order: Places, most: int, distance: int, *taken: int) -> list[int]:
    """Return the first places in an order that keep their distance from each other and `taken`."""
    found: list[int] = []
    free = np.ones(int(order.max(initial=-1)) + 1, np.bool_)
    for place in taken:
        free[max(0, place - distance + 1) : place + distance] = False
    for place in order.tolist():
        if len(found) == most:
            break
        if free[place]:
            found.append(place)
            free[max(0, place - distance + 1) : place + distance] = False
    return found
