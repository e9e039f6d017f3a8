"""The page's engine, in a real browser, against NumPy and `charrnn sample`."""

import base64
import shlex
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn.checkpoint.checkpoint import load
from charrnn.cli import app
from charrnn.inspection.methods.clamping import Clamp, surprises
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.gates.result import Gates
from charrnn.lab.data import Shown
from charrnn.network.cells import CELLS
from charrnn.sampling.config import SamplingConfig
from charrnn.sampling.sample import Sample
from charrnn.text.vocabulary import Vocabulary

LENGTH = 300

READ = """([ids, start]) => {
  const lab = window.charrnnLab;
  const {network} = lab.model;
  let before = new Float32Array(network.stateSize);
  const states = [], gates = [], logs = [];
  for (const [t, id] of ids.entries()) {
    if (t === start + 1000) break;
    const after = new Float32Array(network.stateSize), opened = new Float32Array(network.gatesSize);
    network.step(id, before, after, opened);
    if (t < start) { before = after; continue; }
    states.push(...after);
    gates.push(...opened);
    logs.push(...network.predict(after));
    before = after;
  }
  // As text: the driver takes long over lists of numbers.
  return Object.fromEntries(Object.entries({states, gates, logs}).map(([name, values]) => {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    let text = "";
    for (let n = 0; n < bytes.length; n += 8192) {
      text += String.fromCharCode(...bytes.subarray(n, n + 8192));
    }
    return [name, btoa(text)];
  }));
}"""


def floats(text, shape):
    """The float32 numbers of base64 text, in a shape."""
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)


close = partial(np.testing.assert_allclose, atol=1e-5, rtol=1e-5)


def stacked(arrays):
    """(T, L, S, H) of arrays by name, as the page keeps them."""
    return np.stack(list(arrays.values()), axis=2)


@pytest.mark.parametrize("kind", ["characters", "bytes"])
@pytest.mark.parametrize("embedding", [0, 5])
def test_it_computes_what_numpy_does(shown, written, opened, rng, kind, embedding):
    vocabulary = Vocabulary.of("\nabcdeé日") if kind == "characters" else Vocabulary.of_bytes("abc")
    models = [
        shown(f"{cell}-{layers}.npz", vocabulary=vocabulary, cell=cell, num_layers=layers,
              hidden_size=10, embedding_size=embedding, seed=layers)
        for cell in ("rnn", "lstm", "gru") for layers in (1, 2)
    ]  # fmt: skip
    tab = opened(written(*models, text="abcab"))
    ids = rng.integers(0, len(vocabulary), LENGTH)
    for m, one in enumerate(models):
        tab.evaluate("m => charrnnLab.take(m)", m)
        found = tab.evaluate(READ, [ids.tolist(), 0])
        reading = Reading.of(one.network, vocabulary, ids)
        states = stacked(reading.states)
        close(floats(found["states"], states.shape), states)
        if reading.gates:
            gates = stacked(reading.gates)
            close(floats(found["gates"], gates.shape), gates)
        logs = floats(found["logs"], reading.log_y_hat.shape)
        close(np.exp(logs), np.exp(reading.log_y_hat))
    assert not opened.said


def test_editing_gives_what_reading_anew_does(shown, written, opened):
    tab = opened(written(shown(cell="lstm", num_layers=2)))
    apart = tab.evaluate(
        """() => {
          const lab = charrnnLab, {reading} = lab;
          let seed = 1, points = [];
          const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
          for (let edit = 0; edit < 200; edit++) {
            const at = random(points.length + 1);
            if (random(3)) points.splice(at, 0, 97 + random(5), 10);
            else points.splice(at, 1 + random(4));
            reading.take(points.slice());
            reading.readFor(random(2));  // an edit also comes before the text is read
          }
          while (!reading.readFor(100));
          const fresh = new reading.constructor(reading.network, reading.vocabulary);
          fresh.take(points);
          while (!fresh.readFor(100));
          const same = (one, other) => String(one) === String(other);
          const kept = ["states", "gates", "bits"];
          return [points.length, ...kept.map((name) => same(reading[name], fresh[name]))];
        }"""
    )
    assert apart[0] > 50
    assert apart[1:] == [True, True, True]


def test_surprise_and_unknown_characters(shown, written, opened):
    one = shown()
    tab = opened(written(one, text="abXcéed"))
    ids = one.checkpoint.vocabulary.encode("abcéed")
    surprise = Reading.of(one.network, one.checkpoint.vocabulary, ids).surprise
    bits, unknown, mean = tab.evaluate(
        "() => [charrnnLab.reading.bits.map((b) => isNaN(b) ? null : b),"
        " charrnnLab.reading.unknown, charrnnLab.reading.meanBits]"
    )
    assert unknown == [False, False, True, False, False, False, False]
    assert [bits[n] for n in (1, 3, 4, 5, 6)] == pytest.approx(surprise[1:].tolist(), abs=1e-5)
    assert mean == pytest.approx(np.nanmean(surprise), abs=1e-5)
    assert "1 unknown to the network" in tab.inner_text(".remark")


