"""Pairs from files, and how they are split."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import TextError
from charrnn.text.corpus import read_corpus
from charrnn.text.pairs import Pairs, read_pairs, split_pairs


def pairs_of(tmp_path, text, name="p.tsv", **how):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return read_pairs(read_corpus([path]), **how)


def test_a_line_is_a_text_a_tab_and_an_answer(tmp_path):
    found = pairs_of(tmp_path, "one\t1\n\ntwo words\t2\r\nthree\t3")
    assert found.sources == ("one", "two words", "three")
    assert found.answers == ("1", "2", "3")
    assert len(found) == 3


def test_files_are_read_one_after_the_other(tmp_path):
    (tmp_path / "a.tsv").write_text("a\t1")
    (tmp_path / "b.csv").write_text('"b, c",2\n')
    found = read_pairs(read_corpus([tmp_path / "a.tsv", tmp_path / "b.csv"]))
    assert found.sources == ("a", "b, c")


fields = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="\x85"),
    min_size=1, max_size=12,
).filter(str.strip)  # fmt: skip


@given(st.lists(st.tuples(fields, fields), min_size=2, max_size=8))
def test_what_csv_writes_is_read(tmp_path_factory, rows):
    if len({answer for _, answer in rows}) < 2:
        return
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    found = pairs_of(tmp_path_factory.mktemp("csv"), written.getvalue(), "p.csv")
    assert list(zip(found.sources, found.answers, strict=True)) == rows


@given(st.lists(st.tuples(fields, fields), min_size=2, max_size=8))
def test_quotes_between_tabs_are_characters(tmp_path_factory, rows):
    rows = [('say "' + source, answer) for source, answer in rows]
    if len({answer for _, answer in rows}) < 2:
        return
    text = "".join(f"{source}\t{answer}\n" for source, answer in rows)
    found = pairs_of(tmp_path_factory.mktemp("tsv"), text)
    assert list(zip(found.sources, found.answers, strict=True)) == rows


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("no tab here", "no tab in 'no tab here'"), ("a\tb\tc", "2 tabs in 'a'"),
        ("\tanswer", "no text before the answer"), ("text\t ", "no answer to 'text'"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_pair_is_named_or_left_out(tmp_path, line, wrong):
    text = f"one\t1\n{line}\ntwo\t2\n"
    with pytest.raises(TextError, match="line 2: ") as error:
        pairs_of(tmp_path, text)
    assert wrong in str(error.value)
    assert "skip" in str(error.value)
    found = pairs_of(tmp_path, text, bad_lines="skip")
    assert found.sources == ("one", "two")
    assert found.notes[-1].startswith("1 line is no pair, and left out: ")
    with pytest.raises(TextError, match="3 lines more"):
        pairs_of(tmp_path, text + 5 * f"{line}\n")


def test_columns_are_chosen_by_name_or_number(tmp_path):
    table = 'id,review,label\n1,good,yes\n2,"bad, sad",no\n'
    named = pairs_of(tmp_path, table, "t.csv", columns=("review", "label"))
    assert (named.sources, named.answers) == (("good", "bad, sad"), ("yes", "no"))
    numbered = pairs_of(tmp_path, "x\ta\t1\ny\tb\t2\n", columns=("3", "1"))
    assert (numbered.sources, numbered.answers) == (("1", "2"), ("x", "y"))
    with pytest.raises(TextError, match=r"no column 'stars'.*'id', 'review', 'label'"):
        pairs_of(tmp_path, table, "t.csv", columns=("review", "stars"))


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no pair"), ("\n\n", "no pair"), ("a\tx\nb\tx\n", "every answer is 'x'")],
)
def test_what_nothing_can_be_learnt_from_is_refused(tmp_path, text, said):
    with pytest.raises(TextError, match=said):
        pairs_of(tmp_path, text)


def test_few_answers_that_come_often_are_labels():
    sources = tuple(map(str, range(100)))
    assert Pairs(sources, ("yes", "no") * 50).are_labelled
    assert not Pairs(sources, sources).are_labelled
    assert not Pairs(sources[:20], ("yes", "no") * 10).are_labelled
    assert Pairs(sources, ("yes", "no") * 50).labels == ("no", "yes")


@given(
    st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=60),
    st.floats(0.01, 0.9), st.integers(1, 40), st.integers(0, 5),
)  # fmt: skip
def test_a_text_is_on_one_side_and_nothing_is_lost(sources, share, most, seed):
    pairs = Pairs(tuple(sources), tuple(map(str, range(len(sources)))))
    learnt, kept = split_pairs(pairs, share, most, seed)
    assert sorted(learnt + kept) == list(range(len(sources)))
    assert not {sources[n] for n in learnt} & {sources[n] for n in kept}
    assert learnt
    if len(set(sources)) > 1:
        assert kept
        largest = max(map(sources.count, set(sources)))
        assert len(kept) < min(max(1, round(share * len(sources))), most) + largest
    assert split_pairs(pairs, share, most, seed) == (learnt, kept)
