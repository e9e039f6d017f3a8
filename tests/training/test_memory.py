"""The estimated peak memory of runs, against what they take."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import charrnn
from charrnn.evaluation.answers import measure
from charrnn.evaluation.pairs import encode_pairs
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.network.pairs import PairConfig, PairNetwork
from charrnn.text.pairs import Pairs
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.batches import TextBatches
from charrnn.training.config import TrainingConfig
from charrnn.training.memory import BASE_MEMORY, estimate_memory, estimate_pair_memory
from charrnn.training.pairs.batches import pair_batches
from charrnn.training.trainer import Trainer

ROOT = Path(charrnn.__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "chosen"),
    [
        ({"cell": "lstm", "hidden_size": 128}, {}),
        ({"cell": "gru", "hidden_size": 96, "num_layers": 2}, {"dropout": 0.2}),
        ({"cell": "rnn", "hidden_size": 200, "embedding_size": 64}, {"batch_size": 32}),
    ],
)
def test_the_memory_that_was_estimated_is_what_is_taken(network, chosen):
    network = NetworkConfig(80, **network)
    training = TrainingConfig(**{"max_steps": 2, "evaluations": 1} | chosen)
    rng = np.random.default_rng(0)
    train, validation = (rng.integers(80, size=n).astype(np.uint8) for n in (200_000, 20_000))
    tracemalloc.start()
    trainer = Trainer(Network(network, rng), TextBatches(train, validation, 80, training), training)
    for _ in trainer.run():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    estimated = estimate_memory(network, training, len(train), len(validation))
    assert 0.5 < peak / (estimated - BASE_MEMORY) < 1.2


@pytest.mark.parametrize("cell_", ["rnn", "lstm", "gru"])
def test_the_memory_of_the_first_weights(cell_):
    resource = pytest.importorskip("resource")
    del resource
    # Of a process that was started from a large one ru_maxrss may be that one's.
    code = f"""if True:
        import resource
        from pathlib import Path
        import numpy as np
        from charrnn.network.config import NetworkConfig
        from charrnn.network.network import Network
        from charrnn.training.config import TrainingConfig
        from charrnn.training.memory import estimate_memory
        config = NetworkConfig(50, {cell_!r}, 900)
        Network(NetworkConfig(50, {cell_!r}, 32), np.random.default_rng(0))
        Network(config, np.random.default_rng(0))
        status = Path("/proc/self/status")
        if status.exists():
            peak = int(status.read_text().split("VmHWM:")[1].split()[0])
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(peak, estimate_memory(config, TrainingConfig(max_steps=1), 1000, 0))
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    peak, estimate = map(int, done.stdout.split())
    assert peak * (1 if sys.platform == "darwin" else 1024) < 1.05 * estimate


def test_more_of_anything_takes_no_less_memory():
    def memory(text=10**5, validation=10**4, **chosen):
        names = ("cell", "hidden_size", "num_layers", "embedding_size", "vocabulary_size")
        network = {name: chosen.pop(name) for name in names if name in chosen}
        return estimate_memory(
            NetworkConfig(**{"vocabulary_size": 100} | network),
            TrainingConfig(max_steps=5, **chosen),
            text,
            validation,
        )

    least = memory()
    for more in (
        {"text": 10**6}, {"validation": 10**5}, {"hidden_size": 256}, {"num_layers": 2},
        {"embedding_size": 64}, {"vocabulary_size": 300}, {"batch_size": 32}, {"seq_length": 128},
        {"dropout": 0.1},
    ):  # fmt: skip
        assert memory(**more) > least, more
    assert memory(cell="rnn") < memory(cell="gru") < memory(cell="lstm")
    assert memory(validation=0) < least
    # A text in a file takes no more for being larger.
    assert memory(text=10**7) == memory(text=10**12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "labels", "chosen"),
    [
        ({"cell": "lstm", "hidden_size": 96}, 0, {"dropout": 0.1}),
        ({"cell": "gru", "hidden_size": 64, "num_layers": 2}, 0, {}),
        ({"cell": "lstm", "hidden_size": 128}, 3, {"dropout": 0.2}),
    ],
)
def test_the_memory_of_a_run_on_pairs_that_was_estimated_is_what_is_taken(network, labels, chosen):
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz ,.'"))

    def words(n):
        return tuple("".join(rng.choice(letters, size=k)) for k in rng.integers(20, 80, size=n))

    names = tuple("abc"[:labels])
    tracemalloc.start()
    pairs = Pairs(words(2000), tuple(rng.choice(names, 2000).tolist()) if labels else words(2000))
    vocabulary = Vocabulary.of("".join(letters))
    config = PairConfig(len(vocabulary), labels=labels, **network)
    training = TrainingConfig(
        max_steps=2, evaluations=1, seq_length=81, batch_size=16, **{"average": 0.0} | chosen
    )
    learnt, kept = pairs.only(range(1800)), pairs.only(range(1800, 2000))
    encoded = [encode_pairs(each, vocabulary, names) for each in (learnt, kept)]
    trainer = Trainer(PairNetwork(config, rng), pair_batches(*encoded, training), training)
    for _ in trainer.run():
        pass
    trainer.finish()
    measure(trainer.network, vocabulary, names, kept, learnt)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    characters = sum(map(len, pairs.sources)) + sum(map(len, pairs.answers))
    estimated = estimate_pair_memory(config, training, len(pairs), characters)
    assert 0.5 < peak / (estimated - BASE_MEMORY) < 1.2
