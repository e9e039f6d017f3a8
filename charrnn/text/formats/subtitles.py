"""The text of subtitles (.srt, .vtt): their lines without numbers, times and markup."""

import re
from collections.abc import Iterable, Iterator

from charrnn.errors import TextError
from charrnn.text.formats.lines import lines

_TIMES = re.compile(r"\s*[\d:.,]+\s*-->\s*[\d:.,]+")
_MARKS = re.compile(r"</?[A-Za-z][^<>]{0,200}>|</?[\d:.]+>|\{\\[^{}]{0,200}\}")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": "\u00a0", "&lrm;": "", "&rlm;": ""}


def text_of(pieces: Iterable[str], name: str) -> Iterator[str]:
    """Yield the lines of the subtitles.

    Raises
    ------
    TextError
        If there are none, or a line is longer than `LONGEST_LINE`.
    """
    is_empty = True
    said: list[str] = []  # the lines since the last times, the last of which may be a number
    begun = False
    for line in lines(pieces, name):
        is_empty = is_empty and not line.strip()
        if _TIMES.match(line):
            if begun:
                yield from _spoken(_without_heading(said))
            said, begun = [], True
        elif begun:
            said.append(line)
    if begun:
        yield from _spoken(said)
    elif not is_empty:
        raise TextError(f"{name}: holds no subtitles; rename it if it is another text")


def _without_heading(said: list[str]) -> list[str]:
    """Leave out the lines above the next times: a number, a name or a comment."""
    while said and said[-1].strip() == "":
        said = said[:-1]
    last = max((k for k, line in enumerate(said) if not line.strip()), default=None)
    if last is not None:
        # After a blank line; a comment has more than one line.
        heading = said[last + 1 :]
        is_heading = len(heading) == 1 or heading[0].startswith(("NOTE", "STYLE", "REGION"))
        return said[:last] if is_heading else said
    return said[:-1] if said and said[-1].strip().isdigit() else said


def _spoken(said: list[str]) -> Iterator[str]:
    for line in said:
        text = _MARKS.sub("", line)
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
        if text := text.strip():
            yield f"{text}\n"
