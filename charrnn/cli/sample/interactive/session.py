"""Where completion is shown: in an editor, or to another program."""

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from charrnn.cli.sample.escapes import as_meant
from charrnn.cli.sample.options import SampleOptions
from charrnn.cli.stdout import written_to
from charrnn.errors import ConfigError
from charrnn.sampling.config import SamplingConfig

if TYPE_CHECKING:
    from charrnn.checkpoint.checkpoint import Checkpoint


def complete(checkpoint: "Checkpoint", config: SamplingConfig, options: SampleOptions) -> None:
    """Complete what is typed, until the end of the input.

    Raises
    ------
    ConfigError
        The options do not fit, or there is no editor.
    """
    from charrnn.sampling.completion.document import Document

    document = Document(checkpoint.network, checkpoint.vocabulary, config)
    document.insert(as_meant(options.prompt or "", "--prompt", checkpoint.vocabulary))
    if options.as_json or sys.stdin is None or not sys.stdin.isatty():
        _by_lines(document)
        return
    if find_spec("prompt_toolkit") is None:
        raise ConfigError(
            "--interactive: the editor needs prompt_toolkit; get it with "
            "`pip install 'charrnn[interactive]'`, or use the line protocol with --json"
        )
    from charrnn.cli.sample.interactive.editor import edit

    edit(document, options.seed or 0)


def _by_lines(document: object) -> None:
    from charrnn.cli.sample.interactive.protocol import LONGEST_LINE, Protocol

    protocol = Protocol(document)  # type: ignore[arg-type]
    with written_to(None):
        if sys.stdin is None:
            return
        for line in iter(lambda: sys.stdin.readline(LONGEST_LINE + 2), ""):
            for answer in protocol.answers([line]):
                sys.stdout.write(answer + "\n")
                sys.stdout.flush()
