"""A real browser, opened once, and pages of small networks."""

import os
from pathlib import Path

import numpy as np
import pytest

from charrnn.checkpoint.checkpoint import save
from charrnn.lab.data import Shown
from charrnn.lab.page import page

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; skip where there is none, or no driver."""
    driver = pytest.importorskip(
        "playwright.sync_api", reason="no browser driver: pip install '.[lab-tests]'"
    )
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium, or name one in CHROMIUM")
    with driver.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Open a page in a tab without a network; `said` lists requests and what the console says."""
    contexts, said = [], []

    def opened(path, wait="() => window.charrnnLab", address="", **options):
        context = chromium.new_context(offline=True, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: said.append(request.url)
               if not request.url.startswith(("file:", "data:")) else None)  # fmt: skip
        tab.goto(path.as_uri() + address)
        if wait:
            tab.wait_for_function(wait)
            tab.wait_for_function("() => charrnnLab.reading.finished")
        return tab

    opened.said = said
    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def shown(tmp_path, make_checkpoint):
    """Make a network as a page has it, in a model file of its own."""

    def shown(name="model.npz", stored="float32", **options):
        path = tmp_path / name
        checkpoint = make_checkpoint(**options)
        save(path, checkpoint)
        return Shown(path, checkpoint, stored)

    return shown


@pytest.fixture
def written(tmp_path):
    """Write a page of networks and a text; return its path."""

    def written(*models, text="abcab\néd", name="lab.html"):
        path = tmp_path / name
        pairs = [(one, one.checkpoint.vocabulary.encode_prompt(text, "skip")) for one in models]
        path.write_bytes(page(pairs, text, "The text was given."))
        return path

    return written


@pytest.fixture
def some_text():
    """Return a text of a vocabulary's characters, drawn at random."""

    def some_text(vocabulary, length, seed=0):
        rng = np.random.default_rng(seed)
        return "".join(vocabulary[k] for k in rng.integers(0, min(len(vocabulary), 128), length))

    return some_text
