"""A run on pairs: its batches, its workers, and that it resumes as if it had never stopped."""

import random

import numpy as np
import pytest

from charrnn.checkpoint.pairs import load_pairs, save_pairs
from charrnn.errors import CheckpointError, TrainingError
from charrnn.evaluation.pairs import EncodedPairs
from charrnn.network.pairs import NOTHING
from charrnn.text.corpus import read_corpus
from charrnn.training.config import TrainingConfig
from charrnn.training.options import TrainOptions
from charrnn.training.pairs.batches import pair_batches
from charrnn.training.pairs.options import PairOptions
from charrnn.training.pairs.run import PairRun

SMALL = {"hidden_size": 12, "batch_size": 8, "workers": 1}


@pytest.fixture
def corpora(tmp_path):
    """Pairs of both kinds: words and their reverse, and a judgement that hangs on the last word."""
    rng = random.Random(4)
    words = {"".join(rng.choices("abcde", k=rng.randint(2, 9))) for _ in range(150)}
    (tmp_path / "written.tsv").write_text("".join(f"{w}\t{w[::-1]}\n" for w in sorted(words)))
    lines = {
        f"{rng.choice('abc') * rng.randint(1, 9)} but {good}\t{'yes' if good == 'good' else 'no'}\n"
        for _ in range(400) for good in ("good", "bad")
    }  # fmt: skip
    (tmp_path / "chosen.tsv").write_text("".join(3 * sorted(lines)))
    return {name: read_corpus([tmp_path / f"{name}.tsv"]) for name in ("written", "chosen")}


PAIRS = PairOptions(pairs=True)


def begin(corpus, asked=PAIRS, **options):
    return PairRun.begin(corpus, asked, TrainOptions(**(SMALL | {"max_steps": 12} | options)))


