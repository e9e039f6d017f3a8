"""Finding units that mean something, in networks of which it is known what each unit does."""

import json
from dataclasses import replace

import numpy as np
import pytest

from charrnn.errors import ConfigError
from charrnn.inspection.methods.effects import Effects
from charrnn.inspection.methods.features import search as searching
from charrnn.inspection.methods.features.features import Feature
from charrnn.inspection.methods.features.following import Following, follow, surest
from charrnn.inspection.methods.features.search import Search, features_of
from charrnn.inspection.methods.features.spans import span_f1
from charrnn.inspection.options import Options
from charrnn.inspection.reading import Reading, part_of
from charrnn.inspection.views.find.result import Find
from charrnn.inspection.views.registry import VIEWS
from charrnn.network.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.terminal.colours import _DARK
from charrnn.terminal.screen import Screen
from charrnn.text.vocabulary import Vocabulary

H, PLANTED = 12, 5
QUOTES = Vocabulary.of('abcd "\n')


def text_with_quotes(rng, T):
    """Return a text in which the same letters occur in and out of quotes, in other shares."""
    written, inside = [], False
    while len(written) < T:
        if rng.random() < 1 / 15:
            inside = not inside
            written.append('"')
        else:
            shares = [0.4, 0.3, 0.1, 0.1, 0.1] if inside else [0.1, 0.1, 0.4, 0.3, 0.1]
            written.append(str(rng.choice(list("abcd "), p=shares)))
    return "".join(written)


def planted(network, layer=0, j=PLANTED):
    """Let one unit of an LSTM toggle on a quote, and no other unit hear of it.

    On a quote f = 0, i = 1 and g = tanh(b - w a(t-1)), the other way round than it was; on all else
    f = 1 and i = 0. The readout takes it for a and b, against c and d, and takes nothing else.
    """
    quote = QUOTES.encode('"')[0]
    weights = network.layers[layer]
    i, f, o, g = (k * H + j for k in range(4))
    weights.W_aa[j] = 0
    weights.W_aa[:, [i, f, o, g]] = 0
    weights.W_ax[:, [i, f, o, g]] = 0
    weights.b_a[[i, f, o, g]] = [-9, 9, 9, 1]
    weights.W_ax[quote, [i, f]] = [18, -18]
    weights.W_aa[j, g] = -9
    network.W_ya[:], network.b_y[:] = 0, 0
    network.W_ya[j, QUOTES.encode("abcd")] = [1.5, 1.5, -1.5, -1.5]
    return network


@pytest.fixture(scope="module")
def reading():
    rng = np.random.default_rng(0)
    config = NetworkConfig(len(QUOTES), "lstm", H)
    network = Network(config, rng)
    network.params.flat[:] += rng.normal(0, 0.2, network.params.flat.shape)
    text = text_with_quotes(rng, 4000)
    return Reading.of(planted(network), QUOTES, QUOTES.encode(text))


@pytest.fixture(scope="module")
def found(reading):
    return Find.of(reading)


def of_feature(found, name):
    [one] = [one for one in found.found if one.following.feature.name == name]
    return one


def test_the_planted_unit_is_first_of_its_feature(found):
    one = of_feature(found, 'inside "..."')
    it = one.following
    assert (it.unit, it.verdict, it.sign) == ((0, PLANTED), "follows", 1)
    assert it.in_char > 0.95
    assert it.auc > 0.95
    assert it.floor < 0.75
    assert it.span_f1 > 0.95
    assert it.span_f1_exact > 0.95
    assert one.probe > 0.95
    assert found.found[0].following.unit == (0, PLANTED)
    others = np.array([unit[1] != PLANTED for unit, _ in found.units])
    [n] = [n for n, one in enumerate(found.found) if one.following.feature.name == 'inside "..."']
    assert np.abs(found.scores[n, others]).max() < 2 * it.auc - 1


def test_a_unit_of_a_simple_network_that_toggles():
    """Two units of a layer tell the two ways to be inside; one of the layer above, that one is."""
    network = Network(NetworkConfig(len(QUOTES), "rnn", H, num_layers=2), np.random.default_rng(1))
    quote, k = QUOTES.encode('"')[0], 6.0
    low, high = network.layers
    opened, kept = 3, 7
    for j, sign in ((opened, 1), (kept, -1)):  # a = tanh(k (±quote ∓ was inside - 1/2))
        low.W_ax[:, j], low.W_aa[:, j] = 0, 0
        low.W_ax[quote, j] = sign * 2 * k
        low.W_aa[[opened, kept], j] = -sign * k
        low.b_a[j] = -2 * k * sign - k if sign > 0 else k
    high.W_ax[:, PLANTED], high.W_aa[:, PLANTED] = 0, 0
    high.W_ax[[opened, kept], PLANTED] = k
    high.b_a[PLANTED] = k
    text = text_with_quotes(np.random.default_rng(2), 3000)
    found = Find.of(Reading.of(network, QUOTES, QUOTES.encode(text)))
    it = of_feature(found, 'inside "..."').following
    assert (it.unit, it.verdict) == ((1, PLANTED), "follows")
    assert it.in_char > 0.95
    assert it.span_f1_exact > 0.95


