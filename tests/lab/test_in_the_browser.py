"""A page as a reader has it: it opens, it answers, and nothing in it runs that should not."""

import base64
import re

import numpy as np
import pytest

SIZES = [(360, 740), (800, 900), (1440, 900)]
THEMES = ["light", "dark"]
PANELS = ["state", "unit", "step", "gates", "write"]

HOSTILE = (
    "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
    "<!-- ]]> & \" ' ` ${window.hurt = 1} a\x1b[31mb\x07\u202edcba\u2066\u2028\u200e\U000e0041é"
)


def test_it_opens_and_answers(shown, written, opened):
    tab = opened(written(shown(cell="lstm")))
    assert "agrees with NumPy" in tab.inner_text(".check")
    assert not tab.is_visible("#without-scripts")
    field = tab.locator("#text")
    field.focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type("abce")
    tab.wait_for_function("() => charrnnLab.reading.finished && charrnnLab.points.length === 12")
    assert field.input_value() == "abcab\néd" + "abce"
    assert tab.evaluate("charrnnLab.t") == 11
    before = tab.inner_text(".bars")
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_function("() => charrnnLab.t === 10")
    tab.wait_for_function(
        "before => document.querySelector('.bars').innerText !== before", arg=before
    )
    tab.locator(".key").first.click()
    tab.wait_for_function("() => charrnnLab.points.length === 13")
    tab.keyboard.press("Control+z")
    tab.wait_for_function("() => charrnnLab.points.length === 12")
    assert not opened.said


def test_every_number_of_the_prediction_is_shown(shown, written, opened):
    one = shown()
    tab = opened(written(one, text="abcab"))
    reading = one.reading(one.checkpoint.vocabulary.encode("abcab"))
    tab.evaluate("charrnnLab.choose(3)")
    tab.wait_for_function("() => document.querySelector('.where').innerText.startsWith('t = 3')")
    shares = tab.locator(".bars li:visible .bar-said").all_inner_texts()
    expected = sorted(np.exp(reading.log_y_hat[3]), reverse=True)
    assert [float(said.split()[0]) / 100 for said in shares] == pytest.approx(expected, abs=0.006)


def test_nothing_runs_from_a_text_even_where_nothing_escapes_it(shown, written, opened):
    path = written(shown(), text=HOSTILE)
    tab = opened(path)
    assert tab.evaluate("window.hurt") is None
    points = tab.evaluate("charrnnLab.points")
    assert "".join(map(chr, points)) == HOSTILE
    lines = tab.evaluate("getComputedStyle(document.querySelector('#text')).direction")
    assert lines == "ltr"
    assert not set("\u202e\u2066\u2028\x1b") & set(tab.locator("#text").input_value())
    assert not opened.said
    page = path.read_text("utf-8")
    hole = page.replace("<main id", f"<p>{HOSTILE}</p><main id")
    path.write_text(hole, "utf-8")
    tab = opened(path, wait=None)
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.hurt") is None
    assert any("Content Security Policy" in said for said in opened.said)


def damaged(page, change):
    """A page with its arrays changed, and the sums of them left as they were."""

    def changed(found):
        return found[1] + change(found[2]) + found[3]

    return re.sub(r'(id="arrays-0">)([^<]*)(</script>)', changed, page)