def encoded(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return EncodedPairs(
        tuple(rng.integers(5, size=n) for n, _ in lengths),
        tuple(rng.integers(5, size=m) for _, m in lengths),
    )


@pytest.mark.parametrize("n", [1, 7, 8, 9, 1000])
def test_each_pair_comes_once_an_epoch_in_an_order_of_its_own(n):
    rng = np.random.default_rng(n)
    pairs = encoded([(int(rng.integers(1, 30)), int(rng.integers(1, 9))) for _ in range(n)])
    config = TrainingConfig(batch_size=8, seq_length=pairs.longest, max_steps=1, seed=3)
    batches = pair_batches(pairs, encoded([]), config)
    assert batches.validation is None
    assert len(batches) == batches.nominal == -(-n // 8)
    orders = []
    for epoch in (0, 1):
        batches.enter(epoch, 0)
        found = []
        for x, y in (batches[k] for k in range(len(batches))):
            assert x.shape == y.shape == (pairs.longest, 8)
            for b in range(8):
                source, answer = (ids[:, b][ids[:, b] != NOTHING] for ids in (x, y))
                if len(source):
                    found.append((tuple(source), tuple(answer)))
        there = [(tuple(s), tuple(a)) for s, a in zip(pairs.sources, pairs.answers, strict=True)]
        assert sorted(found) == sorted(there)
        orders.append(found)
    assert (orders[0] != orders[1]) == (n > 1) or n < 9


def test_batches_are_of_about_the_same_length():
    rng = np.random.default_rng(0)
    pairs = encoded([(int(rng.integers(5, 81)), 3) for _ in range(2000)])
    config = TrainingConfig(batch_size=16, seq_length=pairs.longest, max_steps=1)
    batches = pair_batches(pairs, encoded([]), config)
    read = used = 0
    for x, _ in (batches[k] for k in range(len(batches))):
        lengths = (x != NOTHING).sum(axis=0)
        read, used = read + 16 * lengths.max(), used + lengths.sum()
    assert used / read > 0.9


@pytest.mark.parametrize("kind", ["written", "chosen"])
def test_it_learns(corpora, kind):
    run = begin(corpora[kind], max_steps=250, hidden_size=32, learning_rate=1e-2)
    assert bool(run.labels) == (kind == "chosen")
    assert not {*run.learnt.sources} & {*run.kept.sources}
    losses = [progress.loss for progress in run.trainer.run()]
    run.conclude("it was enough")
    assert losses[-1] < 0.6 * losses[0]
    measured = run.measured
    assert measured.count == len(run.kept)
    assert measured.nats == pytest.approx(run.checkpoint().training.val_loss)
    if kind == "chosen":
        assert measured.exact == 1
        assert measured.confusion.sum() == measured.count
        assert measured.macro_f1 == 1
    else:
        assert measured.errors < 0.9


@pytest.mark.parametrize("kind", ["written", "chosen"])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("stop", [1, 7, 16])
def test_stop_and_resume_is_never_having_stopped(corpora, tmp_path, kind, workers, stop):
    corpus, options = corpora[kind], {"max_steps": 24, "workers": workers, "evaluations": 4}
    whole = begin(corpus, **options)
    for _ in whole.trainer.run():
        pass
    whole.trainer.finish()
    path = tmp_path / "m.npz"
    run = begin(corpus, **options)
    for progress in run.trainer.run():
        if progress.step == stop:
            break
    run.save_state(path)
    run.save(path)
    run.trainer.learner.close()
    again = PairRun.resume(corpus, path)
    for _ in again.trainer.run():
        pass
    again.trainer.finish()
    np.testing.assert_array_equal(
        again.trainer.network.params.flat, whole.trainer.network.params.flat
    )
    assert again.trainer.now.history == whole.trainer.now.history
    assert again.identity == whole.identity


def test_two_workers_learn_what_one_learns(corpora):
    found = []
    for workers in (1, 2):
        run = begin(corpora["written"], workers=workers, dropout=0.0, max_steps=3, average=0.0)
        x, y = run.trainer.batches[0]
        x[:, 4:], y[:, 4:] = x[:, :4], y[:, :4]  # the same pairs in both halves
        loss = run.trainer.learner.learn(x, y, 0)
        found.append((loss, run.trainer.learner.gradient.copy()))
        run.trainer.learner.close()
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-6)


def test_other_pairs_are_not_resumed(corpora, tmp_path):
    run = begin(corpora["written"])
    run.save_state(tmp_path / "m.npz")
    run.save(tmp_path / "m.npz")
    with pytest.raises(CheckpointError, match="trained on other pairs"):
        PairRun.resume(corpora["chosen"], tmp_path / "m.npz")
    for _ in run.trainer.run():
        pass
    run.conclude("its budget was used up")
    run.save_state(tmp_path / "m.npz")
    run.save(tmp_path / "m.npz")
    with pytest.raises(TrainingError, match="budget is used up"):
        PairRun.resume(corpora["written"], tmp_path / "m.npz").check_left("m")


@pytest.mark.parametrize("kind", ["written", "chosen"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_model_is_read_as_it_was_saved(corpora, tmp_path, kind, cell):
    run = begin(corpora[kind], cell=cell, num_layers=2)
    saved = run.checkpoint()
    save_pairs(tmp_path / "m.npz", saved)
    found = load_pairs(tmp_path / "m.npz")
    np.testing.assert_array_equal(found.network.params.flat, saved.network.params.flat)
    assert found.network.config == saved.network.config
    assert (found.labels, found.vocabulary) == (saved.labels, saved.vocabulary)
    assert found.training == saved.training


def test_answers_of_either_kind_can_be_asked_for(corpora):
    written = begin(corpora["chosen"], PairOptions(pairs=True, answers="written"))
    assert not written.labels
    assert written.network.config.reverse
    chosen = begin(corpora["chosen"])
    assert chosen.labels == ("no", "yes")
    assert not chosen.network.config.reverse
