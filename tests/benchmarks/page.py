"""How fast is the page of `charrnn lab`? Networks of some sizes in a headless Chromium.

    python tests/benchmarks/page.py
    python tests/benchmarks/page.py --sizes 1x256 2x512 --slowdown 4      # about a phone

It needs `pip install '.[lab-tests]'` and a Chromium. For LSTMs of random weights, in milliseconds:

first key      from opening the file to the frame after a key that was pressed at once
key            from a key at the end of 2,000 characters to the end of its frame, State being shown:
               median and 95th percentile of 60 keys
longest task   the longest task of the page's thread while those keys are typed
written        characters a second, as fast as the panel Write can
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from charrnn.checkpoint.checkpoint import Checkpoint, save, this_program
from charrnn.checkpoint.record import TrainingRecord
from charrnn.lab.data import Shown
from charrnn.lab.page import choose_stored, page
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.text.vocabulary import Vocabulary

LETTERS = "\n ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,;:!?'-()[]&0"

KEYS = """async () => {
  const lab = charrnnLab, times = [], frame = () => new Promise((drawn) => {
    requestAnimationFrame(() => setTimeout(drawn));
  });
  let longest = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
  }).observe({type: "longtask"});
  for (let key = 0; key < 60; key++) {
    const began = performance.now();
    document.execCommand("insertText", false, "e");
    await frame();
    times.push(performance.now() - began);
    await new Promise((resume) => setTimeout(resume, 60));
  }
  return [times, longest];
}"""

FILL = """(text) => {
  const lab = charrnnLab, points = Array.from(text, (character) => character.codePointAt(0));
  lab.sheet.show(text, points.length - 1);
  lab.sheet.field.focus();
  lab.read(points, points.length - 1);
}"""

WRITE = """async () => {
  const lab = charrnnLab, began = performance.now();
  lab.set({panel: "write"});
  await lab.panels.write.start(300);
  return 300000 / (performance.now() - began);
}"""


def written(folder: Path, layers: int, hidden: int) -> Path:
    """Write the page of a network of random weights."""
    network = Network(NetworkConfig(len(LETTERS), "lstm", hidden, layers), np.random.default_rng(0))
    record = TrainingRecord(
        sources=(), encoding="utf-8", sha256="0" * 64, train_characters=0, val_characters=0,
        config={}, steps=0, characters_read=0, seconds=0.0, best_step=0, val_loss=None,
        val_scored="not measured", baselines={}, ended="not trained",
    )  # fmt: skip
    vocabulary = Vocabulary.of(LETTERS)
    checkpoint = Checkpoint(network, vocabulary, record, np.zeros((0, 3)), this_program())
    model = folder / f"{layers}x{hidden}.npz"
    save(model, checkpoint)
    shown = Shown(model, checkpoint, choose_stored(network.params.flat.size))
    text = LETTERS[1:] * 3
    made = folder / f"{layers}x{hidden}.html"
    made.write_bytes(page([(shown, vocabulary.encode(text))], text, "A text of all letters."))
    return made


def measured(browser: Browser, made: Path, slowdown: float) -> list[str]:
    """Return a row of the table."""
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    if slowdown > 1:
        session = tab.context.new_cdp_session(tab)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    began = time.perf_counter()
    tab.goto(made.as_uri())
    tab.wait_for_function("() => window.charrnnLab")
    tab.focus("#text")
    tab.keyboard.type("e")
    tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    first = (time.perf_counter() - began) * 1000
    tab.evaluate(FILL, (LETTERS[1:] * 40)[:2000])
    tab.wait_for_function("() => charrnnLab.reading.finished", timeout=300_000)
    times, longest = tab.evaluate(KEYS)
    middle, high = np.percentile(times, [50, 95])
    speed = tab.evaluate(WRITE)
    tab.close()
    size = made.stat().st_size / 1e6
    return [made.stem, f"{size:.1f} MB", f"{first:.0f}", f"{middle:.1f} / {high:.1f}",
            f"{longest:.0f}", f"{speed:.0f}"]  # fmt: skip


def main() -> None:
    """Print a table with a row for each size."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", nargs="+", default=["1x256", "2x512"])
    options.add_argument("--slowdown", type=float, default=1.0)
    given = options.parse_args()
    print("| LSTM | page | first key | key, median / p95 | longest task | written |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for size in given.sizes:
            layers, hidden = map(int, size.split("x"))
            row = measured(browser, written(Path(folder), layers, hidden), given.slowdown)
            print(f"| {' | '.join(row)} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
