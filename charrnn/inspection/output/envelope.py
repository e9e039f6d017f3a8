"""The envelope of a result: the model, the text and the program."""

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
    """The provenance of a result.

    source: None for a view of the checkpoint alone.
    others: the models compared with the first.
    """

    path: Path
    checkpoint: Checkpoint
    source: Source | None
    options: Options
    others: tuple[tuple[Path, Checkpoint], ...] = ()

    def about(self, result: Result) -> dict[str, Any]:
        """Return the envelope of a result, without its data, as JSON types.

        Raises
        ------
        CheckpointError
            If the model's file can no longer be read.
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
    """Return the description of a model, as JSON types.

    Raises
    ------
    CheckpointError
        If its file can no longer be read.
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
