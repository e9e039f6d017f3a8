"""Recognises the paths of files and folders among texts. Imports no NumPy."""

import os
import re

LONGEST_PATH = 4096
"""Characters in a path."""

ENDING = re.compile(r"[^\s.]\.[^\W_]{1,8}$")
"""A file's extension, which a sentence does not end with."""


def is_there(name: str) -> bool:
    """Return whether a text names an existing file or folder."""
    return 0 < len(name) <= LONGEST_PATH and os.path.exists(name)  # noqa: PTH110 - never raises


def looks_like_path(text: str) -> bool:
    """Return whether a text is written as a path is: on one line, with an ending, or by folders."""
    if not (0 < len(text) <= LONGEST_PATH and is_one_line(text)):
        return False
    by_folders = re.search(r"[/\\]", text) and not re.search(r"\s", text)
    return bool(by_folders or ENDING.search(text))


def is_one_line(text: str) -> bool:
    """Return whether there is no line end in a text."""
    return not re.search(r"[\n\r]", text)
