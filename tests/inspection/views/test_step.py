"""One step as arithmetic: the terms against naive loops, the printed lines against themselves."""

import ast
import json
import math
import operator
import re
from itertools import pairwise

import jsonschema
import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.inspection.options import Options
from charrnn.inspection.output.schema import schema
from charrnn.inspection.reading import Reading
from charrnn.inspection.views.registry import VIEWS
from charrnn.inspection.views.step.draw import draw
from charrnn.inspection.views.step.result import Step
from charrnn.terminal.colours import _DARK
from charrnn.terminal.screen import Screen

NETWORKS = [
    {"num_layers": 1},
    {"num_layers": 2, "hidden_size": 9},
    {"num_layers": 3, "embedding_size": 6},
]


@pytest.fixture
def read(tiny_network, vocabulary, rng):
    def make(cell, scale=1.0, **network):
        made = tiny_network(cell, **network)
        made.params.flat[:] *= scale
        return Reading.of(made, vocabulary, rng.integers(7, size=30))

    return make


# The terms, against loops over single numbers ----------------------------------------------------


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


def naive(reading, t):
    """Every layer's gates and states after step t, from single numbers, by their names."""
    network, k = reading.network, reading.ids[t]
    H = network.config.hidden_size
    gates = {"rnn": "a", "lstm": "ifog", "gru": "run"}[network.config.cell]
    heard = np.eye(7)[k]
    if network.config.embedding_size:
        heard = [float(w) for w in network.params["W_ex"][k]]
    for layer in range(network.config.num_layers):
        W_ax, W_aa = (network.params[f"{W}_{layer}"].tolist() for W in ("W_ax", "W_aa"))
        b_a = network.params[f"b_a_{layer}"].tolist()
        before = {
            s: v[t - 1, layer].tolist() if t else [0.0] * H for s, v in reading.states.items()
        }
        units = []
        for j in range(H):
            x, a, b = {}, {}, {}
            for n, gate in enumerate(gates):
                column = n * H + j
                x[gate] = sum(W_ax[m][column] * heard[m] for m in range(len(heard)))
                a[gate] = sum(W_aa[m][column] * before["a"][m] for m in range(H))
                b[gate] = b_a[column]
            z = {gate: x[gate] + a[gate] + b[gate] for gate in gates}
            unit = {"x": x, "a": a, "b": b, "z": z}
            if gates == "a":
                unit["after"] = {"a": math.tanh(z["a"])}
            elif gates == "ifog":
                c = sigmoid(z["f"]) * before["c"][j] + sigmoid(z["i"]) * math.tanh(z["g"])
                unit["after"] = {"a": sigmoid(z["o"]) * math.tanh(c), "c": c}
            else:
                s = a["n"] + network.params[f"b_n_{layer}"].tolist()[j]
                z["n"] = x["n"] + sigmoid(z["r"]) * s + b["n"]
                u = sigmoid(z["u"])
                unit["after"] = {"a": (1 - u) * math.tanh(z["n"]) + u * before["a"][j]}
            units.append(unit)
        yield units
        heard = [unit["after"]["a"] for unit in units]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("t", [0, 1, 29])
