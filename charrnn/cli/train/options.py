"""The options of `charrnn train` that are not the run's own."""

from dataclasses import dataclass
from pathlib import Path

from charrnn.cli.completion import complete_run
from charrnn.cli.option_values import output
from charrnn.errors import ConfigError
from charrnn.option_fields import Checked, Count, opt
from charrnn.training.options import BUDGET, TRAINING

OUTPUT = "Output"


@dataclass(frozen=True)
class OutputOptions:
    """Where a run is saved, and what of it is shown."""

    # fmt: off
    out: Path | None = opt(
        None, "Where to save the model.", OUTPUT, "FILE", names="-o", aliases="--output",
        shown="checkpoints/NAME.npz", parse=output,
    )
    overwrite: bool = opt(False, "Replace a model that is there already.", OUTPUT)
    resume: Path | None = opt(
        None, "Resume the run that wrote this model, as if it had never stopped; CORPUS may be "
        "left out.", OUTPUT, "MODEL", complete=complete_run,
    )
    index: bool = opt(
        False, "Index the text beside the model, for sample --no-copy.", OUTPUT
    )
    dry_run: bool = opt(False, "Show the plan and stop.", OUTPUT)
    samples: bool = opt(True, "Show now and then what the network writes.", OUTPUT)
    plot: bool = opt(True, "Draw the losses above the bar, on a terminal.", OUTPUT)
    log_file: Path | None = opt(
        None, "Write the run as lines of JSON; - is standard output.", OUTPUT, "FILE", parse=output
    )
    profile: bool = opt(False, "Show at the end where the time went.", OUTPUT)
    # fmt: on


@dataclass(frozen=True)
class MachineOptions(Checked):
    """Budgets by another name, and the threads of this process."""

    # fmt: off
    threads: Count = opt(1, "Threads of a matrix product in each process.", TRAINING, "N")
    quick: bool = opt(False, "As --max-time 1m: a text to look at.", BUDGET)
    best: bool = opt(False, "As --max-time 1h: the best text of an hour.", BUDGET)
    # fmt: on

    def max_time(self, given: float | None) -> float | None:
        """Return the seconds that a run may take, by whichever of the three options was given.

        given: by --max-time.

        Raises
        ------
        ConfigError
            More than one was.
        """
        times = {"--max-time": given, "--quick": 60.0 * self.quick, "--best": 3600.0 * self.best}
        chosen = {option: seconds for option, seconds in times.items() if seconds}
        if len(chosen) > 1:
            raise ConfigError(f"{' and '.join(chosen)} are times both; give one of them")
        return next(iter(chosen.values()), None)
