"""What a page is made of: its data, its policy, its modules. Without a browser."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.lab.data import CHECKED, check_places, checksums
from charrnn.lab.joined import joined
from charrnn.lab.page import LARGEST, OWN, WEB, check_size, choose_stored

SOURCES = sorted(WEB.rglob("*.js"))
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|"
    r"localStorage|sessionStorage|fetch\(|XMLHttpRequest|https?:|setAttribute\(\"style\""
)
HOSTILE = "</script><script>window.hurt = 1</script><!-- ]]> & \" ' \x1b\u2028\u202e é"


def block(page, name):
    return re.search(rf'id="{name}">([^<]*)</script>', page)[1]


def test_a_page_holds_the_network_exactly(shown, written):
    one = shown(cell="gru", num_layers=2, embedding_size=3)
    page = written(one).read_text("utf-8")
    [described] = json.loads(block(page, "header"))["models"]
    whole = base64.b64decode(block(page, "arrays-0"))
    assert {"W_ex", "W_aa_1", "b_n_0", "check_states"} <= {a["name"] for a in described["arrays"]}
    for array in described["arrays"]:
        found = np.frombuffer(whole, array["dtype"], np.prod(array["shape"]), array["offset"])
        if array["name"] in one.network.params:
            assert (
                found.reshape(array["shape"]).tolist() == one.network.params[array["name"]].tolist()
            )
    words = np.frombuffer(whole, "<u4").astype(object)  # whole numbers of any size
    placed = sum(word * (n + 1) for n, word in enumerate(words))
    assert described["checksums"] == [sum(words) % 2**32, placed % 2**32]
    assert described["vocabulary"]["code_points"] == one.checkpoint.vocabulary.code_points.tolist()


def test_float16_weights_are_those_that_the_check_is_of(shown, written):
    one = shown(stored="float16")
    [described] = json.loads(block(written(one).read_text("utf-8"), "header"))["models"]
    exact, rounded = one.checkpoint.network.params.flat, one.network.params.flat
    assert rounded.tolist() == exact.astype(np.float16).tolist() != exact.tolist()
    assert {a["dtype"] for a in described["arrays"] if a["name"].startswith("W")} == {"float16"}


def test_a_weight_beyond_float16_is_refused(shown):
    one = shown(stored="float16")
    one.checkpoint.network.params.flat[0] = 1e5
    with pytest.raises(ConfigError, match="weights='float32'"):
        one.network  # noqa: B018


@pytest.mark.parametrize("length", [1, 2, 3, 5, 150, 200, 5000])
def test_the_places_of_the_check_are_in_the_text_and_hold_steps(length):
    places = check_places(length)
    assert places == sorted(set(places))
    assert places[0] == 0
    assert places[-1] == min(length, CHECKED) - 1
    pairs = sum(place + 1 in places for place in places)
    assert pairs >= min(2, length - 1)


def test_the_policy_names_the_script_and_the_style_by_their_hashes(shown, written):
    page = written(shown()).read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    for found, directive in ((scripts, "script-src"), (styles, "style-src")):
        [text] = found
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "trusted-types 'none'" in policy


def test_a_page_names_no_other_place_and_no_time(shown, written, tmp_path):
    one = shown()
    page = written(one).read_bytes()
    assert b"http" not in page.replace(b"http-equiv", b"")
    assert str(tmp_path).encode() not in page
    assert written(one, name="again.html").read_bytes() == page


def test_no_text_can_end_the_element_that_it_stands_in(shown, written):
    page = written(shown(), text=HOSTILE).read_text("utf-8")
    assert json.loads(block(page, "header"))["text"] == HOSTILE
    assert page.count("</script>") == 3
    assert "\u202e" not in page.split("<script")[0]


def test_the_page_without_weights_is_small(written):
    size = len(joined(WEB, "start.js")) + (WEB / "style.css").stat().st_size
    assert size < OWN / 2


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_the_sources_use_nothing_that_makes_markup_of_text_or_calls_elsewhere(path):
    assert not FORBIDDEN.findall(path.read_text("utf-8"))


def test_every_module_is_used():
    script = joined(WEB, "start.js")
    for path in SOURCES:
        assert f'modules["{path.relative_to(WEB).as_posix()}"] = ' in script


def test_the_joined_script_is_one_that_runs(tmp_path):
    node = shutil.which("node")
    if not node:
        pytest.skip("no node to check the syntax with: apt-get install nodejs")
    script = tmp_path / "lab.js"
    script.write_text(joined(WEB, "start.js"), "utf-8")
    subprocess.run([node, "--check", script], check=True)


def modules(folder, **sources):
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder


def test_modules_are_joined_in_the_order_of_their_imports(tmp_path):
    folder = modules(
        tmp_path,
        start='import {two as other} from "./b.js";\nimport {one} from "./a.js";\n'
              "console.log(one() + other);\n",
        b='import {one} from "./a.js";\nexport const two = one() + 1;\n',
        a="export function one() {\n  return 1;\n}\nconst hidden = 5;\n",
    )  # fmt: skip
    script = joined(folder, "start.js")
    assert script.index('modules["a.js"] =') < script.index('modules["b.js"] =')
    assert 'const {two: other} = modules["b.js"];' in script
    assert "return {one};" in script
    if node := shutil.which("node"):
        ran = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
        assert ran.stdout == "3\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('import one from "./a.js";\n', "not understood"),
        ('import * as all from "./a.js";\n', "not understood"),
        ('import {one} from "elsewhere";\n', "not understood"),
        ("export default 5;\n", "not understood"),
        ("export let x = 1;\n", "not understood"),
        ('const x = import("./a.js");\n', "not understood"),
        ('import {x} from "./start.js";\n', "circle"),
    ],
)
def test_what_the_joiner_does_not_understand_is_refused(tmp_path, source, said):
    with pytest.raises(ValueError, match=said):
        joined(modules(tmp_path, start=source, a="export const one = 1;\n"), "start.js")


def test_the_size_of_a_page_is_bounded(shown):
    class Large:
        def __init__(self, size, stored):
            self.stored = stored
            flat = np.lib.stride_tricks.as_strided(np.zeros(1), (size,), (0,))
            params = SimpleNamespace(flat=flat)
            self.checkpoint = SimpleNamespace(network=SimpleNamespace(params=params))

    assert choose_stored(1_000_000) == "float32"
    assert choose_stored(5_000_000) == "float16"
    check_size([Large(LARGEST // 8, "float32")])
    with pytest.raises(ConfigError, match="weights='float16'"):
        check_size([Large(LARGEST // 4, "float32")])
    with pytest.raises(ConfigError, match="smaller"):
        check_size([Large(LARGEST, "float16")])
    with pytest.raises(ConfigError, match="7 models; a page holds 6"):
        check_size([shown()] * 7)


def test_checksums_notice_a_change_and_an_exchange():
    values = np.arange(8, dtype=np.float32)
    turned, changed = values.copy(), values.copy()
    turned[[2, 5]] = turned[[5, 2]]
    changed[3] = -changed[3]
    sums = {checksums({"W": one}) for one in (values, turned, changed)}
    assert len(sums) == 3
    assert Path(WEB).is_dir()
