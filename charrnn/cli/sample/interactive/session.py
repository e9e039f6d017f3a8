"""Where completion is shown: in an editor, or to another program."""

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer

from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.sample.prompt import prompt_of
from charrnn.cli.stdout import written_to
from charrnn.errors import ConfigError
from charrnn.sampling.config import SamplingConfig
from charrnn.text.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from charrnn.checkpoint.checkpoint import Checkpoint


def check_typed(options: SampleOptions) -> None:
    """Check the options beside `--interactive`.

    Raises
    ------
    ConfigError
        One is of a text that is written at once.
    """
    given = {
        "--num-samples": options.num_samples > 1,
        "--output": options.output is not None,
        "--replay": options.replay is not None,
        "--state-in": options.state_in is not None,
        "--state-out": options.state_out is not None,
        "--show-probs": options.show_probs,
        "--prompt-file -": str(options.prompt_file) == STANDARD_INPUT,
    }
    if found := [option for option, is_given in given.items() if is_given]:
        raise ConfigError(
            f"{found[0]}: has no place beside --interactive, which is for a text that is typed; "
            "leave one of them out"
        )


def complete(checkpoint: "Checkpoint", config: SamplingConfig, options: SampleOptions) -> None:
    """Complete what is typed, until the end of the input.

    Raises
    ------
    ConfigError
        The options do not fit, or there is no editor.
    """
    from charrnn.sampling.completion.document import Document

    document = Document(checkpoint.network, checkpoint.vocabulary, config, options.unknown)
    if options.prompt is not None or options.prompt_file is not None:
        document.insert(
            prompt_of(options.prompt, options.prompt_file, options.encoded, checkpoint).text
        )
    if options.as_json or sys.stdin is None or not sys.stdin.isatty():
        _by_lines(document, options.seed or 0)
        return
    if find_spec("prompt_toolkit") is None:
        raise ConfigError(
            "--interactive: the editor needs prompt_toolkit; get it with "
            "`pip install 'charrnn[interactive]'`, or use the line protocol with --json"
        )
    from charrnn.cli.sample.interactive.editor import edit

    if number := edit(document, options.seed or 0, raw=options.raw):
        raise typer.Exit(128 + number)


def _by_lines(document: object, seed: int) -> None:
    from charrnn.cli.sample.interactive.protocol import Protocol, lines_of

    protocol = Protocol(document, seed)  # type: ignore[arg-type]
    with written_to(None):
        if sys.stdin is None:
            return
        for answer in protocol.answers(lines_of(sys.stdin)):
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