def test_what_it_costs_to_lose_the_planted_unit(reading, found):
    """Nothing else reads the unit, so its loss takes the same from the scores of every step."""
    one = of_feature(found, 'inside "..."')
    kind, T = one.following.kind, len(reading)
    inside = one.following.feature.values > 0
    held = float(reading.series(kind)[:, 0, PLANTED].astype(np.float64).mean())
    a = reading.states["a"][:, 0].astype(np.float64)
    a[:, PLANTED] = held if kind == "a" else reading.gates["o"][:, 0, PLANTED] * np.tanh(held)
    scores = a @ reading.network.W_ya + reading.network.b_y
    log_y_hat = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    bits = -log_y_hat[np.arange(len(a) - 1), reading.ids[1:]] / np.log(2) - reading.surprise[1:]
    effects = Effects.of(reading, [((0, PLANTED), kind), ((0, 0), "a")])
    counted, on = bits, inside[:-1]
    np.testing.assert_allclose(effects.bits[0], counted, rtol=0, atol=1e-5)
    assert not effects.bits[1].any()  # nothing reads that one
    assert found.counted == on.size == T - 1
    assert one.on.mean == pytest.approx(counted[on].mean(), abs=1e-5)
    assert one.off.mean == pytest.approx(counted[~on].mean(), abs=1e-5)
    assert one.on.mean > 0.1 + 2 * one.on.error
    assert (one.on.count, one.off.count) == (on.sum(), (~on).sum())
    assert one.by_random.mean == 0


def test_the_controls_are_other_units(found):
    ablated = {(one.following.unit, one.following.kind) for one in found.found if one.on.count}
    assert len(found.controls) == 7
    assert len(set(found.controls)) == 7
    assert not ablated & set(found.controls)


def test_an_echo_is_not_said_to_follow(tiny_network):
    """A unit that sees nothing but the character read can tell a line start by capitals alone."""
    vocabulary = Vocabulary.of("ABCabc \n")
    network = tiny_network("rnn", vocabulary_size=8, hidden_size=H)
    [weights] = network.layers
    weights.W_aa[:] = 0
    rng = np.random.default_rng(3)
    lines = (
        "".join([rng.choice(list("ABC")), *rng.choice(list("abc "), 11)]).strip()
        for _ in range(250)
    )
    text = "\n".join(lines)
    found = Find.of(Reading.of(network, vocabulary, vocabulary.encode(text)))
    for name in ("line start", "vowel", "is ' '", "punctuation"):
        for one in found.found:
            if one.following.feature.name == name:
                assert one.following.verdict in ("echo", "below noise"), name
    assert of_feature(found, "line start").following.verdict == "echo"
    assert of_feature(found, "column").following.verdict in ("echo", "below noise")
    assert not found.judged("follows")


@pytest.mark.slow
def test_what_the_character_mostly_shows_is_an_echo(reading, rng):
    """Within characters the unit knows something, surely, but little of what makes its score."""
    lines = []
    for _ in range(1600):
        first, *others = rng.choice(list("abcd "), rng.integers(4, 16))
        lines.append(('"' if rng.random() < 0.8 else first) + "".join(others))
    text = "\n".join(lines)
    x = np.array(list(text))
    start = np.append(True, x[:-1] == "\n")
    drawn = [(x == '"') * 5 + start * share + rng.standard_normal(len(x)) for share in (0.4, 3)]
    verdicts = []
    for u in drawn:
        made = replace(
            Reading.of(reading.network, QUOTES, QUOTES.encode(text)),
            states={"a": u[:, None, None].astype(np.float32)},
        )
        search = Search.of(made, ("a",), Options())
        [n] = [n for n, f in enumerate(search.features) if f.name == "line start"]
        verdicts.append(follow(search, n, 0))
    echo, follows = verdicts
    assert echo.auc > 0.9
    assert echo.in_char > echo.in_char_floor
    assert (echo.verdict, follows.verdict) == ("echo", "follows")


