"""Answers of a model of pairs: to one text, or to each line of a file or of standard input."""

import json
import os
import secrets
import select
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charrnn.cli.messages import note
from charrnn.cli.replacing import check_not_read, check_output
from charrnn.cli.sample.escapes import as_meant
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.sample.prompt import Prompt, prompt_of
from charrnn.cli.stdout import file_for, written_to
from charrnn.errors import ConfigError
from charrnn.option_fields import own_name
from charrnn.sampling.config import SamplingConfig
from charrnn.terminal.commands import command_line
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.array_types import Ids
    from charrnn.checkpoint.pairs import PairCheckpoint
    from charrnn.sampling.answers import Answer

ANSWERING = (
    "length",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "order",
    "num_beams",
    "length_penalty",
    "utf8",
)
"""The options of how an answer is chosen; others are of a running text."""

AT_ONCE = 1 << 16
"""Bytes of standard input that are read at a time."""


def answer(path: Path, config: SamplingConfig, options: SampleOptions, typed: set[str]) -> None:
    """Answer texts with the model of pairs at a path.

    typed: the names of the options that were given.

    Raises
    ------
    CharRNNError
        The model cannot be read, an option is of a running text, or a character is unknown.
    """
    _check(config, options)
    from charrnn.checkpoint.pairs import load_pairs
    from charrnn.sampling.answers import Answering
    from charrnn.sampling.draw import random_streams

    checkpoint = load_pairs(path)
    if "temperature" not in typed:
        config = replace(config, temperature=0.0)
    answering = Answering(checkpoint.network, checkpoint.vocabulary, checkpoint.labels, config)
    check_not_read("--output", options.output, [path, options.prompt_file])
    check_output(options.output, overwrite=options.overwrite)
    streams = random_streams(_chosen_seed(options, config))
    with written_to(file_for(options.output)):
        for group in _groups(options, checkpoint):
            sources = [source for source in group for _ in range(options.num_samples)]
            ids = [_encoded(source, checkpoint, options) for source in sources]
            for source, found in zip(sources, answering.answers(ids, streams), strict=True):
                sys.stdout.write(_line(source.text, found, checkpoint, options))
            sys.stdout.flush()


def _chosen_seed(options: SampleOptions, config: SamplingConfig) -> int:
    """Return the seed, drawn and shown where answers are and none is given."""
    if options.seed is not None or config.temperature == 0 or config.num_beams > 1:
        return options.seed or 0
    seed = secrets.randbits(32)
    note(f"seed {seed}; the same again: {command_line(['--seed', str(seed)])}")
    return seed


def _encoded(source: Prompt, checkpoint: "PairCheckpoint", options: SampleOptions) -> "Ids":
    return checkpoint.vocabulary.encode_prompt(source.text, options.unknown)


def _check(config: SamplingConfig, options: SampleOptions) -> None:
    """Check that options are of answers, not of a running text."""
    for field in fields(SamplingConfig):
        if field.name not in ANSWERING and getattr(config, field.name) != field.default:
            raise ConfigError(
                f"{own_name(field.name)}: is of a running text, and this model answers texts; "
                "leave it out"
            )
    other = {
        "--interactive": options.interactive,
        "--state-in": options.state_in is not None,
        "--state-out": options.state_out is not None,
        "--check-copies": bool(options.check_copies),
    }
    if found := [option for option, is_given in other.items() if is_given]:
        raise ConfigError(
            f"{found[0]}: is of a running text, and this model answers texts; leave it out"
        )
    if isinstance(config.temperature, tuple):
        raise ConfigError("one temperature for an answer; give one number", argument="temperature")


def _groups(options: SampleOptions, checkpoint: "PairCheckpoint") -> Iterator[list[Prompt]]:
    """Yield the texts to answer, in groups that are there at the same time."""
    given = options.prompt is not None or options.prompt_file is not None
    if options.prompt is not None or not options.each_line:
        if not given and (sys.stdin is None or sys.stdin.isatty()):
            raise ConfigError(
                "there is no text to answer; give one with -p TEXT, or a text a line with "
                "--each-line"
            )
        if options.prompt is not None:
            written = as_meant(options.prompt, "--prompt", checkpoint.vocabulary)
            yield [Prompt(written, written.encode())]
            return
        whole = options.prompt_file or Path(STANDARD_INPUT)
        text = prompt_of(None, whole, options.encoded, checkpoint).text
        yield [Prompt(text.removesuffix("\n"), b"")]
        return
    if options.prompt_file is not None and str(options.prompt_file) != STANDARD_INPUT:
        text = prompt_of(None, options.prompt_file, options.encoded, checkpoint).text
        yield from _in_groups([line for line in text.split("\n") if line.strip()])
        return
    for lines in _arriving():
        yield from _in_groups(lines)


def _in_groups(lines: list[str]) -> Iterator[list[Prompt]]:
    from charrnn.evaluation.pairs import ROWS

    for start in range(0, len(lines), ROWS):
        yield [Prompt(line, line.encode()) for line in lines[start : start + ROWS]]


def _arriving() -> Iterator[list[str]]:
    """Yield the lines of standard input as they come: those that are there are answered at once."""
    if sys.stdin is None:
        return
    number, rest = sys.stdin.fileno(), b""
    while data := os.read(number, AT_ONCE):
        rest += data
        while select.select([number], [], [], 0)[0]:
            if not (data := os.read(number, AT_ONCE)):
                break
            rest += data
        *lines, rest = rest.split(b"\n")
        if found := [line for line in map(_decoded, lines) if line.strip()]:
            yield found
        if not data:
            break
    if line := _decoded(rest):
        yield [line]


def _decoded(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")


def _line(
    source: str, found: "Answer", checkpoint: "PairCheckpoint", options: SampleOptions
) -> str:
    """Return an answer as it is written, with its line end."""
    if options.as_json:
        about: dict[str, Any] = {
            "source": source,
            "answer": found.text,
            "log_probability": found.log_p,
            "finish_reason": found.finish_reason,
        }
        if found.probabilities is not None:
            shares = found.probabilities.tolist()
            about["probabilities"] = dict(zip(checkpoint.labels, shares, strict=True))
        return json.dumps(about, ensure_ascii=False) + "\n"
    shown = found.text if not sys.stdout.isatty() or options.raw else _harmless(found.text)
    if options.show_probs:
        return f"{shown}\n{_bars(found, checkpoint)}"
    return f"{shown}\n"


def _harmless(text: str) -> str:
    from charrnn.terminal.safe import harmless

    return harmless(text)


def _bars(found: "Answer", checkpoint: "PairCheckpoint") -> str:
    """Return how probable each label is, with a bar; of what is written the probability of all."""
    import math

    from charrnn.terminal.bars import bar

    if found.probabilities is None:
        return f"  {math.exp(found.log_p):.1%} of all answers\n"
    wide = max(map(len, checkpoint.labels))
    rows = sorted(zip(found.probabilities.tolist(), checkpoint.labels, strict=True), reverse=True)
    return "".join(
        f"  {_harmless(label):<{wide}} {p:6.1%} {bar(p, 40)}".rstrip() + "\n" for p, label in rows
    )
