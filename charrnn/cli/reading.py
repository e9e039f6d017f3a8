"""How a command reads a file: as its options say, or as the text of the network was read."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from charrnn.cli.messages import note
from charrnn.text.decoding import Errors
from charrnn.text.read_as import ReadAs, ways_to_read

if TYPE_CHECKING:
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.checkpoint.pairs import PairCheckpoint

DEFAULT_ENCODING = "utf-8, or as the text of the model was read"
DEFAULT_ERRORS = "strict, or as the text of the model was read"


OPTIONS = ("--encoding", "--errors", "--bytes", "--field")
"""The options of how a file is read, in the order of the fields of `Encoded`."""


class Encoded(NamedTuple):
    """How a file is read, as typed; None and False leave it to the network.

    field: of a table, the one that is read.
    """

    encoding: str | None
    errors: Errors | None
    as_bytes: bool
    field: str | None = None

    def ways(self, checkpoint: "Checkpoint | PairCheckpoint") -> tuple[ReadAs, ...]:
        """Return how to read it for a network, in the order in which to try."""
        before = checkpoint.training.read_as
        if checkpoint.vocabulary.kind == "bytes":
            before = ReadAs(as_bytes=True)
            self._unused("a network of bytes", self._replace(as_bytes=False))
        ways = ways_to_read(before, self.encoding, self.errors, as_bytes=self.as_bytes)
        return tuple(way if way.as_bytes else replace(way, field=self.field) for way in ways)

    def no_file(self) -> None:
        """Note which of the options are not used, as no file is read."""
        self._unused("a text that is not in a file", self)

    def _unused(self, where: str, asked: "Encoded") -> None:
        for option, value in zip(OPTIONS, asked, strict=True):
            if value:
                note(f"{option} does not concern {where}; it is not used")
