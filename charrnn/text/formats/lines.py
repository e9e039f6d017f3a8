"""Lines from pieces of text that are cut anywhere."""

from collections.abc import Iterable, Iterator

from charrnn.errors import TextError

LONGEST_LINE = 2**26
"""Characters in a line of a table or of subtitles."""


def lines(pieces: Iterable[str], name: str) -> Iterator[str]:
    r"""Yield the lines of a text, each with its end: \n, \r\n or \r.

    Raises
    ------
    TextError
        If one is longer than `LONGEST_LINE`.
    """
    begun: list[str] = []
    length = 0
    for piece in pieces:
        # A CR at the end of a piece may be the first half of CR LF.
        if "\n" not in piece and "\r" not in piece and not (begun and begun[-1].endswith("\r")):
            begun.append(piece)
            length += len(piece)
            if length > LONGEST_LINE:
                raise TextError(f"{name}: has a line of more than {LONGEST_LINE} characters")
            continue
        whole = "".join((*begun, piece)).replace("\r\n", "\n")
        pending = "\r" if whole.endswith("\r") else ""
        whole = whole.removesuffix("\r").replace("\r", "\n") + pending
        *ended, rest = whole.split("\n")
        yield from (f"{line}\n" for line in ended)
        begun, length = [rest], len(rest)
    last = "".join(begun)
    if last:
        yield last.replace("\r", "\n")