@pytest.mark.parametrize("at", [(0, 2), (1, 3)])
def test_a_held_unit_changes_what_follows_as_inspect_says(shown, written, opened, cell, at):
    one = shown(cell=cell, num_layers=2)
    ids = one.checkpoint.vocabulary.encode("abcabedé")
    reading = Reading.of(one.network, one.checkpoint.vocabulary, ids)
    [expected] = surprises(reading, [[Clamp(at, 0.5)]])
    tab = opened(written(one, text="abcabedé"))
    bits = tab.evaluate(
        """async ([layer, unit]) => {
          charrnnLab.hold([{layer, unit, kind: "a", value: 0.5}]);
          while (!charrnnLab.reading.readFor(100));
          return charrnnLab.reading.bits.slice(1);
        }""", at,
    )  # fmt: skip
    assert bits == pytest.approx(expected[1:].tolist(), abs=1e-4)
    assert bits != pytest.approx(reading.surprise[1:].tolist(), abs=1e-3)


DRAWN = """([seeds, count]) => seeds.map((seed) => {
  const random = new charrnnLab.tools.PCG64(BigInt(seed));
  return Array.from({length: count}, () => random.random());
})"""


def test_its_random_numbers_are_those_of_numpy(shown, written, opened, rng):
    tab = opened(written(shown()))
    seeds = [0, 1, 2**32 - 1, 2**32, 2**53 - 1, 2**64 - 1, 2**200, *rng.integers(0, 2**53, 200)]
    found = tab.evaluate(DRAWN, [[str(seed) for seed in seeds], 50])
    for seed, numbers in zip(seeds, found, strict=True):
        assert numbers == np.random.default_rng(int(seed)).random(50).tolist(), seed


WROTE = """async ([text, settings, seed, length]) => {
  const lab = charrnnLab, points = Array.from(text, (c) => c.codePointAt(0));
  lab.sheet.show(text, points.length - 1);
  lab.read(points, points.length - 1);
  while (!lab.reading.readFor(100));
  lab.set({seed, settings, panel: "write"});
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  document.querySelector('[aria-label="How many characters"]').value = String(length);
  document.querySelector("#panel-write button.primary").click();
  const note = document.querySelector("#panel-write .primary");
  while (note.textContent !== "Write") await new Promise((resume) => setTimeout(resume, 5));
  return document.querySelector(".written").textContent;
}"""

AS_IT_IS = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
SETTINGS = [
    {}, {"temperature": 0.8}, {"temperature": 0.0}, {"top_k": 3, "temperature": 2.0},
    {"top_p": 0.7}, {"min_p": 0.2, "temperature": 1.5}, {"top_k": 1}, {"top_p": 0.01},
    {"top_k": 5, "top_p": 0.9, "min_p": 0.05, "temperature": 0.5}, {"min_p": 0.5},
]  # fmt: skip


def sampled(one, prompt, settings, seed, length):
    vocabulary = one.checkpoint.vocabulary
    ids = vocabulary.encode_prompt(prompt)
    rng = np.random.default_rng(seed)
    config = SamplingConfig(length=length, **settings)
    choices = Sample(one.network, vocabulary, ids, config, rng).choices()
    return vocabulary.decode([choice.id for choice in choices])


def test_the_same_seed_writes_what_sample_does(shown, written, opened, cell):
    one = shown(cell=cell, num_layers=2, hidden_size=12)
    tab = opened(written(one))
    for seed, changed in enumerate(SETTINGS):
        settings = AS_IT_IS | changed
        found = tab.evaluate(WROTE, ["abc", settings, seed, 120])
        assert found == sampled(one, "abc", settings, seed, 120), changed
    assert not opened.said


@pytest.mark.parametrize("kind", ["characters", "bytes"])
def test_the_command_of_the_page_writes_what_the_page_does(
    shown, written, opened, monkeypatch, kind
):
    text = "a'b \\\\n$é\nc"
    vocabulary = Vocabulary.of(text) if kind == "characters" else Vocabulary.of_bytes(text)
    one = shown(vocabulary=vocabulary, seed=4)
    tab = opened(written(one))
    found = tab.evaluate(WROTE, [text, AS_IT_IS | {"top_k": 40, "temperature": 0.7}, 5, 60])
    program, command, *arguments = shlex.split(tab.evaluate("charrnnLab.panels.write.line()"))
    assert (program, command) == ("charrnn", "sample")
    monkeypatch.chdir(one.path.parent)
    done = CliRunner().invoke(app, [command, *arguments, "--no-echo"])
    assert done.exit_code == 0, done.stderr
    if kind == "characters":
        assert done.stdout == found
    else:
        assert done.stdout_bytes == bytes(tab.evaluate("charrnnLab.panels.write.ids"))


