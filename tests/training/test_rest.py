"""Learning the validation text at the end."""

import numpy as np
import pytest

from charrnn.evaluation.score import score
from charrnn.text.corpus import from_text
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun

OLD, NEW = (
    "the cat sat on the mat and saw a dog\n" * 60,
    "zebras jump over quick brown foxes\n" * 55,
)


def conclude(cell="lstm", **choices):
    size = {"hidden_size": 24, "batch_size": 4, "seq_length": 16, "max_steps": 150, "patience": 0}
    size |= {"val_split": len(NEW) / len(OLD + NEW), "learning_rate": 0.02}
    run = TextRun.begin(from_text(OLD + NEW), TrainOptions(cell=cell, workers=1, **size | choices))
    for _ in run.trainer.run():
        pass
    run.conclude("its budget was used up")
    return run


def losses(run):
    checkpoint = run.checkpoint()
    learnt, rest = (checkpoint.vocabulary.encode(text) for text in (OLD[-400:], NEW[:400]))
    return [float(score(checkpoint.network, ids).mean()) for ids in (learnt, rest)]


def test_the_rest_is_learnt_and_the_text_not_forgotten(cell):
    without, using_all = conclude(cell), conclude(cell, use_all=True)
    (learnt, rest), (learnt_then, rest_then) = losses(without), losses(using_all)
    assert rest_then < rest - 1
    assert learnt_then < learnt + 0.5
    # The reported loss was measured before, on text that was new then.
    before, after = without.checkpoint().training, using_all.checkpoint().training
    assert after.val_loss == before.val_loss
    assert before.val_scored == "once from the beginning, the state carried"
    assert after.val_scored == "once from the beginning, the state carried, and then learnt too"


def test_the_same_seed_gives_the_same_again():
    one, two = (conclude(use_all=True, dropout=0.3).checkpoint().network for _ in range(2))
    assert one.params.flat.tobytes() == two.params.flat.tobytes()


@pytest.mark.parametrize("kept", [40, 90])
def test_a_rest_of_a_few_characters(kept):
    run = conclude(use_all=True, val_split=kept / len(OLD + NEW))
    assert np.isfinite(losses(run)).all()
