"""A text again from the line of JSON that was written with it: `--replay`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import typer

from charrnn.checkpoint.paths import index_path
from charrnn.cli.models import chosen_model
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.sample.samples import make
from charrnn.cli.stdout import file_for, written_to
from charrnn.errors import ConfigError, TextError, printable
from charrnn.sampling.config import SamplingConfig
from charrnn.terminal.safe import harmless
from charrnn.text.sources import STANDARD_INPUT

_CHARACTERS = 20
"""Characters that are shown where two texts part."""

_RUN = ("model", "model_sha256", "prompt", "seed", "num_samples", "params")
"""What lines of one run have in common."""


def replay(file: Path, model: Path | None, config: SamplingConfig, options: SampleOptions) -> None:
    """Write the texts of a file of `--json` anew, and report how they differ.

    Raises
    ------
    ConfigError
        The file is none that `sample --json` wrote, or options are given that are in it.
    CharRNNError
        It cannot be read.
    Exit
        A text differs: with 1.
    """
    if config != SamplingConfig():
        raise ConfigError("--replay takes its options from the file; leave the others out")
    differs = False
    name = printable(str(file))
    with written_to(file_for(options.output)):
        for _, lines in groupby(_lines(file, name), lambda line: [line[key] for key in _RUN]):
            for written, line in _again(list(lines), model, name):
                shown = harmless(written) if sys.stdout.isatty() else written
                sys.stdout.write(shown + "\n")
                if said := _difference(written, line):
                    typer.echo(f"{name}: sample {line['index'] + 1} {said}", err=True)
                    differs = True
    if differs:
        raise typer.Exit(1)


def _lines(file: Path, name: str) -> Iterator[dict[str, Any]]:
    try:
        stream = sys.stdin.buffer if str(file) == STANDARD_INPUT else file.open("rb")
        with stream:
            for n, raw in enumerate(stream, 1):
                yield _checked(raw, f"--replay: {name}, line {n}")
    except OSError as error:
        raise TextError(f"{name}: cannot be read, {error.strerror or error}") from error


def _checked(raw: bytes, where: str) -> dict[str, Any]:
    kinds = {
        "model": str, "model_sha256": str, "prompt": str, "seed": int, "num_samples": int,
        "params": dict, "index": int, "text": str, "finish_reason": str, "versions": dict,
    }  # fmt: skip
    try:
        line = json.loads(raw)
        found = {key: line[key] for key in kinds}
    except (ValueError, KeyError, TypeError, RecursionError):
        found = {}
    if not found or any(type(found[key]) is not kind for key, kind in kinds.items()):
        raise ConfigError(f"{where}: is no sample; give a file that `charrnn sample --json` wrote")
    if line.get("state_in_sha256"):
        raise ConfigError(f"{where}: goes on from a state; repeat its command with --state-in")
    if not 0 <= found["index"] < found["num_samples"] < 10**9 or not 0 <= found["seed"] < 2**64:
        raise ConfigError(f"{where}: is no sample; its numbers are out of range")
    return found


def _again(
    lines: list[dict[str, Any]], model: Path | None, name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the text of each line of one run, made again, and the line."""
    from charrnn.checkpoint.checkpoint import load
    from charrnn.checkpoint.digest import digest

    first = lines[0]
    path = chosen_model(model or Path(first["model"]))
    if digest(path) != first["model_sha256"]:
        raise ConfigError(
            f"--replay: {name} was written by another model than {printable(str(path))}; name that"
        )
    given = dict(first["params"])
    unknown = given.pop("unknown", "error")
    known = {field.name for field in fields(SamplingConfig)}
    if given.keys() - known:
        raise ConfigError(f"--replay: {name} has options that this version does not know")
    config, checkpoint = SamplingConfig(**given), load(path)
    ids = checkpoint.vocabulary.encode_prompt(first["prompt"], unknown)
    if config.no_copy:
        config = replace(config, corpus_index=str(index_path(path)))
    together = first["num_samples"] > 1 and not (config.is_whole or config.length < 0)
    groups = make(checkpoint, ids, config, first["seed"], first["num_samples"], together=together)
    wanted = {line["index"]: line for line in lines}
    for index, text in enumerate(one for group in groups for one in group):
        if line := wanted.pop(index, None):
            length = len(line["text"]) if line["finish_reason"] == "interrupted" else None
            yield "".join(text.pieces())[:length], line
        if not wanted:
            return


def _difference(written: str, line: dict[str, Any]) -> str:
    """Return in words how a text differs from that of a line; nothing where it does not."""
    recorded = line["text"]
    if written == recorded:
        return ""
    pairs = zip(written, recorded, strict=False)
    shorter = min(len(written), len(recorded))
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), shorter)
    there, here = (ascii(text[at : at + _CHARACTERS]) for text in (recorded, written))
    from charrnn.checkpoint.checkpoint import this_program

    versions = [
        f"{what} {line['versions'].get(what, '?')} there and {now} here"
        for what, now in this_program().items()
        if line["versions"].get(what) != now
    ]
    return f"differs from character {at + 1} on: {there} there, {here} here" + "".join(
        f"; {said}" for said in versions
    )
