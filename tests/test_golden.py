"""Files that earlier versions wrote, kept for ever: they load, write the same text, and resume.

`stopped.npz` and `stopped.resume.npz` are of a run stopped at step 330 of 600, `ended.npz` of the
same run at its end, by the program as it was before parameters were averaged: an
LSTM of 16 units on `corpora/dinosaurs.txt`, seed 3, batch 4, window 16, dropout 0.2. Those of
`redraw_gru` are of a GRU of 2 layers of 12 units, stopped at step 120 of 240, by the program as it
was before its modules moved to other rooms and the loop over one character became a `Stepper`.
"""

import shutil
from pathlib import Path

import numpy as np

from charrnn import load
from charrnn.text.corpus import read_corpus
from charrnn.training.text_run import TextRun

GOLDEN = Path(__file__).parent / "golden"
DINOSAURS = Path(__file__).parents[1] / "corpora" / "dinosaurs.txt"


def test_an_old_model_writes_the_same_text():
    model = load(GOLDEN / "stopped.npz")
    text = model.generate(length=57, temperature=0.8, seed=1)
    assert text == "Tuaurus\nPLpmesaurus\nahlvus\nDaurasaus\nPiLosaus\nPpaurus\nAau"


def test_an_old_run_continues_as_it_would_have(tmp_path):
    for name in ("stopped.npz", "stopped.resume.npz"):
        shutil.copy(GOLDEN / name, tmp_path)
    run = TextRun.resume(read_corpus([str(DINOSAURS)]), tmp_path / "stopped.npz")
    assert len(list(run.trainer.run())) == 270
    run.conclude("its budget was used up")
    found, expected = run.checkpoint(), load(GOLDEN / "ended.npz").checkpoint
    assert found.training.best_step == expected.training.best_step
    # Another BLAS rounds otherwise, and 270 steps make much of it.
    np.testing.assert_allclose(found.network.params.flat, expected.network.params.flat, atol=2e-3)
    np.testing.assert_allclose(found.history, expected.history, atol=1e-3)


def test_a_model_of_before_the_redraw_writes_the_same_text_and_resumes(tmp_path):
    for name in ("redraw_gru.npz", "redraw_gru.resume.npz"):
        shutil.copy(GOLDEN / name, tmp_path)
    model = load(tmp_path / "redraw_gru.npz", resume=True)
    text = "hwPvcisin\nrnesdnAiaaranuusrcauoApspu\nol\nospatmosatrsasa\nttti"
    assert model.generate(length=60, temperature=0.8, seed=1) == text
    model.fit(DINOSAURS, resume=True, max_steps=240, progress=False)
    expected = load(GOLDEN / "redraw_gru_ended.npz")
    # On the machine and the BLAS that made it the bytes are the same.
    np.testing.assert_allclose(
        model.network.params.flat, expected.network.params.flat, rtol=0, atol=2e-3
    )
    assert model.history.step == expected.history.step
    np.testing.assert_allclose(model.history.val_loss, expected.history.val_loss, atol=1e-3)
