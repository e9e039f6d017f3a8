"""Chooses between one core and several for the same work, by measuring both.

Several cores are faster only while all of them are free: where another program uses one of them,
those that wait for it in every step lose more than they gain, 2 to 20 times the time (measured).
This cannot be known beforehand, so the work is cut into pieces of some milliseconds, and both
ways are timed.
"""

from collections.abc import Callable

PIECE = 0.02
"""Seconds of work in a piece, enough to compare."""

LOSS = 0.005
"""Seconds lost against one core, after which a trial of several ends."""

MOST = 64
"""Pieces between two trials at most; a trial then costs 2 % or less."""

WARM = 2
"""Pieces by one core before the first trial; the first piece includes the start-up."""


class Ways:
    """Chooses between one core and several, piece by piece, by the seconds that each takes.

    One core begins. A trial of several cores continues for as long as its pieces are faster than
    the last one by one core; after each that fails, the wait for the next is four times as long.

    can_share: returns whether several cores are available now; called before each trial.
    several: whether the next piece is for several cores.
    """

    def __init__(self, can_share: Callable[[], bool] = lambda: True) -> None:
        self.several = False
        self._can_share = can_share
        self._seconds, self._units = 0.0, 0
        self._alone = float("inf")  # seconds per unit by one core
        self._left, self._rest = WARM, WARM  # pieces until the next trial, and after a failed one

    def took(self, seconds: float, units: int = 1) -> None:
        """Record the time of the piece just done, in the way that `several` says.

        units: amount of work, in characters, for example.
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
            if self._left <= 0:  # the time of one core may have changed
                self.several = False
        self._seconds, self._units = 0.0, 0