def test_every_term_is_that_of_the_equations(read, cell, network, t):
    reading = read(cell, **network)
    found = Step.of(reading, Options(at=str(t)))
    for layer, units in enumerate(naive(reading, t)):
        step = found.layers[layer]
        for j, unit in enumerate(units):
            for gate in step.gates:
                for part, shown in (("x", gate.W_ax_x), ("a", gate.W_aa_a), ("b", gate.b_a)):
                    assert math.isclose(shown[j], unit[part][gate.name], abs_tol=1e-12)
                assert math.isclose(gate.z[j], unit["z"][gate.name], abs_tol=1e-12)
            for kind, after in unit["after"].items():
                assert math.isclose(step.after[kind][j], after, abs_tol=1e-12)
        for kind, values in reading.states.items():
            assert np.allclose(step.after[kind], values[t, layer], rtol=0, atol=2e-6)
    made = found.readout
    assert np.allclose(np.log(made.y_hat), reading.log_y_hat[t], rtol=0, atol=1e-5)
    assert math.isclose(made.y_hat.sum(), 1, abs_tol=1e-12)
    if t < 29:
        assert math.isclose(found.bits(found.following), reading.surprise[t + 1], abs_tol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_what_a_sum_is_made_of_adds_up_to_it(read, cell, network):
    found = Step.of(read(cell, **network), Options(at="7", rows=9))
    for unit in found.data()["units"]:
        for gate in unit["gates"]:
            for W, total in (("W_ax", "W_ax_x"), ("W_aa", "W_aa_a")):
                terms = gate[f"{W}_terms"]
                assert math.isclose(sum(t["product"] for t in terms), gate[total], abs_tol=1e-9)
                named = [t for t in terms if t["source"] is not None]
                assert all(
                    math.isclose(t["weight"] * t["value"], t["product"], abs_tol=1e-12)
                    for t in named
                )
                sizes = [abs(t["product"]) for t in named]
                assert sizes == sorted(sizes, reverse=True)


def test_those_that_changed_most_are_shown(read):
    reading = read("gru", num_layers=2, hidden_size=9)
    change = reading.states["a"][12] - reading.states["a"][11]
    expected = [
        (layer, j) for layer in (0, 1) for j in np.argsort(-np.abs(change[layer]))[:4].tolist()
    ]
    assert list(Step.of(reading, Options(at="12", rows=4)).units) == expected
    only = Step.of(reading, Options(at="12", rows=4, layer=1))
    assert list(only.units) == expected[4:]
    asked = Step.of(reading, Options(units=((1, 0), (0, 8))))
    assert asked.units == ((1, 0), (0, 8))
    assert asked.t == 0
    assert asked.following == reading.ids[1]
    assert Step.of(reading, Options(at="last")).following is None


def test_what_is_not_there_is_refused(read):
    reading = read("rnn")
    for options in ({"at": "30"}, {"layer": 1}, {"units": ((0, 4),)}, {"at": "/x/"}):
        with pytest.raises(ConfigError):
            Step.of(reading, Options(**options))


def test_the_character_that_came_is_always_reported(read):
    reading = read("lstm")
    for t in range(29):
        found = Step.of(reading, Options(at=str(t), top=1))
        assert reading.ids[t + 1] in found.top
        assert len(found.top) <= 2


# What is printed, worked out again from what is printed -------------------------------------------


class Interval:
    """All numbers that would have been printed alike, and what sums and products make of them."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    @classmethod
    def of(cls, written):
        places = len(written.split("e")[0].partition(".")[2])
        half = 0.5 * 10 ** (int(written.partition("e")[2] or 0) - places)
        return cls(float(written) - half, float(written) + half)

    @classmethod
    def around(cls, numbers):
        return cls(min(numbers), max(numbers))

    def __add__(self, other):
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self):
        return Interval(-self.high, -self.low)

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        ends = ((a, b) for a in (self.low, self.high) for b in (other.low, other.high))
        return Interval.around([a * b for a, b in ends])

    def __truediv__(self, other):
        assert other.low > 0
        return self * Interval(1 / other.high, 1 / other.low)

    def through(self, rising):
        return Interval(rising(self.low), rising(self.high))

    def agrees(self, other, slack=1e-9):
        return self.low <= other.high + slack and other.low <= self.high + slack


EXACT = {"1": Interval(1, 1), "0": Interval(0, 0)}
NUMBER = r"-?[0-9]+(?:\.[0-9]*)?(?:e[+-][0-9]+)?"
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
FUNCTIONS = {"σ": sigmoid, "sigm": sigmoid, "tanh": math.tanh}


def worked_out(expression):
    """Evaluate what is printed, such as `σ( 1.21 - .33)`; None where it is not made of numbers."""
    written = expression.replace("×", "*")
    for name in FUNCTIONS:
        written = re.sub(rf"{name}\(", f"F_{name}(", written)
    written = re.sub(rf"(?<![\w.]){NUMBER}", r"N('\g<0>')", written)

    def value(node):
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return OPERATIONS[type(op)](value(left), value(right))
            case ast.Call(func=ast.Name(id="N"), args=[ast.Constant(value=number)]):
                return EXACT.get(number) or Interval.of(number)
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name[:2] == "F_":
                return value(inner).through(FUNCTIONS[name[2:]])
        raise ValueError(ast.dump(node))

    try:
        return value(ast.parse(written.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return None


def test_the_check_itself_can_fail():
    assert worked_out("σ( 1.21 - 0.33)").agrees(Interval.of("0.7068"))
    assert not worked_out("σ( 1.2100 - 0.3300)").agrees(Interval.of("0.7070"))
    assert worked_out("(1 - 0.5000) × 2.000 + 0.5 × -1.0").agrees(Interval.of("0.5"))
    assert not worked_out("0.5000 × 2.0000").agrees(Interval.of("1.0003"))
    assert worked_out("f c(t-1) + i g") is None


def joined(lines):
    """Lines with those that go on from the one before, and begin with `=`, put behind it."""
    whole = []
    for line in lines:
        if re.match(r" +=", line):
            whole[-1] += " " + line.strip()
        else:
            whole.append(line)
    return whole


def blocks(said):
    """The lines of each unit, by its name."""
    found = {}
    for part in re.split(r"^unit ", said.split("the prediction")[0], flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition(" ")
        found[name] = joined([line for line in rest.split("\n\n")[0].splitlines() if line.strip()])
    return found


def check_unit(lines, cell):
    """Work out every line of a unit again; return its printed numbers by name."""
    header, columns, *equations = lines
    value = dict(re.findall(rf"([ac]\(t-1\)) = ({NUMBER})", header))
    [after] = re.findall(rf"a\(t\) = ({NUMBER})", header)
    assert columns.split()[1] in "xea"
    terms, sums = {}, ""
    for line in equations:
        if re.match(r" (W_a[ax] \w|adds|      )", line):
            sums += line
            continue
        name, *parts = (part.strip() for part in line.split(" = "))
        known = [(part, worked_out(part)) for part in parts]
        numeric = [(part, found) for part, found in known if found]
        assert len(numeric) >= 2, line
        for (_, one), (_, other) in pairwise(numeric):
            assert one.agrees(other), line
        value[name] = parts[-1]
        terms[name] = parts[0] if worked_out(parts[0]) else parts[1]
    n = {name: Interval.of(number) for name, number in value.items()}
    one, tanh = Interval(1, 1), math.tanh
    if cell == "lstm":
        assert n["c(t)"].agrees(n["f"] * n["c(t-1)"] + n["i"] * n["g"])
        assert n["a(t)"].agrees(n["o"] * n["c(t)"].through(tanh))
    elif cell == "gru":
        assert n["a(t)"].agrees((one - n["u"]) * n["n"] + n["u"] * n["a(t-1)"])
        [(heard, bias)] = re.findall(rf"[(]({NUMBER}) ([+-] [^)]+)[)]", terms["r s"])
        s = Interval.of(heard) + Interval.of(bias.replace(" ", ""))
        assert n["r s"].agrees(n["r"] * s)
        assert added(terms["n"])[1] == value["r s"]
    assert value["a(t)"] == after
    of = added(terms[{"rnn": "a(t)", "lstm": "g", "gru": "n"}[cell]])
    check_sums(sums, {"W_ax": of[0], "W_aa": heard if cell == "gru" else of[1]}, value["a(t)"])
    return value


def added(sum_of_terms):
    """The terms of a printed sum, each with its sign."""
    terms = re.findall(rf"([+-] +)?({NUMBER})", sum_of_terms.partition("(")[2])
    return [("-" if sign[:1] == "-" else "") + size for sign, size in terms]


def check_sums(said, totals, a):
    """Work out the products of a unit's sums, and what it adds to scores."""
    sums, _, adds = said.partition("adds to the score of")
    product = rf"({NUMBER}) [×*] ({NUMBER}) = ({NUMBER})"
    for one, other, result in re.findall(product, said):
        assert Interval.of(result).agrees(Interval.of(one) * Interval.of(other)), said
    for _, other, _ in re.findall(product, adds):
        assert other == a
    for W, total in totals.items():
        if part := re.search(rf"{W} \w[^:]*: (.*?)(?= W_aa|$)", sums):
            made = Interval(0, 0)
            for result in re.findall(rf"= ({NUMBER})|others? ({NUMBER})", part[1]):
                made += Interval.of("".join(result))
            assert made.agrees(Interval.of(total)), part[0]


def check_prediction(said):
    """Work out the table of scores again; return how many characters it has."""
    lines = [line for line in said.split("the prediction", 1)[1].splitlines()[1:] if line.strip()]
    _, *rows, ending, came = lines
    m, S = re.fullmatch(rf" +m = +({NUMBER}) +S = ({NUMBER}) *", ending).groups()
    total, shares, scores = Interval(0, 0), Interval(0, 0), []
    for row in rows:
        found = re.match(
            rf"(\S+) +({NUMBER}) +([+-]) ({NUMBER}) += +({NUMBER}) +({NUMBER}) +({NUMBER})", row
        )
        if found:
            _, product, sign, b_y, score, power, y_hat = found.groups()
            assert Interval.of(score).agrees(Interval.of(product) + Interval.of(sign + b_y)), row
            assert Interval.of(power).agrees(
                (Interval.of(score) - Interval.of(m)).through(math.exp)
            ), row
            scores.append(float(score))
        else:
            power, y_hat = re.match(rf".*others? +({NUMBER}) +({NUMBER})", row).groups()
        assert Interval.of(y_hat).agrees(Interval.of(power) / Interval.of(S)), row
        total, shares = total + Interval.of(power), shares + Interval.of(y_hat)
    assert total.agrees(Interval.of(S))
    assert shares.agrees(Interval(1, 1))
    assert max(scores) == float(m)
    if "ln 2" in came:
        numbers = re.search(
            rf"[(]({NUMBER}) - ({NUMBER})[)] / ln 2 [+] log2 ({NUMBER}) = ({NUMBER}) bits", came
        ).groups()
        largest, score, total, bits = map(Interval.of, numbers)
        ln_2 = Interval(math.log(2), math.log(2))
        assert bits.agrees((largest - score) / ln_2 + total.through(math.log2))
    elif "nothing came" not in came:
        y_hat, bits = re.search(rf"-log2 ({NUMBER}) = ({NUMBER}) bits", came).groups()
        assert Interval.of(bits).agrees(-Interval.of(y_hat).through(math.log2))
        assert re.search(rf" {re.escape(y_hat)}( |$)", "\n".join(rows), re.MULTILINE)
    return len(rows)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "screen", [Screen(60), Screen(80), Screen(80, ascii_only=True), Screen(140), Screen(100, _DARK)]
)
def test_every_printed_line_can_be_worked_out_again(read, cell, network, screen):
    reading = read(cell, scale=1.5, **network)
    units = 0
    for at in ("0", "9", "29", "worst"):
        found = Step.of(reading, Options(at=at, rows=2))
        lines = [line.plain for line in draw(found, screen)]
        assert not any("…" in line or "..." in line for line in lines)
        said = "\n".join(lines)
        for name, block in blocks(said).items():
            layer, j = map(int, name.split(":"))
            value = check_unit(block, cell)
            shown = float(value["a(t)"])
            assert abs(shown - reading.states["a"][found.t, layer, j]) < 1e-3
            units += 1
        assert check_prediction(said) == 6 + (len(found.top) > 5)
    assert units == 4 * 2 * network["num_layers"]


