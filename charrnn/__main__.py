"""The command `charrnn`, and `python -m charrnn`."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line; Ctrl-C during its import ends it silently."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    from charrnn.cli import main as run  # noqa: PLC0415 - what takes the moment

    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)


_INTERRUPTED = 130


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
