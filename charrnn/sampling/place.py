"""The place where a text stopped, from which it goes on as if it never had.

What is kept is what the next character depends on: the state of the network, the last characters,
which filters look at, and the state of the random numbers. It takes the same memory however long
the text is.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.array_types import Floats, Ids
from charrnn.checkpoint.checkpoint import load_place, save_place
from charrnn.errors import CheckpointError, printable
from charrnn.network.network import Network
from charrnn.network.stepper import Stepper
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.filters.chain import filters_of
from charrnn.sampling.filters.filter import Filter
from charrnn.sampling.filters.repetition import REMEMBERED
from charrnn.sampling.generate import Choice, continue_from, state_after
from charrnn.text.vocabulary import Vocabulary

NOTHING = -1
"""In the place of a last character: all have been read."""


class Place(NamedTuple):
    """A place in a text.

    state: (L, S, 1, H), after all characters but the last.
    last: the id of the last character, which is read next; `NOTHING` if it has been read.
    history: (n,), the last characters, at most `REMEMBERED`.
    numbers: the state of the random numbers, as PCG64 gives it; None if they are yet to begin.
    carried: what filters know beyond the history.
    """

    state: Floats
    last: int
    history: Ids
    numbers: dict[str, Any] | None
    carried: list[float]


def place_after(network: Network, prompt: Ids) -> Place:
    """Return the place after a prompt, (N,) ids with N > 0, read from a(0) = 0."""
    return Place(state_after(network, prompt), NOTHING, prompt[-REMEMBERED:], None, [])


def read_on(network: Network, place: Place, ids: Ids) -> Place:
    """Return the place after more characters, (N,)."""
    stepper = _stepper_at(network, place)
    for k in ids.tolist():
        stepper.read(np.array([k]))
    history = np.concatenate([place.history, ids])[-REMEMBERED:]
    return Place(stepper.state.copy(), NOTHING, history, place.numbers, place.carried)


class Continued:
    """A text that goes on from a place, and knows the place where it is.

    own: filters of the caller's, for one text; what they know is not kept.
    """

    def __init__(  # noqa: PLR0917
        self,
        network: Network,
        vocabulary: Vocabulary,
        place: Place,
        config: SamplingConfig,
        rng: np.random.Generator,
        own: Sequence[Filter] = (),
    ) -> None:
        self._stepper, self._rng = _stepper_at(network, place), rng
        self._history = deque(place.history.tolist(), maxlen=REMEMBERED)
        self._last, self._n = NOTHING, 0
        self._filters = filters_of(config, place.history[None], vocabulary, own)
        if len(place.carried) == len(self._filters.carried):
            self._filters.carried = place.carried
        if place.numbers is not None:
            rng.bit_generator.state = place.numbers
        self._numbers = deepcopy(rng.bit_generator.state)

    def choices(self) -> Iterator[Choice]:
        """Yield the characters that follow, without end."""
        for choice in continue_from(self._stepper, self._filters, self._rng):
            self._n += 1
            self._last = choice.id
            self._history.append(choice.id)
            yield choice

    @property
    def place(self) -> Place:
        """The place after the last character that was yielded."""
        numbers = np.random.PCG64()
        numbers.state = self._numbers  # type: ignore[assignment]
        numbers.advance(self._n)  # a character takes one number, and some are drawn ahead
        history = np.array(self._history, np.intp)
        state = self._stepper.state.copy()
        return Place(state, self._last, history, dict(numbers.state), self._filters.carried)


def save(path: Path, place: Place, model: str) -> None:
    """Write a place to a file.

    model: the SHA-256 of the model's file.
    """
    numbers = place.numbers or {}
    meta = {
        "model": model,
        "last": place.last,
        "numbers": {name: str(value) for name, value in numbers.get("state", {}).items()},
        "carried": place.carried,
    }
    save_place(path, {"state": place.state, "history": place.history.astype(np.uint32)}, meta)


def load(path: Path, network: Network, vocabulary: Vocabulary, model: str) -> Place:
    """Read a place from a file.

    Raises
    ------
    CheckpointError
        It is no such file, damaged, or of another model.
    """
    arrays, meta = load_place(path)
    name = printable(path.name)
    if meta.get("model") != model:
        raise CheckpointError(f"{name}: is of another model; give the one that wrote this text")
    try:
        return _checked(arrays, meta, network, len(vocabulary))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise CheckpointError(f"{name}: damaged; restore it from another copy") from None


def _checked(
    arrays: dict[str, NDArray[Any]], meta: dict[str, Any], network: Network, V: int
) -> Place:
    """Return the place that a file describes.

    Raises
    ------
    ValueError, KeyError, TypeError
        Something is missing or impossible.
    """
    state, history, last = arrays["state"], arrays["history"], meta["last"]
    here = Stepper(network).state
    if state.shape != here.shape or state.dtype != here.dtype or not np.isfinite(state).all():
        raise ValueError("state")
    known = history.dtype == np.uint32 and history.ndim == 1 and 0 < len(history) <= REMEMBERED
    if not known or history.max() >= V:
        raise ValueError("history")
    if type(last) is not int or last not in (NOTHING, int(history[-1])):
        raise ValueError("last")
    carried = [float(number) for number in meta["carried"]]
    if type(meta["carried"]) is not list or not all(map(math.isfinite, carried)):
        raise ValueError("carried")
    numbers = np.random.PCG64()
    found: Any = {name: int(value) for name, value in meta["numbers"].items()}
    if found.keys() != {"state", "inc"} or not all(0 <= each < 2**128 for each in found.values()):
        raise ValueError("numbers")
    numbers.state = {"bit_generator": "PCG64", "state": found, "has_uint32": 0, "uinteger": 0}
    return Place(state, last, history.astype(np.intp), dict(numbers.state), carried)


def _stepper_at(network: Network, place: Place) -> Stepper:
    stepper = Stepper(network)
    stepper.move(place.state)
    if place.last != NOTHING:
        stepper.read(np.array([place.last]))
    return stepper
