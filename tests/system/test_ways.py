"""Which of two ways is taken, by the seconds that each would take a character."""

from charrnn.system.ways import MOST, PIECE, WARM, Ways

SECOND = 10_000
"""Characters that one core makes in a second."""


def go(ways, seconds, pace):
    """Make characters for so long, at a pace by the way taken; return the share of each way."""
    spent = {False: 0.0, True: 0.0}
    while sum(spent.values()) < seconds:
        way = ways.several
        took = pace(way)
        ways.took(took)
        spent[way] += took
    return spent[True] / seconds


def test_several_cores_are_taken_where_they_are_faster():
    ways = Ways()
    assert not ways.several
    share = go(ways, 10, lambda several: (0.7 if several else 1) / SECOND)
    assert share > 0.97
    assert ways.several


def test_one_core_is_taken_where_several_are_slower():
    for slower in (1.05, 2, 20, 50):
        share = go(Ways(), 30, lambda several, by=slower: (by if several else 1) / SECOND)
        assert 0 < share < 0.03


def test_it_follows_changes():
    ways = Ways()
    go(ways, 5, lambda several: (0.7 if several else 1) / SECOND)
    # Another program takes one of the cores, and gives it back.
    busy = go(ways, 5, lambda several: (15 if several else 1) / SECOND)
    assert busy < 0.05
    free = go(ways, 10, lambda several: (0.7 if several else 1) / SECOND)
    assert free > 0.8
    # All cores become slower, as by another clock: no reason to change for long.
    slower = go(ways, 10, lambda several: (1.4 if several else 2) / SECOND)
    assert slower > 0.9


def test_one_core_that_became_faster_is_found_out():
    ways = Ways()
    go(ways, 1, lambda several: (0.7 if several else 1) / SECOND)
    assert go(ways, 20, lambda several: (0.7 if several else 0.4) / SECOND) < 0.2


def test_a_trial_waits_until_it_is_possible():
    can = [False]
    ways = Ways(lambda: can[0])
    assert go(ways, 5, lambda _: 1 / SECOND) == 0
    can[0] = True
    ways.took(PIECE)
    assert ways.several


def test_work_of_large_units():
    ways = Ways()
    for _ in range(WARM):
        ways.took(1.0, units=256)
    assert ways.several
    ways.took(1.5, units=256)
    assert not ways.several
    for _ in range(WARM):
        ways.took(1.0, units=256)
    for _ in range(MOST):
        assert ways.several
        ways.took(0.1, units=64)
    assert not ways.several
