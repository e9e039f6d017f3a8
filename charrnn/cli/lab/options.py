"""The options of `charrnn lab`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from charrnn.checkpoint.paths import expanded
from charrnn.cli.option_values import output
from charrnn.option_fields import Checked, opt
from charrnn.text.read_as import TEXT

OUTPUT = "Output"


@dataclass(frozen=True)
class LabOptions(Checked):
    """What the page opens with, and where it goes."""

    # fmt: off
    file: str | None = opt(
        None, "Open with the text in this file.", TEXT, "FILE", names="-f", parse=expanded
    )
    output: Path = opt(
        Path("lab.html"), "Write to this file; - is standard output.", OUTPUT, "FILE", names="-o",
        aliases="--out", shown="lab.html", parse=output,
    )
    overwrite: bool = opt(False, "Replace a file that is there already.", OUTPUT)
    open: bool = opt(False, "Show the page in the browser.", OUTPUT)
    weights: Literal["float32", "float16"] | None = opt(
        None, "How the page stores the weights: float16 halves it and rounds them.", OUTPUT,
        shown="float32 up to 12 MB",
    )
    # fmt: on
