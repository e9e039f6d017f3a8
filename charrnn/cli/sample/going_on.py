"""A text that goes on where another stopped: `--state-in` and `--state-out`."""

from pathlib import Path
from typing import TYPE_CHECKING

from charrnn.cli.replacing import check_not_read, check_output
from charrnn.cli.sample.options import SampleOptions
from charrnn.errors import ConfigError
from charrnn.sampling.config import SamplingConfig

if TYPE_CHECKING:
    from charrnn.array_types import Ids
    from charrnn.checkpoint.checkpoint import Checkpoint
    from charrnn.sampling.sample import Sample


def check_going_on(options: SampleOptions, config: SamplingConfig, model: Path) -> None:
    """Check the options beside `--state-in` and `--state-out`, and that nothing is replaced.

    Raises
    ------
    ConfigError
        They contradict each other, or a file would be replaced.
    """
    if options.each_line:
        raise ConfigError(f"--each-line: is of a model of pairs, and {model} is of a running text")
    if not options.goes_on:
        return
    option = "--state-in" if options.state_in else "--state-out"
    if options.num_samples > 1:
        raise ConfigError(f"{option}: one text goes on; leave --num-samples out")
    if config.is_whole or config.asks:
        raise ConfigError(
            f"{option}: a text that is chosen as a whole, or of which something is asked, does not "
            "go on; leave these options out"
        )
    if isinstance(config.temperature, tuple):
        raise ConfigError(f"{option}: a text whose temperature changes has an end; give one number")
    if options.state_in and options.seed is not None:
        raise ConfigError("--state-in goes on with its own random numbers; leave --seed out")
    read = [options.state_in, options.prompt_file, model]
    check_not_read("--state-out", options.state_out, read)
    check_output(options.state_out, overwrite=options.overwrite, option="--state-out")


def going_on(  # noqa: PLR0917
    checkpoint: "Checkpoint",
    prompt: "Ids",
    config: SamplingConfig,
    seed: int,
    model: str,
    options: SampleOptions,
) -> "Sample":
    """Return a text that goes on from a state, or after a prompt, and knows where it stops.

    model: the SHA-256 of the model's file.

    Raises
    ------
    CheckpointError
        The state is none, damaged, or of another model.
    """
    from charrnn.sampling.draw import random_streams
    from charrnn.sampling.place import Continued, load, place_after, read_on
    from charrnn.sampling.sample import Sample, first_ids

    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    rng = next(random_streams(seed))
    if options.state_in is None:
        place = place_after(network, prompt if len(prompt) else first_ids(vocabulary, rng))
    else:
        place = load(options.state_in, network, vocabulary, model)
        place = read_on(network, place, prompt) if len(prompt) else place
    continued = Continued(network, vocabulary, place, config, rng)
    return Sample(network, vocabulary, prompt, config, rng, continued=continued)


def keep(sample: "Sample", state: Path | None, model: str) -> None:
    """Write the place where a text stopped, if a file is named for it."""
    from charrnn.sampling.place import save

    if sample.continued and state:
        save(state, sample.continued.place, model)
