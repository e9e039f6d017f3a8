"""What a command says beside its result: on standard error, a line each."""

import typer


def note(message: str) -> None:
    """Print one line on standard error, harmless whatever names and texts are in it."""
    # Imported here: it needs rich, which is not to be waited for before a command runs.
    from charrnn.terminal.safe import safe

    typer.echo(safe(message, limit=2000).plain, err=True)