def flipped(text):
    raw = bytearray(base64.b64decode(text))
    raw[len(raw) // 3 | 3] ^= 0x80  # a sign
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("change", [flipped, lambda text: text[: len(text) // 2 // 4 * 4]])
def test_damaged_data_shows_no_number(shown, written, opened, change):
    path = written(shown())
    path.write_text(damaged(path.read_text("utf-8"), change), "utf-8")
    tab = opened(path, wait=None)
    tab.wait_for_selector(".failed")
    assert "does not agree" in tab.inner_text("[role=alert]")
    assert not tab.is_visible(".bars")


def test_a_wrong_reference_shows_no_number(shown, written, opened, monkeypatch):
    one = shown()
    make = type(one).arrays

    def wrong(self, reading):
        made = make(self, reading)
        return made | {"check_states": made["check_states"] + np.float32(1e-3)}

    monkeypatch.setattr(type(one), "arrays", wrong)
    tab = opened(written(one), wait=None)
    tab.wait_for_selector(".failed")
    assert re.search(r"differs by 1 · 10⁻³", tab.inner_text("[role=alert]"))


def test_without_scripts_it_is_worth_reading(shown, written, opened):
    tab = opened(written(shown()), wait=None, java_script_enabled=False)
    said = tab.inner_text("body")
    for part in ("model.npz", "parameters", "What it expects", "bits", "abcab↵"):
        assert part in said
    assert not opened.said


def test_it_opens_from_a_path_of_any_letters(shown, written, opened, tmp_path):
    folder = tmp_path / "été # 100 %"
    folder.mkdir()
    page = folder / "a b.html"
    page.write_bytes(written(shown()).read_bytes())
    opened(page)
    assert not opened.said


def test_the_address_keeps_what_is_chosen(shown, written, opened):
    path = written(shown(cell="lstm"), shown("other.npz", cell="gru", seed=3))
    tab = opened(path)
    tab.evaluate(
        """() => {
          const lab = charrnnLab;
          lab.take(1);
          lab.set({unit: 3, kind: "u", panel: "unit", paint: "unit", seed: 7,
                   settings: {temperature: 0.5, top_k: 4, top_p: 0.9, min_p: 0.1}});
          lab.choose(2);
        }"""
    )
    tab.wait_for_function("() => location.hash.includes('S=7') && location.hash.includes('p=unit')")
    address = tab.evaluate("location.hash")
    other = opened(path, address=address)
    chosen = other.evaluate("(({m, t, unit, kind}) => [m, t, unit, kind])(charrnnLab)")
    assert chosen == [1, 2, 3, "u"]
    assert other.evaluate("charrnnLab.settings") == {
        "temperature": 0.5, "top_k": 4, "top_p": 0.9, "min_p": 0.1,
    }  # fmt: skip
    assert other.is_visible("#panel-unit")
    assert not opened.said


def test_no_address_can_lead_out_of_bounds(shown, written, opened):
    tab = opened(written(shown()))
    wrong = tab.evaluate(
        r"""() => {
          let seed = 5;
          const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
          const keys = [..."vmtupcTKPMSx", "__proto__", "constructor", "toString"];
          const values = ["", "-1", "1e999", "NaN", "%00", "%zz", "9".repeat(21), "0:84.c",
            "9:9.z", "0:0.a", "<img src=x onerror=alert(1)>", "_-_-", "step", "////", "1",
            "A".repeat(3000), "0.5", "\u202e", "javascript:alert(1)", "2e2", " ", "0x10", "bits"];
          const {parse} = charrnnLab.tools, bounds = {T: [0, 2], P: [0.01, 1], M: [0, 0.5]};
          const wrong = [];
          for (let n = 0; n < 2000; n++) {
            let hash = "#";
            for (let pair = random(8); pair >= 0; pair--) {
              hash += `${keys[random(keys.length)]}=${values[random(values.length)]}&`;
            }
            const began = performance.now();
            try {
              const found = parse(hash);
              for (const [key, [least, most]] of Object.entries(bounds)) {
                if (key in found && !(found[key] >= least && found[key] <= most)) wrong.push(hash);
              }
              if (!Object.keys(found).every((key) => "mtupcTKPMSx".includes(key))) wrong.push(hash);
            } catch (error) {
              wrong.push(`${hash} ${error}`);
            }
            if (performance.now() - began > 2000) wrong.push(`slow ${hash}`);
          }
          return wrong;
        }"""
    )
    assert wrong == []
    for address in (
        "#t=99999&u=7:99.o&m=5&K=9999",
        "#t=-1&x=",
        "#x=4pyTIGHDqQ&u=0:3.i&c=unit&p=step",
    ):
        opened(written(shown()), address=address)
    assert not opened.said


AT_EVERY_COMMIT = ((360, 740), "light"), ((1440, 900), "dark")


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(
            size,
            theme,
            id=f"{size[0]} {theme}",
            marks=() if (size, theme) in AT_EVERY_COMMIT else pytest.mark.slow,
        )
        for size in SIZES
        for theme in THEMES
    ],
)
def test_every_panel_is_free_of_what_axe_finds(shown, written, opened, size, theme):
    package = pytest.importorskip(
        "axe_playwright_python", reason="no axe-core: pip install '.[lab-tests]'"
    )
    from pathlib import Path

    axe = (Path(package.__path__[0]) / "axe.min.js").read_text("utf-8")
    width, height = size
    tab = opened(
        written(shown(cell="lstm"), text="abcab\néd" * 12),
        viewport={"width": width, "height": height}, color_scheme=theme,
    )  # fmt: skip
    tab.evaluate(axe)
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for panel in PANELS:
        tab.evaluate("panel => charrnnLab.set({panel})", panel)
        tab.wait_for_selector(f"#panel-{panel}:visible")
        if panel == "step":
            tab.click("text=Show all")
        found = tab.evaluate(
            """async (panel) => (await axe.run(panel === "state" ? document : `#panel-${panel}`,
            {runOnly: {type: "tag", values:
            ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}})).violations
            .map((one) => [one.id, ...one.nodes.slice(0, 2).map((node) => node.html)])""",
            panel,
        )
        assert found == [], panel
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert not opened.said


def test_cells_are_painted_where_the_characters_stand(shown, written, opened):
    text = "abcé " * 30 + "\n" + "dé" * 40
    tab = opened(written(shown(), text=text), viewport={"width": 500, "height": 800})
    apart = tab.evaluate(
        """() => {
          const {sheet} = charrnnLab, node = sheet.mirror.firstChild;
          const frame = sheet.inner.getBoundingClientRect();
          const field = getComputedStyle(sheet.field), mirror = getComputedStyle(sheet.mirror);
          const alike = ["font", "padding", "lineHeight", "letterSpacing", "width", "whiteSpace"]
            .every((name) => field[name] === mirror[name]);
          let most = 0;
          const boxes = sheet.starts.slice(1).map((_, n) => sheet.box(n));
          for (let n = 0; n < boxes.length; n++) {
            const range = document.createRange();
            range.setStart(node, n);
            range.setEnd(node, n + 1);
            const box = range.getClientRects()[0];
            most = Math.max(most, Math.abs(box.left - frame.left - boxes[n][0]),
                            Math.abs(box.top - frame.top - boxes[n][1]));
          }
          return [alike, sheet.field.scrollHeight - sheet.field.clientHeight, boxes.length, most];
        }"""
    )
    assert apart[0]
    assert apart[1] == 0  # field and mirror break the lines alike
    assert apart[2] == len(text)
    assert apart[3] < 1


def test_everything_is_reached_by_the_keyboard(shown, written, opened):
    tab = opened(written(shown(cell="lstm"), text="abcab\néd" * 5))
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.id") == "text"
    tab.focus("#tab-state")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_selector("#panel-unit:visible")
    assert tab.evaluate("document.activeElement.id") == "tab-unit"
    unit, t = tab.evaluate("[charrnnLab.unit, charrnnLab.t]")
    tab.keyboard.press(".")
    tab.keyboard.press("[")
    assert tab.evaluate("[charrnnLab.unit, charrnnLab.t]") == [(unit + 1) % 4, t - 1]
    tab.keyboard.press("ArrowRight")
    tab.wait_for_selector("#panel-step:visible")
    tab.focus("#panel-step")
    for moves in range(7):
        assert tab.locator(".stage").count() == moves + 1
        tab.keyboard.press(" ")
        tab.wait_for_timeout(60)
    tab.focus("button.value")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".sum")
    assert tab.evaluate("document.activeElement.className") == "value"  # focus is not lost
    tab.evaluate("charrnnLab.set({panel: 'state'})")
    tab.wait_for_selector("#panel-state:visible")
    tab.locator("#panel-state .segments [aria-label^='f,']").press("Enter")
    tab.wait_for_function("() => charrnnLab.kind === 'f'")
    assert tab.evaluate("document.activeElement.textContent") == "f"
    tab.focus(".alike button")
    tab.keyboard.press("Enter")
    tab.wait_for_timeout(100)
    assert tab.evaluate("document.activeElement.id") == "panel-state"


def test_a_gate_is_forced_by_the_keyboard_and_the_page_says_so(shown, written, opened):
    tab = opened(written(shown(cell="lstm"), text="abcab\néd" * 5))
    before = tab.evaluate("charrnnLab.reading.meanBits")
    tab.evaluate("charrnnLab.set({panel: 'step'})")
    tab.focus("#tab-step")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_selector("#panel-gates:visible")
    tab.focus("#panel-gates summary")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#panel-gates caption >> text=f of each unit")
    tab.focus("#panel-gates [aria-label='From where']")
    tab.keyboard.press("ArrowDown")  # from t on
    tab.focus("#panel-gates [aria-label=Units]")
    tab.keyboard.press("ArrowDown")  # all of its layer
    tab.evaluate("charrnnLab.choose(10)")
    tab.focus("#panel-gates [aria-pressed]")
    tab.keyboard.press("Enter")
    tab.wait_for_function("() => charrnnLab.network.forced.length && charrnnLab.reading.finished")
    tab.wait_for_selector("#panel-gates .changed >> text=without")
    assert "f of all 4 units of layer 0 is 0 from t = 10 on" in tab.inner_text("#panel-gates")
    assert "this is not your network" in tab.inner_text(".remark")
    forget = tab.evaluate(
        "charrnnLab.reading.gates.map((_, t) => charrnnLab.reading.value('f', 0, 1, t))"
    )
    assert min(forget[:10]) > 0
    assert set(forget[10:]) == {0}
    tab.evaluate("charrnnLab.set({panel: 'step'})")
    tab.wait_for_selector("#panel-step >> text=a gate of this unit is forced")
    tab.evaluate("charrnnLab.set({panel: 'write'})")
    tab.wait_for_selector("#panel-write >> text=the command line has no such network")
    tab.evaluate("charrnnLab.set({panel: 'gates'})")
    tab.focus("#panel-gates [aria-pressed]")
    tab.keyboard.press("Enter")
    tab.wait_for_function("() => !charrnnLab.network.isChanged && charrnnLab.reading.finished")
    assert tab.evaluate("charrnnLab.reading.meanBits") == before
    assert not opened.said


def test_a_simple_network_is_said_to_have_no_gates(shown, written, opened):
    tab = opened(written(shown(cell="rnn")), address="#p=gates")
    assert "has no gates" in tab.inner_text("#panel-gates")
    assert not tab.is_visible("#panel-gates canvas")
    assert not opened.said


def test_a_number_copied_as_numpy_is_the_number_shown(shown, written, opened, cell, tmp_path):
    import subprocess
    import sys

    one = shown(cell=cell, num_layers=2, embedding_size=3)
    tab = opened(written(one, text="abcabédc"))
    tab.evaluate("charrnnLab.set({panel: 'step', layer: 1, unit: 2})")
    tab.click("text=Show all")
    tab.click("text=All digits")
    checks = tab.evaluate(
        """() => {
          const lab = charrnnLab, {t, reading, network} = lab, panel = lab.panels.step;
          const value = (kind) => reading.value(kind, 1, 2, t);
          const expressions = [["a", 'steps[1]["a"][2]']];
          if (network.states.includes("c")) expressions.push(["c", 'steps[1]["c"][2]']);
          for (const gate of network.gates) expressions.push([gate, `steps[1]["${gate}"][2]`]);
          const said = expressions.map(([kind, one]) => [value(kind), panel.program(one)]);
          return [...said, [Math.exp(lab.prediction()[3]), panel.program("y_hat[3]")]];
        }"""
    )
    program = "\n".join(text for _, text in checks)
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    printed = [float(line) for line in ran.stdout.split()]
    assert len(printed) >= 2
    assert printed == pytest.approx([value for value, _ in checks], abs=1e-6)


def test_it_runs_in_a_frame_that_has_no_address(shown, written, opened, tmp_path):
    page = written(shown()).read_text("utf-8")
    outer = tmp_path / "outer.html"
    quoted = page.replace("&", "&amp;").replace('"', "&quot;")
    outer.write_text(
        f'<meta charset="utf-8"><iframe width=900 height=700 sandbox="allow-scripts" '
        f'srcdoc="{quoted}"></iframe>', "utf-8",
    )  # fmt: skip
    tab = opened(outer, wait=None)
    frame = tab.frame_locator("iframe")
    frame.locator(".bars").wait_for()
    frame.locator("#text").press_sequentially("ab")
    frame.locator(".where", has_text="t = ").wait_for()
    tab.wait_for_timeout(600)  # the address is written after a rest
    assert not opened.said


def test_a_long_text_is_read_to_a_bound_that_is_named(shown, written, opened, some_text):
    one = shown()
    tab = opened(written(one))
    tab.focus("#text")
    tab.evaluate(
        "text => charrnnLab.sheet.type(text)", some_text(one.checkpoint.vocabulary, 50_000)
    )
    tab.wait_for_function("() => charrnnLab.reading.finished && charrnnLab.reading.done === 4000")
    tab.wait_for_selector("text=The page reads the first 4000 characters")
    assert tab.evaluate("charrnnLab.points.length") == 50_008
    assert not opened.said
