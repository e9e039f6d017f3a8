"""One core or several: which of two ways of doing the same is faster on this machine now.

Several cores are faster only while all of them are free: where another program uses one of them,
those that wait for it in every step lose more than they win, 2 to 20 times the time (measured).
Nothing says so beforehand, so the work is cut into pieces of some milliseconds, and both ways are
measured by what they take.
"""

from collections.abc import Callable

PIECE = 0.02
"""Seconds of work that are enough to compare."""

LOSS = 0.005
"""Seconds more than one core would have taken, after which a try of several ends."""

MOST = 64
"""Pieces until the other way is tried again, at most: a try costs 2 % then, or less."""

WARM = 2
"""Pieces by one core before the first try: the first one also pays for what is begun."""


class Ways:
    """Chooses between one core and several, piece by piece, by the seconds that each takes.

    One core begins. A try of several goes on for as long as its pieces take less than the last by
    one core did; after each that does not, one core does four times as many before the next try.

    can_share: whether several cores could go on now; asked before each try.
    several: whether the next of the work is for several cores.
    """

    def __init__(self, can_share: Callable[[], bool] = lambda: True) -> None:
        self.several = False
        self._can_share = can_share
        self._seconds, self._units = 0.0, 0
        self._alone = float("inf")  # seconds that a unit takes one core
        self._left, self._rest = WARM, WARM  # pieces until the next try, and after one that fails

    def took(self, seconds: float, units: int = 1) -> None:
        """Take into account what was done since, in the way that `several` says.

        units: how much it was, in characters, say.
        """
        self._seconds += seconds
        self._units += units
        lost = self._seconds - self._units * self._alone
        if self._seconds < PIECE and not (self.several and lost > LOSS):
            return
        if not self.several:
            self._alone = self._seconds / self._units
            self._left -= 1
            if self._left <= 0 and self._can_share():
                self.several, self._left = True, MOST
        elif lost >= 0:
            self.several, self._left = False, self._rest
            self._rest = min(MOST, 4 * self._rest)
        else:
            self._rest = WARM
            self._left -= 1
            if self._left <= 0:  # what one core takes may have changed
                self.several = False
        self._seconds, self._units = 0.0, 0
