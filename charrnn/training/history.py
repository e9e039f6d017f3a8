"""How a run went, as columns."""

import numpy as np
from numpy.typing import NDArray


class History(dict[str, list[float]]):
    """The columns step, train_loss and val_loss: a row an evaluation, losses in nats a character.

    A dict of lists of one length, which `pandas.DataFrame(history)` takes as it is.
    """

    def __init__(self, rows: NDArray[np.float64]) -> None:
        super().__init__(
            step=[int(step) for step in rows[:, 0]],
            train_loss=rows[:, 1].tolist(),
            val_loss=rows[:, 2].tolist(),
        )

    @property
    def step(self) -> list[float]:
        """After how many steps each evaluation was."""
        return self["step"]

    @property
    def train_loss(self) -> list[float]:
        """The mean loss of the windows since the evaluation before."""
        return self["train_loss"]

    @property
    def val_loss(self) -> list[float]:
        """The loss of the validation text."""
        return self["val_loss"]
