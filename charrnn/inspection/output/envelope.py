"""What every result is of: which model, which text, which program."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from charrnn.checkpoint.checkpoint import Checkpoint, this_program
from charrnn.checkpoint.digest import digest
from charrnn.inspection.options import Options
from charrnn.inspection.result import Result, name
from charrnn.inspection.source import Source

SCHEMA = "charrnn.inspect/1"

CLOCK = "row t: what was known after character t; a surprise in it is that of character t+1"


@dataclass(frozen=True, eq=False)
class Envelope:
    """What surrounds the data of a result.

    source: None for a view of the checkpoint alone.
    others: the models that the first is compared with.
    """

    path: Path
    checkpoint: Checkpoint
    source: Source | None
    options: Options
    others: tuple[tuple[Path, Checkpoint], ...] = ()

    def about(self, result: Result) -> dict[str, Any]:
        """Return the envelope of a result, without its data, as JSON's own types.

        Raises
        ------
        CheckpointError
            The model's file cannot be read any more.
        """
        models = [about_model(*model) for model in ((self.path, self.checkpoint), *self.others)]
        return {
            "schema": SCHEMA,
            "view": result.view,
            "charrnn": this_program()["charrnn"],
            "model": models[0],
            **({"models": models} if self.others else {}),
            "input": self.source and self.source.about(),
            "clock": self.source and CLOCK,
            "units": result.measures,
            "params": asdict(self.options)
            | {
                "read": list(map(str, self.options.read)),
                "units": list(map(name, self.options.units)),
                "settings": {name(unit): value for unit, value in self.options.settings},
            },
        }


def about_model(path: Path, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return which model it is, as JSON's own types.

    Raises
    ------
    CheckpointError
        Its file cannot be read any more.
    """
    network, vocabulary = checkpoint.network.config, checkpoint.vocabulary
    return {
        "path": str(path),
        "sha256": digest(path),
        "cell": network.cell,
        "layers": network.num_layers,
        "hidden": network.hidden_size,
        "vocab": list(vocabulary),
        "vocab_kind": vocabulary.kind,
    }
