"""The plan of a run: its memory, speed and time, estimated before it starts."""

from dataclasses import dataclass

from charrnn.network.config import NetworkConfig
from charrnn.network.kinds import count_parameters
from charrnn.training.config import TrainingConfig
from charrnn.training.estimate import measure
from charrnn.training.memory import estimate_memory


@dataclass(frozen=True)
class Plan:
    """A run before it starts. Memory in bytes, speed in characters a second, time in seconds.

    seconds: all of it, but for what is measured in the end.
    besides: of these, how many go into evaluating and saving.
    """

    network: NetworkConfig
    training: TrainingConfig
    train_characters: int
    val_characters: int
    parameters: int
    memory: int
    speed: float
    steps: int
    seconds: float
    besides: float
    notes: tuple[str, ...]

    @property
    def passes(self) -> float:
        """How often the text is read."""
        read = self.steps * self.training.batch_size * self.training.seq_length
        return read / self.train_characters


def make_plan(
    network: NetworkConfig,
    training: TrainingConfig,
    train_characters: int,
    val_characters: int,
    notes: tuple[str, ...] = (),
    *,
    saving: float = 0.0,
) -> Plan:
    """Estimate memory, speed and time of a run; measuring the speed takes about half a second.

    saving: the seconds that the run takes to be saved.
    """
    pace = measure(network, training, train_characters, val_characters)
    per_step = training.batch_size * training.seq_length
    step = pace.step + pace.epoch / max(1, (train_characters - 1) // per_step)
    evaluation = pace.evaluation + saving
    limits: list[float] = []
    if training.max_steps:
        limits.append(training.max_steps)
    if training.epochs:
        limits.append(training.epochs * train_characters / per_step)
    if training.max_time:
        # An evaluation follows a step: there are as many as requested, or one for each step.
        all_of_them = (training.max_time - training.evaluations * evaluation) / step
        limits.append(max(all_of_them, training.max_time / (step + evaluation)))
    steps = max(1, int(min(limits)))
    besides = min(training.evaluations, steps) * evaluation
    return Plan(
        network=network,
        training=training,
        train_characters=train_characters,
        val_characters=val_characters,
        parameters=count_parameters(network),
        memory=estimate_memory(network, training, train_characters, val_characters),
        speed=per_step / step,
        steps=steps,
        seconds=steps * step + besides,
        besides=besides,
        notes=notes,
    )
