"""Notes of a command beside its result: one line each, on standard error."""

import typer


def note(message: str) -> None:
    """Print one line on standard error, harmless whatever names and texts are in it."""
    # Imported here: it needs rich, which help must not wait for.
    from charrnn.terminal.safe import safe

    typer.echo(safe(message, limit=2000).plain, err=True)