def test_a_threshold_is_a_value_of_the_unit(reading):
    search = Search.of(reading, ("a", "c"), Options())
    signs = set()
    for n, feature in enumerate(search.features):
        it = follow(search, n, search.best(n))
        if feature.binary:
            signs.add(it.sign)
            u = search.series(search.best(n))[search.second]
            said = u > it.threshold if it.sign > 0 else u < it.threshold
            true = feature.values[search.second] > 0
            assert span_f1(said[None], true)[0] == pytest.approx(it.span_f1, abs=0.01)
    assert signs == {1, -1}


def test_the_second_half_has_no_part_in_the_choice(reading):
    """What the network does over the second half is replaced; unit, sign and threshold stay."""
    T = len(reading)
    changed = replace(
        reading,
        states={
            kind: np.concatenate([s[: T // 2], -s[T // 2 :]]) for kind, s in reading.states.items()
        },
    )
    before, after = (
        {
            it.feature.name: (it.unit, it.kind, it.sign, it.threshold, it.auc)
            for it in (follow(search, n, search.best(n)) for n, _ in enumerate(search.features))
            if it.feature.binary
        }
        for search in (Search.of(r, ("a", "c"), Options()) for r in (reading, changed))
    )
    assert {name: given[:4] for name, given in before.items()} == {
        name: given[:4] for name, given in after.items()
    }
    for name, given in before.items():
        assert after[name][4] == pytest.approx(1 - given[4]), name


def test_scores_of_the_table_are_those_of_all_units(found):
    for n, one in enumerate(found.found):
        it = one.following
        u = found.units.index((it.unit, it.kind))
        score = 2 * it.auc - 1 if it.feature.binary else it.r
        assert it.sign * found.scores[n, u] == pytest.approx(score, abs=1e-5)
        assert np.sign(found.choice[n, u]) in (it.sign, 0)


def test_the_surest_are_first(found):
    order = [surest(one.following) for one in found.found]
    assert order == sorted(order)
    verdicts = [one.following.verdict for one in found.found]
    assert verdicts.index("echo") > verdicts.index("follows")
    for one in found.found:
        it = one.following
        assert (it.verdict == "below noise") == (it.score <= it.floor)
        if it.verdict == "follows":
            assert it.in_char > it.in_char_floor
            assert one.on.count > 0


def test_both_states_of_an_lstm_are_tried_or_the_kind_that_is_requested(reading):
    assert {kind for _, kind in Find.of(reading).units} == {"a", "c"}
    for kind in ("a", "c"):
        assert {other for _, other in Find.of(reading, Options(kind=kind)).units} == {kind}
    gates = Find.of(reading, Options(kind="f"))
    assert {kind for _, kind in gates.units} == {"f"}
    assert gates.counted == 0  # what a gate's loss costs is not measured
    assert all(one.on.count == 0 for one in gates.found)
    with pytest.raises(ConfigError, match="kind: 'u' is none of"):
        Find.of(reading, Options(kind="u"))
    with pytest.raises(ConfigError, match="layer: 1 is not there"):
        Find.of(reading, Options(layer=1))


def test_a_layer_may_be_requested(make_checkpoint, vocabulary, rng):
    checkpoint = make_checkpoint(num_layers=2)
    reading = Reading.of(checkpoint.network, vocabulary, rng.integers(7, size=600))
    assert {unit[0] for unit, _ in Find.of(reading, Options(layer=1)).units} == {1}
    assert {unit[0] for unit, _ in Find.of(reading).units} == {0, 1}


def test_quick_reads_an_eighth(reading):
    quick = Find.of(reading, Options(quick=True))
    assert len(quick.ids) == 500
    assert quick.half == 250
    assert quick.arrays()["features"].shape[1] == 500


def test_the_same_is_found_again(reading, found):
    assert json.dumps(Find.of(reading).data()) == json.dumps(found.data())
    other = Find.of(reading, Options(seed=1))
    assert other.controls != found.controls
    assert [one.following.unit for one in other.found] == [o.following.unit for o in found.found]


def test_a_feature_that_is_requested(reading):
    found = Find.of(reading, Options(features=("words=[abcd]+",), rows=1))
    assert of_feature(found, "words").following.feature.group == "asked"
    assert found.shown == 1
    assert sum(one.on.count > 0 for one in found.found) >= 1
    with pytest.raises(ConfigError, match="matches nothing"):
        Find.of(reading, Options(features=("words=xyz",)))


def test_a_short_text_says_that_it_is_too_short(reading):
    found = Find.of(part_of(reading, slice(300)))
    assert not found.enough
    assert not found.judged("follows")
    assert not found.judged("echo")
    assert found.judged("too short")
    said = lines(found, Screen(80))
    assert "cannot tell" in said
    assert "AUC" not in said
    alone = Find.of(part_of(reading, slice(1)))
    assert not alone.found
    assert "no feature varies enough over 1 character to" in lines(alone, Screen(80))


def test_a_rare_feature_is_not_tested(reading, monkeypatch):
    """It must be at 10 places of each half, and within characters at 10 where it might not be."""
    T = len(reading)
    quotes = (reading.ids == QUOTES.encode('"')[0]).astype(float)
    made = []
    for name, early, late in (("enough", 10, 10), ("early", 9, 10), ("late", 10, 9)):
        values = np.zeros(T)
        values[: 7 * early : 7], values[T // 2 : T // 2 + 7 * late : 7] = 1, 1
        made.append(Feature(name, "made", values, binary=True))
    for name, early, late in (("but 10", 10, 10), ("but 9 early", 9, 20), ("but 9 late", 20, 9)):
        values = quotes.copy()
        values[np.flatnonzero(quotes[: T // 2])[:early]] = 0
        values[T // 2 + np.flatnonzero(quotes[T // 2 :])[:late]] = 0
        made.append(Feature(name, "made", values, binary=True))
    monkeypatch.setattr(searching, "features_of", lambda *_: made)
    found = Find.of(reading)
    named = {one.following.feature.name: one.following for one in found.found}
    assert named.keys() == {"enough", "but 10", "but 9 early", "but 9 late"}
    assert found.rare == ("early", "late")
    assert "too rare to test" in lines(found, Screen(80))
    assert named["but 9 early"].verdict == named["but 9 late"].verdict == "echo"
    within = {name for name, it in named.items() if np.isfinite(it.in_char)}
    assert within == {"enough", "but 10"}


def test_what_the_network_makes_of_the_text_is_a_feature(reading):
    named = {feature.name: feature.values for feature in features_of(reading)}
    np.testing.assert_array_equal(named["surprise"][1:], reading.surprise[1:])
    np.testing.assert_array_equal(named["surprise next"][:-1], reading.surprise[1:])
    p = np.exp(reading.log_y_hat.astype(np.float64))
    np.testing.assert_allclose(named["entropy"], -(p * np.log2(p)).sum(axis=1), rtol=1e-9)


def test_a_unit_that_never_moves_follows_nothing(reading):
    still = replace(
        reading, states={kind: np.full_like(s, 0.25) for kind, s in reading.states.items()}
    )
    found = Find.of(still)
    assert {one.following.verdict for one in found.found} == {"below noise"}


# Drawing ----------------------------------------------------------------------------------------


def lines(found, screen):
    return "\n".join(line.plain for line in VIEWS["find"].draw(found, screen))


def test_the_screen_shows_the_unit_and_what_it_costs(found):
    said = " ".join(lines(found, Screen(80)).split())
    it = of_feature(found, 'inside "..."').following
    assert f'0:{PLANTED}.{it.kind} follows inside "..."' in said
    assert "held at its mean, it costs +" in said
    assert f"--view neuron --unit 0:{PLANTED} --kind {it.kind} shows it" in said
    assert "echoes of the character read" in said
    assert "random: of 7 units drawn at random" in said


def test_no_score_is_shown_of_what_is_below_noise(found):
    noise = [one for one in found.found if one.following.verdict == "below noise"]
    assert noise
    for line in lines(found, Screen(200)).splitlines():
        for one in noise:
            name = one.following.feature.name
            if line.startswith(name):
                pytest.fail(f"{name} has a row")
    assert "below noise" in lines(found, Screen(80))


def test_a_narrow_screen_keeps_score_floor_and_cost(found):
    for width, kept in ((60, ["cost: on"]), (80, ["off", "probe", "spans"]), (120, ["random"])):
        [heading] = [
            line for line in lines(found, Screen(width)).splitlines() if line.startswith("feature ")
        ]
        assert all(name in heading for name in ("score", "char", "floor", *kept)), width


def test_a_hostile_name_does_no_harm(reading):
    name = "\x1b[31m[/]\u202e漢字" + "x" * 90
    found = Find.of(reading, Options(features=(f"{name}=a",)))
    for screen in (Screen(60), Screen(80, _DARK), Screen(60, ascii_only=True)):
        for line in VIEWS["find"].draw(found, screen):
            assert "\x1b" not in line.plain
            assert "\u202e" not in line.plain
            assert line.cell_len <= screen.width
            assert line.plain.isascii() or not screen.ascii_only
    assert found.data()["found"]
    names = json.loads(found.arrays()["feature_names"].tobytes())
    assert name.strip() in names


def test_a_following_that_is_a_number_has_no_area(found):
    it = of_feature(found, "surprise").following
    assert isinstance(it, Following)
    assert np.isnan(it.auc)
    assert np.isnan(it.span_f1)
    assert it.score == it.r