@pytest.mark.parametrize("scale", [1e-9, 40.0, 3e4])
def test_numbers_of_any_size_can_be_worked_out(read, cell, scale):
    found = Step.of(read(cell, scale=scale), Options(at="9"))
    said = "\n".join(line.plain for line in draw(found, Screen(120)))
    for block in blocks(said).values():
        check_unit(block, cell)
    check_prediction(said)


@pytest.mark.parametrize("scale", [1e-9, 3e4, 1e12])
def test_numbers_of_any_size_fit(read, cell, scale):
    found = Step.of(read(cell, scale=scale, num_layers=2), Options(at="9"))
    for width in (60, 71, 72, 80):
        assert max(line.cell_len for line in draw(found, Screen(width))) <= width


def test_without_a_place_the_first_step_is_taken(read):
    said = [line.plain for line in draw(Step.of(read("lstm")), Screen(80))]
    assert said[0].startswith("── step t=0 of 0 to 29: reads ")
    assert said[-1].startswith("came next: ")
    last = [line.plain for line in draw(Step.of(read("lstm"), Options(at="last")), Screen(80))]
    assert "nothing came after it" in last[-1]
    assert re.search(r"\[\S+\]", said[1])


def test_the_form_keeps_to_its_schema(read, cell):
    whole = schema(VIEWS["step"])
    form = whole["properties"]["data"] | {"$defs": whole["$defs"]}
    for network in NETWORKS:
        for at in ("0", "last"):
            data = Step.of(read(cell, **network), Options(at=at)).data()
            jsonschema.Draft202012Validator(form).validate(data)
            json.dumps(data, allow_nan=False)
            assert data["units"][0]["hears"] == ("e" if "embedding_size" in network else "x")


def test_the_table_and_the_arrays_say_the_same(read):
    found = Step.of(read("gru", num_layers=2, hidden_size=5), Options(at="3", rows=2))
    heading, *rows = found.rows()
    arrays = found.arrays()
    assert len(rows) == 2 * 2 * 3
    for row in rows:
        cells = dict(zip(heading, row, strict=True))
        layer, j = map(int, cells["unit"].split(":"))
        g = "run".index(cells["gate"])
        for part in ("W_ax_x", "W_aa_a", "b_a", "z", "value"):
            assert arrays[part].shape == (2, 3, 5)
            assert cells[part] == arrays[part][layer, g, j]
        assert cells["b_n"] == (arrays["b_n"][layer, j] if cells["gate"] == "n" else None)
        assert cells["a_after"] == arrays["a_after"][layer, j]


def test_the_explanation_fits():
    assert VIEWS["step"].explain().endswith("\n")
    assert max(map(len, VIEWS["step"].explain().splitlines())) <= 79
