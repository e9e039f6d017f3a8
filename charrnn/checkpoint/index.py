"""The index of a training text beside its model, in which copied runs are found.

    model.index.npz      meta         (n,) uint8, JSON: format, version, the kind of vocabulary, and
                                      the files of the text with the place where each begins
                         vocabulary   (V,) uint32, the code points
                         text         (n,) uint8, uint16 or uint32: ids; V is no character of it
                         order        (n,) int32: the suffix array of the text backwards

Nothing in it is taken on trust: the order is that of the text or the file is refused, and the text
is that of the model or the index is not used.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.checkpoint.checkpoint import Checkpoint, read_file, write_file
from charrnn.checkpoint.paths import index_path
from charrnn.checkpoint.record import is_count
from charrnn.errors import CheckpointError, printable
from charrnn.text.copies import IndexedCorpus, IndexedFile
from charrnn.text.verbatim import Index
from charrnn.text.vocabulary import Vocabulary


def save_index(path: Path, corpus: IndexedCorpus) -> None:
    """Write an index, atomically like a model.

    Raises
    ------
    CheckpointError
        It cannot be written.
    """
    meta = {
        "vocabulary": corpus.vocabulary.kind,
        "files": [[file.name, file.start] for file in corpus.files],
    }
    arrays: dict[str, NDArray[Any]] = {
        "vocabulary": corpus.vocabulary.code_points,
        "text": corpus.index.ids,
        "order": corpus.index.order,
    }
    write_file(path, "index", meta, arrays)


def load_index(path: Path) -> IndexedCorpus:
    """Read an index, and check that it is one of the text in it.

    Raises
    ------
    CheckpointError
        It is no index, damaged, newer than this program, or contradicts itself.
    """
    if not path.exists():
        raise CheckpointError(
            f"{printable(path)}: there is no such index; `charrnn train --index` writes one"
        )
    meta, arrays = read_file(path, "index")
    try:
        return _assembled(meta, arrays)
    except (CheckpointError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{printable(path.name)}: {error}; delete it, or restore it from another copy"
        ) from error


def read_index(path: Path) -> IndexedCorpus:
    """Return what `load_index` does, read once while the file does not change.

    Raises
    ------
    CheckpointError
        As `load_index` does.
    """
    try:
        found = path.stat()
    except OSError:
        return load_index(path)  # says why
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, _time: int, _size: int) -> IndexedCorpus:
    return load_index(path)


def index_of(model: Path, checkpoint: Checkpoint) -> IndexedCorpus:
    """Return the index beside a model.

    Raises
    ------
    CheckpointError
        There is none, it is no index, or it is that of another text.
    """
    path = index_path(model)
    found = read_index(path)
    if found.sha256 != checkpoint.training.sha256:
        raise CheckpointError(
            f"{printable(path.name)}: is the index of another text than {printable(model.name)} "
            "has learnt; delete it"
        )
    return found


def _assembled(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> IndexedCorpus:
    if sorted(arrays) != ["order", "text", "vocabulary"]:
        raise CheckpointError("has other arrays than vocabulary, text and order")
    ids, order = arrays["text"], arrays["order"]
    kind: Any = meta.get("vocabulary")
    vocabulary = Vocabulary(arrays["vocabulary"], kind=kind)
    if ids.ndim != 1 or ids.dtype.kind != "u" or not len(ids) or ids.max() > len(vocabulary):
        raise CheckpointError("text is not one of the vocabulary")
    if order.dtype != np.int32 or order.shape != ids.shape:
        raise CheckpointError("order is not that of the text")
    files = _files(meta.get("files"), len(ids))
    index = Index(ids, len(vocabulary), order)
    if not index.is_sorted:
        raise CheckpointError("order is not that of the text")
    return IndexedCorpus(index, vocabulary, files)


def _files(found: Any, length: int) -> tuple[IndexedFile, ...]:
    """Return the files that a description lists, in the order of the text."""
    if not isinstance(found, list) or not found:
        raise CheckpointError("names no file")
    starts = []
    for each in found:
        if not isinstance(each, list) or len(each) != 2 or not isinstance(each[0], str):
            raise CheckpointError("names its files in another way than this program")
        if not is_count(each[1]) or each[1] > length:
            raise CheckpointError("has a file that begins outside of the text")
        starts.append(each[1])
    if starts != sorted(starts):
        raise CheckpointError("has files that are not in the order of the text")
    return tuple(IndexedFile(name, start) for name, start in found)
