"""From networks and a text to one HTML file, which loads nothing and needs nothing else."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from charrnn.array_types import Ids
from charrnn.errors import ConfigError, Way
from charrnn.lab.data import Shown, Stored, as_base64, as_json, described
from charrnn.lab.joined import joined
from charrnn.lab.without_scripts import without_scripts
from charrnn.plurals import counted

WEB = Path(__file__).parent / "web"

MOST_MODELS = 6
LARGEST = 64 * 10**6
"""Bytes of a page at most."""

EXACT = 12 * 10**6
"""Bytes of a page up to which parameters are stored as they are, unless something else is asked."""

OWN = 300_000
"""Bytes of a page besides the parameters, at most."""


def choose_stored(parameters: int) -> Stored:
    """Return how to store as many parameters: exactly, unless the page would become large."""
    return "float32" if _size(parameters, "float32") <= EXACT else "float16"


def _size(parameters: int, stored: Stored) -> int:
    return parameters * np.dtype(stored).itemsize * 4 // 3 + OWN


def check_size(models: Sequence[Shown]) -> None:
    """Make sure that a page can hold these networks.

    Raises
    ------
    ConfigError
        They are too many or too large.
    """
    if len(models) > MOST_MODELS:
        raise ConfigError(f"{len(models)} models; a page holds {MOST_MODELS} at most")
    size = sum(_size(shown.checkpoint.network.params.flat.size, shown.stored) for shown in models)
    if size > LARGEST:
        halved = any(shown.stored == "float32" for shown in models) and size // 2 <= LARGEST
        raise ConfigError(
            f"{counted(len(models), 'model')} would make a page of {size / 1e6:.0f} MB, and a page "
            f"has {LARGEST / 1e6:.0f} MB at most",
            Way("round the weights, with {weights}", weights="float16")
            if halved
            else Way("give fewer models, or smaller ones"),
        )


def page(models: Sequence[tuple[Shown, Ids]], text: str, source: str) -> bytes:
    """Return an HTML page of networks, each with the ids that the text is for it, (T,).

    text: what the page opens with.
    source: where it is from, a sentence.
    """
    described_models, blocks = [], []
    first = ""
    for n, (shown, ids) in enumerate(models):
        reading = shown.reading(ids)
        arrays = shown.arrays(reading)
        described_models.append(described(shown, arrays, reading))
        blocks.append(f'<script type="text/plain" id="arrays-{n}">{as_base64(arrays)}</script>\n')
        if not n:
            first = without_scripts(shown, reading, source)
    script, style = joined(WEB, "start.js"), (WEB / "style.css").read_text("utf-8")
    title = escape(f"{models[0][0].path.name} - charrnn lab")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(script, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="charrnn lab">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="without-scripts">
{first}</main>
<div id="lab" hidden></div>
<script type="application/json" id="header">{as_json(described_models, text, source)}</script>
{"".join(blocks)}<script>{script}</script>
</body>
</html>
""".encode()


def policy(script: str, style: str) -> str:
    """Return a content security policy under which only this script and this style count.

    Nothing is loaded or sent, no other script runs, whatever the page holds, and a text cannot
    become markup (Trusted Types without a policy).
    """
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
