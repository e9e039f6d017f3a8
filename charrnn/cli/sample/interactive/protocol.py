"""Completion for other programs: a line of JSON in, a line of JSON out.

    {"set": "Once"}                 another text, the cursor at its end
    {"type": " up"}                 insert at the cursor
    {"delete": 2}                   before the cursor; after it if negative
    {"move": 3}                     the cursor, from the beginning; from the end if negative
    {"accept": 1}                   insert a suggestion
    {"generate": 40, "seed": 7}     insert what the network writes
    {"regenerate": 40, "seed": 8}   put it in the place of what follows the cursor
    {"undo": true} {"redo": true}
    {"options": {"temperature": 0.5, "top_k": 10}}
    {"surprise": true}              the surprise of every character, too

Several may be in one line, and are done in this order. Each line is answered by

    {"text": ..., "cursor": ..., "candidates": [{"character", "y_hat", "p"}, ...],
     "suggestions": [{"text", "p"}, ...]}

with the "id" of the line, if it has one, or by {"error", "text", "cursor"}: the text is then as it
was after what came before. The first suggestion is what an editor shows ahead of the cursor.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NoReturn, TextIO

from charrnn.errors import CharRNNError, ConfigError
from charrnn.sampling.completion.document import Document

LONGEST_LINE = 1 << 22
"""Characters of a line at most."""

MOST_GENERATED = 100_000
"""Characters that one line may ask for."""

TOP = 5
"""Candidates in an answer, unless `top` says otherwise."""


_KINDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "an object"}
"""What a request may hold, in words of JSON."""


class Protocol:
    """Answers requests about a document.

    seed: of what is generated, where a request gives none.
    """

    def __init__(self, document: Document, seed: int = 0) -> None:
        self._document, self._seed = document, seed
        self._done: dict[str, tuple[type, Callable[[Any, dict[str, Any]], object]]] = {
            "set": (str, lambda text, _: document.put(text)),
            "options": (dict, lambda options, _: document.set_options(**options)),
            "move": (int, lambda place, _: document.move(_from_either_end(place, document))),
            "delete": (int, lambda n, _: document.delete(n)),
            "type": (str, lambda text, _: document.insert(text)),
            "accept": (int, lambda n, _: document.accept(n)),
            "generate": (int, self._generate),
            "regenerate": (int, partial(self._generate, anew=True)),
            "undo": (bool, lambda really, _: really and document.undo()),
            "redo": (bool, lambda really, _: really and document.redo()),
        }

    def answers(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield an answer for each line that is not empty."""
        for line in lines:
            if line.strip():
                yield json.dumps(self.answer(line), ensure_ascii=True)

    def answer(self, line: str) -> dict[str, Any]:
        """Return the answer to a line."""
        try:
            request = _parsed(line)
        except CharRNNError as error:
            return {"error": error.spelled(_spelling)}
        named = {"id": request["id"]} if "id" in request else {}
        try:
            self._do(request)
            return named | self._state(request)
        except CharRNNError as error:
            now = {"text": self._document.text, "cursor": self._document.cursor}
            return named | {"error": error.spelled(_spelling)} | now

    def _do(self, request: dict[str, Any]) -> None:
        others = request.keys() - self._done.keys() - {"id", "seed", "top", "surprise"}
        if others:
            known = ", ".join(self._done)
            raise ConfigError(f"there is no {min(others)!r:.40}; there are {known}")
        for name, (kind, do) in self._done.items():
            if name in request:
                value = request[name]
                if type(value) is not kind:
                    raise ConfigError(f"{name}: {json.dumps(value):.40} is not {_KINDS[kind]}")
                do(value, request)

    def _generate(self, length: int, request: dict[str, Any], *, anew: bool = False) -> None:
        seed = request.get("seed", self._seed)
        if not 0 <= length <= MOST_GENERATED:
            name = "regenerate" if anew else "generate"
            raise ConfigError(f"{name}: {length} is out of range; give 0 to {MOST_GENERATED:,}")
        if type(seed) is not int or not 0 <= seed < 2**64:
            raise ConfigError(f"seed: {seed!r:.40} is not a whole number from 0 on")
        self._document.generate(length, seed, anew=anew)

    def _state(self, request: dict[str, Any]) -> dict[str, Any]:
        document, top = self._document, request.get("top", TOP)
        if type(top) is not int or not 0 <= top <= len(document.vocabulary):
            most = len(document.vocabulary)
            raise ConfigError(f"top: {top!r:.40} is not a whole number from 0 to {most}")
        state: dict[str, Any] = {
            "text": document.text,
            "cursor": document.cursor,
            "candidates": [
                {"character": document.vocabulary[one.id], "y_hat": one.y_hat, "p": one.p}
                for one in document.candidates(top)
            ],
            "suggestions": [{"text": text, "p": p} for text, p in document.suggestions()],
        }
        return state | ({"surprise": document.surprises()} if request.get("surprise") else {})


def lines_of(stream: TextIO) -> Iterator[str]:
    """Yield the lines of a stream without their ends, of one that is too long the beginning."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line.removesuffix("\n")
        while not line.endswith("\n") and (line := stream.readline(LONGEST_LINE)):
            pass


def _parsed(line: str) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ConfigError(f"a line of more than {LONGEST_LINE:,} characters is not read")
    try:
        request = json.loads(line, parse_constant=_no_number)
        json.dumps(request, allow_nan=False)  # 1e999 is read as an infinity
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise ConfigError('a line is a JSON object such as {"type": "a"}')
    return request


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _spelling(name: str, value: object) -> str:
    """Spell an argument as an option of a request, or, where it is none, of the command."""
    if name == "unknown":
        return f"--unknown {value}"
    return name if value is None else f'"{name}": {json.dumps(value)}'


def _from_either_end(place: int, document: Document) -> int:
    return place if place >= 0 else len(document.text) + 1 + place
