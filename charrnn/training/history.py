"""The history of a run, as columns."""

from charrnn.array_types import Doubles

SHOWN = 20
"""Rows of a longer history that a notebook shows."""


class History(dict[str, list[float]]):
    """Columns step, train_loss and val_loss, a row per evaluation; losses in nats per character.

    A dict of lists of one length, which `pandas.DataFrame(history)` takes as it is.
    """

    def __init__(self, rows: Doubles) -> None:
        super().__init__(
            step=[int(step) for step in rows[:, 0]],
            train_loss=rows[:, 1].tolist(),
            val_loss=rows[:, 2].tolist(),
        )

    def _repr_html_(self) -> str:
        """Return a table for a notebook: of many rows the first and the last."""
        rows = list(zip(*self.values(), strict=True))
        shown: list[tuple[float, ...] | None] = list(rows)
        if len(rows) > SHOWN:
            shown = [*rows[: SHOWN // 2], None, *rows[-SHOWN // 2 :]]
        cells = [
            [f"{step:.0f}", f"{train:.4f}", f"{val:.4f}"] if row else ["…"] * 3
            for row in shown
            for step, train, val in [row or (0.0, 0.0, 0.0)]
        ]
        body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
        head = "".join(f"<th>{name}</th>" for name in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    @property
    def step(self) -> list[float]:
        """The step of each evaluation."""
        return self["step"]

    @property
    def train_loss(self) -> list[float]:
        """The mean loss of the windows since the last evaluation."""
        return self["train_loss"]

    @property
    def val_loss(self) -> list[float]:
        """The loss of the validation text."""
        return self["val_loss"]
