"""The description of a stopped run in its training state: text, network and options."""

import codecs
import os
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from numpy.typing import NDArray

from charrnn.array_types import NamedArrays
from charrnn.checkpoint.checkpoint import Needed, describe_state, load_state
from charrnn.checkpoint.paths import resume_path
from charrnn.checkpoint.record import count, is_count
from charrnn.errors import CheckpointError, ConfigError, TextError, Way, printable
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.kinds import config_of, count_parameters
from charrnn.text.corpus import Corpus
from charrnn.text.decoding import Errors
from charrnn.text.read_as import BYTES, ReadAs
from charrnn.text.sources import PIECE, STANDARD_INPUT, Bound, read_pieces
from charrnn.training.config import TrainingConfig

State = tuple[dict[str, NDArray[Any]], dict[str, Any]]
"""What a run is resumed from: its arrays, and its description."""

MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
"""Byte order marks of encodings that are detected without being requested."""

_ESCAPE = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[nrt])")


def about_text(corpus: Corpus) -> dict[str, Any]:
    """Return the description of a text for a training state, as JSON types."""
    return {
        "sources": [source.name for source in corpus.sources],
        "encoding": corpus.read_as.name,
        "errors": corpus.read_as.errors,
        "max_bytes": corpus.read_as.max_bytes,
        "field": corpus.read_as.field,
        "extract": corpus.read_as.extract,
    }


def load_run(path: Path) -> State:
    """Read the training state at `path`, with the arrays that its description needs.

    Raises
    ------
    CheckpointError
        It is none, damaged, newer than this program, or contradicts itself.
    """
    return load_state(path, _needed)


def is_run_on_pairs(path: Path) -> bool:
    """Return whether the run whose training state is beside a model learns pairs.

    Raises
    ------
    CheckpointError
        If there is no training state.
    """
    return "pairs" in describe_state(resume_path(path))


def _needed(meta: dict[str, Any]) -> Needed:
    """Return the arrays of the run of a description."""
    try:
        network, training = config_of(meta["network"]), TrainingConfig(**meta["training"])
    except (KeyError, TypeError, ConfigError) as error:
        raise CheckpointError("describes no run of this program") from error
    P, S = count_parameters(network), len(CELLS[network.cell].states)
    vectors = ["params", "best", "adam_m", "adam_v", *["average"] * bool(training.average)]
    state = (network.num_layers, S, training.batch_size, network.hidden_size)
    return {
        **dict.fromkeys(vectors, ("f4", (P,))),
        "state": ("f4", state),
        "history": ("f8", (None, 3)),
    }


def text_of(path: Path) -> tuple[list[str], ReadAs]:
    """Return the files that a stopped run learnt from, and how they were read.

    Raises
    ------
    CheckpointError
        If there is no training state beside the model at `path`, or it does not name its text.
    """
    path = resume_path(path)
    meta = describe_state(path)
    sources, encoding = meta.get("sources"), meta.get("encoding")
    if not (
        isinstance(sources, list)
        and sources
        and all(isinstance(name, str) for name in sources)
        and isinstance(encoding, str)
    ):
        raise CheckpointError(
            f"{printable(path.name)}: does not say which text it is of",
            Way("name the text as well"),
        )
    field = meta.get("field")
    # Early versions read all files verbatim.
    more: dict[str, Any] = {
        "field": field if isinstance(field, str) else None,
        "extract": meta.get("extract") is True,
    }
    if "errors" not in meta:
        names, read_as = _of_an_earlier_state(sources, encoding)
        return names, replace(read_as, **more)
    errors, max_bytes = meta["errors"], meta.get("max_bytes")
    if errors not in get_args(Errors) or not is_count(max_bytes):
        raise CheckpointError(f"{printable(path.name)}: does not say how its text was read")
    try:
        return sources, replace(ReadAs.named(encoding, errors, count(max_bytes)), **more)
    except (ConfigError, TextError) as error:
        raise CheckpointError(
            f"{printable(path.name)}: does not say how its text was read",
            Way("name the text as well"),
        ) from error


def described(
    corpus: Corpus, arrays: NamedArrays, meta: dict[str, Any]
) -> tuple[NetworkConfig, TrainingConfig]:
    """Return the description of a run, if the corpus and the arrays agree with it.

    Raises
    ------
    CheckpointError
        If they do not.
    KeyError, TypeError, ValueError, ConfigError
        If it is not of a run of this program.
    """
    if meta["sha256"] != corpus.sha256:
        raise CheckpointError(
            f"was trained on another text (its SHA-256 begins with {meta['sha256'][:12]}, this "
            f"one's with {corpus.sha256[:12]})",
            *_ways_to_its_text(corpus.read_as, meta),
        )
    as_bytes = meta["encoding"] == BYTES
    if as_bytes != corpus.read_as.as_bytes:
        raise CheckpointError(
            f"was trained on {'bytes' if as_bytes else 'characters'}, and the text was read as "
            f"the other",
            Way("give {as_bytes}", as_bytes=True) if as_bytes else Way("leave out {as_bytes}"),
        )
    vocabulary, network = corpus.vocabulary, NetworkConfig(**meta["network"])
    # Before a network of that size is allocated.
    if (meta["vocabulary"], network.vocabulary_size, count_parameters(network)) != (
        vocabulary.kind,
        len(vocabulary),
        arrays["params"].size,
    ):
        raise CheckpointError("its network does not fit its text or its arrays")
    return network, TrainingConfig(**meta["training"])


def _ways_to_its_text(read_as: ReadAs, meta: dict[str, Any]) -> list[Way]:
    """Return the ways out where the text is not that of the run."""
    asked: dict[str, Any] = {"encoding": read_as.name, "errors": read_as.errors}
    before = {name: meta[name] for name in asked if meta.get(name, asked[name]) != asked[name]}
    ways = [Way("give the same corpus"), Way("start afresh without {resume}")]
    if before and BYTES not in (asked["encoding"], meta["encoding"]):
        as_before = " ".join(f"{{{name}}}" for name in before)
        ways.insert(0, Way(f"read it as before, with {as_before}", **before))
    return ways


def _of_an_earlier_state(sources: list[str], encoding: str) -> tuple[list[str], ReadAs]:
    r"""Return the requested options, from a state with the detected ones.

    It has names as they were shown, `\u202f` and the like escaped; and the encoding of the
    first file, also where a byte order mark determined it.
    """
    names = [name if name == STANDARD_INPUT else _as_it_is(name) for name in sources]
    marked = encoding in MARKS and _begins_with(names[0], MARKS[encoding])
    return names, ReadAs.named("utf-8" if marked else encoding)


def _as_it_is(name: str) -> str:
    r"""Return the name of a file in which `\u202f` and the like may be escaped."""
    if os.path.lexists(name):
        return name
    unescaped = _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), name)
    return unescaped if os.path.lexists(unescaped) else name


def _begins_with(name: str, mark: bytes) -> bool:
    if name == STANDARD_INPUT or not os.path.isfile(name):  # noqa: PTH113 - of any name
        return False
    with closing(read_pieces(Path(name), Bound(PIECE))) as pieces:
        return next(pieces, b"").startswith(mark)
