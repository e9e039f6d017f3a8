"""What to type next: commands that lead on from the screen that opens."""

from collections.abc import Iterator

from rich.text import Text

from charrnn.inspection.views.overview.draw import first_named
from charrnn.inspection.views.overview.result import Overview
from charrnn.terminal.screen import Screen
from charrnn.terminal.tables import folded, rule

_GAP = 2


def next_commands(
    result: Overview, command: str, screen: Screen, *, own_text: bool
) -> Iterator[Text]:
    """Yield commands that show more of the same, each with what it shows.

    Where sentences stand out there are none: each sentence names the view that leads on.

    command: the one that was given, as a shell reads it; a long one is not repeated each time.
    own_text: whether the network wrote the text that it reads.
    """
    if result.findings:
        return
    ways = [
        (f"--view neuron {first_named(result)}", "what this unit follows"),
        ("--view step", "each step, with arrow keys"),
        ("--view state", "more of the hidden state"),
    ]
    if own_text:
        ways[2] = ("-f FILE", "what stands out in a text")
    wide = max(len(added) for added, _ in ways)
    said = max(len(shows) for _, shows in ways)
    repeated = len(command) + 1 + wide + _GAP + said <= screen.width
    right = "" if repeated else f"{command} ..."
    if len(right) > screen.width // 2:
        right = "the same command with"
    yield from rule("what next", screen, right=right)
    if wide + _GAP + said > screen.width:
        ways = [(added, "") for added, _ in ways]
    for added, shows in ways:
        typed = f"{command} {added}" if repeated else added
        room = wide + (len(command) + 1) * repeated
        line = Text().append(typed.ljust(room + _GAP), screen.palette.bold)
        line.append(shows, screen.palette.dim)
        line.rstrip()
        yield from folded(line, screen.width)
