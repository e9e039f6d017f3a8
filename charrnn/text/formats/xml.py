"""A streaming XML reader for untrusted files.

Nothing is fetched, and no entity can be declared: the predefined ones (&amp; etc.) are all that a
document needs, and others serve to expand a line to gigabytes.
"""

from collections.abc import Callable, Iterable
from typing import NoReturn
from xml.parsers import expat

from charrnn.errors import TextError

LONGEST_TAG = 2**20
"""Bytes in a tag, which the parser keeps in memory."""


class Reader:
    """The callbacks of a parser; names come as {namespace}name, without a prefix.

    start: called with a name and the attributes, at the beginning of an element.
    end: called with a name, at its end.
    text: called with a piece of the text between.
    """

    def __init__(
        self,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = text
        parser.EntityDeclHandler = _refuse
        self._parser = parser

    def read(self, pieces: Iterable[bytes], name: str) -> Iterable[None]:
        """Read the pieces of a document, and pause after each.

        Raises
        ------
        TextError
            If it is not XML, declares entities, or has a tag longer than `LONGEST_TAG`.
        """
        fed = 0
        try:
            for piece in pieces:
                self._parser.Parse(piece, False)
                fed += len(piece)
                if fed - self._parser.CurrentByteIndex > LONGEST_TAG + len(piece):
                    raise TextError(f"{name}: holds a tag of more than {LONGEST_TAG} bytes")
                yield
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise TextError(f"{name}: damaged ({error}); save it anew") from None
        except _EntityDeclared:
            raise TextError(
                f"{name}: declares entities, which no document needs; refused"
            ) from None
        yield


class _EntityDeclared(Exception):  # noqa: N818 - no error of the program's, but a signal
    pass


def _refuse(*_: object) -> NoReturn:
    raise _EntityDeclared