@pytest.mark.slow
def test_the_shipped_model_writes_what_sample_does(written, opened):
    path = Path(__file__).parents[2] / "checkpoints" / "playwright.npz"
    one = Shown(path, load(path), "float32")
    tab = opened(written(one, text="QUILL: "))
    settings = AS_IT_IS | {"temperature": 0.8}
    for seed in range(20):
        found = tab.evaluate(WROTE, ["QUILL:\n", settings, seed, 2000])
        assert found == sampled(one, "QUILL:\n", settings, seed, 2000), seed


@pytest.mark.slow
def test_the_shipped_model_over_2000_characters(written, opened):
    path = Path(__file__).parents[2] / "checkpoints" / "playwright.npz"
    one = Shown(path, load(path), "float32")
    ids = one.checkpoint.vocabulary.encode(sampled(one, "The ", AS_IT_IS, 1, 2000))
    reading = Reading.of(one.network, one.checkpoint.vocabulary, ids)
    tab = opened(written(one, text="The "))
    states = stacked(reading.states)
    for start in (0, 1000):  # in two parts: an answer of the browser has a limit
        found = tab.evaluate(READ, [ids.tolist(), start])
        part = states[start : start + 1000]
        close(floats(found["states"], part.shape), part)


def forced_to(one, at, gate, value):
    """The network whose gate of a unit has a bias alone, and so the same value at every step."""
    network = one.network
    changed = network.sharing(network.params.flat.copy())
    layer, unit = at
    gates = CELLS[network.config.cell].gates
    column = gates.index(gate) * network.config.hidden_size + unit
    changed.params[f"W_ax_{layer}"][:, column] = 0
    changed.params[f"W_aa_{layer}"][:, column] = 0
    with np.errstate(divide="ignore"):
        logit = np.log(value / (1 - value)) if value < 1 else np.inf
    changed.params[f"b_a_{layer}"][column] = np.clip(logit, -80, 80)
    return changed


FORCE = """([layer, unit, gate, value, from]) => {
  const lab = charrnnLab, values = new Float64Array(lab.network.H).fill(NaN);
  values[unit] = value;
  lab.force([{layer, gate, from, values, said: ""}]);
  while (!lab.reading.readFor(100));
  return [lab.reading.states.flatMap((row) => [...row]), lab.reading.bits.slice(1)];
}"""


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3])
@pytest.mark.parametrize(
    ("kind", "gate"), [("lstm", "i"), ("lstm", "f"), ("lstm", "o"), ("gru", "r"), ("gru", "u")]
)
def test_a_forced_gate_gives_the_states_of_a_network_that_has_it_so(
    shown, written, opened, kind, gate, value
):
    one, at = shown(cell=kind, num_layers=2, seed=3), (1, 2)
    vocabulary, text = one.checkpoint.vocabulary, "abcabedébac"
    ids = vocabulary.encode(text)
    own = Reading.of(one.network, vocabulary, ids)
    reading = Reading.of(forced_to(one, at, gate, value), vocabulary, ids)
    expected = stacked(reading.states)
    assert np.abs(expected - stacked(own.states)).max() > 1e-4
    tab = opened(written(one, text=text))
    states, bits = tab.evaluate(FORCE, [*at, gate, value, 0])
    close(np.reshape(states, expected.shape), expected)
    close(bits, reading.surprise[1:])
    later, _ = tab.evaluate(FORCE, [*at, gate, value, 4])
    later = np.reshape(later, expected.shape)
    close(later[:4], stacked(own.states)[:4])
    assert np.abs(later[4] - stacked(own.states)[4]).max() > 1e-5
    tab.evaluate("charrnnLab.force([]); while (!charrnnLab.reading.readFor(100));")
    close(tab.evaluate("charrnnLab.reading.bits.slice(1)"), own.surprise[1:])
    assert not opened.said


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_the_shares_of_gates_are_those_of_inspect(shown, written, opened, some_text, kind):
    one = shown(cell=kind, hidden_size=9)
    one.network.params["W_ax_0"][:] *= 12  # gates that do open and shut
    vocabulary = one.checkpoint.vocabulary
    text = some_text("abcdeé\n", 200)
    expected = Gates.of(Reading.of(one.network, vocabulary, vocabulary.encode(text))).gates
    tab = opened(written(one, text=text))
    tab.evaluate("charrnnLab.set({panel: 'gates'})")
    tab.wait_for_selector("#panel-gates canvas:visible")
    for gate in tab.evaluate("charrnnLab.panels.gates.sigmoids"):
        tab.select_option("#panel-gates [aria-label=Gate]", gate)
        found = tab.evaluate(
            "charrnnLab.panels.gates.ofUnits().map(({mean, shut, open}) => [mean, shut, open])"
        )
        [given] = [each for each in expected if each.name == gate]
        close(found, np.stack([given.mean, given.low, given.high], axis=1))
        assert 0 < given.low.max() <= 1
    assert not opened.said
