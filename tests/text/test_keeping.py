"""What is kept back for validation of one file, of some, and of a folder of many small ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.checkpoint.checkpoint import load_state, save_state
from charrnn.checkpoint.paths import resume_path
from charrnn.text import keeping
from charrnn.text.corpus import Corpus, from_text, read_corpus
from charrnn.text.keeping import Joined, choose, keep_back
from charrnn.training.options import TrainOptions
from charrnn.training.text_run import TextRun

LINE = "a line of some words\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def corpus_of(folder: Path, texts: list[str]) -> Corpus:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number:04}.txt").write_text(text)
    return read_corpus([folder])


def texts_of(corpus: Corpus, kept: int, keeps: str, seed: int = 0) -> tuple[str, str]:
    train, validation = keep_back(corpus, kept, keeps, seed)
    return corpus.vocabulary.decode(np.asarray(train)), corpus.vocabulary.decode(validation)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=5),
    st.none() | st.integers(-30, 30), st.none() | st.integers(-30, 30),
)  # fmt: skip
def test_joined_parts_are_sliced_as_one_array(parts, start, stop) -> None:
    arrays = [np.array(part, np.uint8) for part in [*parts, [1, 2]]]
    joined, whole = Joined(arrays), np.concatenate(arrays)
    assert len(joined) == len(whole)
    assert joined[start:stop].tolist() == whole[start:stop].tolist()
    assert joined[start:stop].dtype == np.uint8
    assert np.asarray(joined).tolist() == whole.tolist()


def test_joined_parts_are_read_in_a_row() -> None:
    with pytest.raises(ValueError, match="in steps of 2"):
        Joined([np.arange(4)])[::2]


def test_of_one_text_it_is_the_end_to_the_character(tmp_path: Path) -> None:
    for corpus in (from_text(LINE * 50), corpus_of(tmp_path, ["", LINE * 50, ""])):
        assert choose(corpus, 100, 0) == "end"
        train, validation = texts_of(corpus, 100, "end")
        assert (train, validation) == (corpus.text[:-100], corpus.text[-100:])
    assert texts_of(corpus, 0, "end") == (corpus.text, "")


def test_of_several_files_the_end_of_each_in_proportion(tmp_path: Path) -> None:
    texts = [mark * 3 + LINE * lines for mark, lines in zip("xyz", (1000, 3000, 500), strict=True)]
    corpus = corpus_of(tmp_path, texts)
    kept = len(corpus) // 10
    assert choose(corpus, kept, 0) == "ends"
    train, validation = texts_of(corpus, kept, "ends")
    assert train.count("xxx") == train.count("yyy") == train.count("zzz") == 1
    assert set(validation.splitlines(keepends=True)) == {LINE}  # from a line's beginning
    assert 0.95 * kept < len(validation) <= kept
    assert len(train) + len(validation) == len(corpus)
    left = [len(part) for part in train.replace("y", "x").replace("z", "x").split("xxx")[1:]]
    for rest, text in zip(left, texts, strict=True):
        assert rest / len(text) == pytest.approx(0.9, abs=0.01)


def test_a_text_without_lines_is_cut_where_it_falls(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, ["ab" * 5000, "cd" * 5000])
    train, validation = texts_of(corpus, 2000, "ends")
    assert validation in {"ab" * 500 + "\n" + "cd" * 500, "b" + "ab" * 499 + "\n" + "cd" * 500}
    assert len(train) + len(validation) == len(corpus)


def test_of_many_small_files_whole_ones_by_the_seed(tmp_path: Path) -> None:
    texts = [f"{number:03}:{LINE * (5 + number % 7)}" for number in range(60)]
    corpus = corpus_of(tmp_path, texts)
    kept = len(corpus) // 10
    assert choose(corpus, kept, 0) == "files"
    train, validation = texts_of(corpus, kept, "files")
    assert 0.5 * kept <= len(validation) <= kept
    for text in texts:
        assert (text in train) != (text in validation)
    assert texts_of(corpus, kept, "files") == (train, validation)
    assert texts_of(corpus, kept, "files", seed=1)[1] != validation


def test_one_large_file_among_small_ones_is_not_kept_back_whole(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, [LINE * 10] * 12 + [LINE * 3000])
    kept = len(corpus) // 10
    assert choose(corpus, kept, 0) == "ends"
    train, validation = texts_of(corpus, kept, "ends")
    assert len(validation) <= kept
    assert len(train) + len(validation) == len(corpus)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text("ab \n", max_size=300), min_size=1, max_size=14),
    st.floats(0.01, 0.9), st.sampled_from(["end", "ends", "files"]), st.integers(0, 3),
)  # fmt: skip
def test_nothing_is_lost_learnt_twice_or_kept_beyond_what_was_asked(
    tmp_path_factory, texts, share, keeps, seed
) -> None:
    corpus = corpus_of(tmp_path_factory.mktemp("texts") / "in", texts)
    kept = int(len(corpus) * share)
    train, validation = keep_back(corpus, kept, keeps, seed)
    assert len(train) + len(validation) == len(corpus)
    assert len(validation) <= kept
    if len(corpus):
        whole = np.bincount(np.asarray(corpus.ids), minlength=4)
        both = np.bincount(np.asarray(train), minlength=4) + np.bincount(validation, minlength=4)
        assert whole.tolist() == both.tolist()


def test_bytes_are_cut_too(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(bytes(range(256)) * 100)
    corpus = read_corpus([tmp_path], as_bytes=True)
    train, validation = keep_back(corpus, 5000, "ends", 0)
    assert len(train) + len(validation) == len(corpus)
    assert np.asarray(train)[:256].tolist() == list(range(256))


def begun(texts: list[str], here: Path) -> TextRun:
    choices = TrainOptions(hidden_size=4, batch_size=4, seq_length=16, max_steps=4, evaluations=2)
    return TextRun.begin(corpus_of(here / "in", texts), choices)


def test_a_run_resumes_on_the_same_two_texts(here: Path) -> None:
    run = begun([f"{number:03}:{LINE * 20}" for number in range(40)], here)
    assert run.trainer.config.keeps == "files"
    for _ in run.trainer.run():
        break
    run.save_state(here / "m.npz")
    again = TextRun.resume(run.corpus, here / "m.npz")
    assert again.validation.tolist() == run.validation.tolist()
    assert np.asarray(again.train).tolist() == np.asarray(run.train).tolist()
    assert run.checkpoint().training.config["keeps"] == "files"


def test_a_state_of_before_is_cut_as_it_was(here: Path) -> None:
    run = begun([LINE * 500, LINE[::-1] * 500], here)
    assert run.trainer.config.keeps == "ends"
    kept = int(len(run.corpus) * 0.1)
    run.save_state(here / "m.npz")
    arrays, meta = load_state(resume_path(here / "m.npz"))
    del meta["training"]["keeps"], meta["field"], meta["extract"]
    save_state(resume_path(here / "m.npz"), arrays, meta)
    before = TextRun.resume(run.corpus, here / "m.npz")
    assert before.validation.tolist() == run.corpus.ids[len(run.corpus) - kept :].tolist()


def names(n: int, seed: int = 0) -> str:
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghij"))
    drawn = {"".join(rng.choice(letters, rng.integers(4, 12))) for _ in range(n)}
    return "".join(f"{name}\n" for name in sorted(drawn, key=lambda name: name[::-1]))


def test_of_a_list_lines_are_drawn_from_all_over_it() -> None:
    text = names(2000)
    corpus = from_text(text)
    kept = len(text) // 10
    assert choose(corpus, kept, 3) == "lines"
    train, validation = texts_of(corpus, kept, "lines", 3)
    lines, learnt, judged = text.splitlines(), train.splitlines(), validation.splitlines()
    assert sorted(learnt + judged) == sorted(lines)
    places = [lines.index(line) for line in judged]
    assert places == sorted(places)
    assert min(places) < 200
    assert max(places) > len(lines) - 200
    assert 0.9 * kept < len(validation) <= kept
    assert texts_of(corpus, kept, "lines", 4)[1] != validation


PARAGRAPHS = "the cat sat on the mat and looked at the dog that lay\n" * 7 + "\n"
CODE = "def f(x):\n    y = x + 1\n    return y\n\n"
FILLED = "".join(
    f"{k:04} a line that is filled up to its width as paragraphs are\n" for k in range(500)
)


@pytest.mark.parametrize(
    "text", [PARAGRAPHS * 100, CODE * 200, LINE * 500, FILLED, names(150), "x" * 5000],
    ids=["paragraphs", "code", "one line again and again", "filled", "too few", "no line"],
)  # fmt: skip
def test_other_texts_are_no_lists(text: str) -> None:
    assert choose(from_text(text), 100, 0) != "lines"


def test_of_a_short_text_blocks_are_kept_from_all_over_it() -> None:
    text = PARAGRAPHS * 120
    corpus, kept = from_text(text), len(text) // 10
    assert choose(corpus, kept, 0) == "blocks"
    assert choose(corpus, 1900, 0) == "end"
    assert choose(from_text(PARAGRAPHS * 300), 10_000, 0) == "end"
    train, validation = keep_back(corpus, kept, "blocks", 0)
    assert len(train) + len(validation) == len(text)
    assert kept - 4 < len(validation) <= kept


@settings(deadline=None, max_examples=60)
@given(n=st.integers(2_000, 90_000), share=st.floats(0.05, 0.5), seed=st.integers(0, 9))
def test_blocks_lie_apart_each_in_its_share(n: int, share: float, seed: int) -> None:
    corpus, kept = from_text(("ab c\n" * n)[:n]), int(n * share)
    if kept < 2 * keeping.SHORT_END:
        return
    blocks = keeping._blocks(corpus, kept, seed)
    assert 1 < len(blocks) <= keeping.MOST_BLOCKS
    size = n // len(blocks)
    for k, (start, end) in enumerate(blocks):
        assert end - start >= keeping.SHORT_END
        assert k * size <= start < end <= (k + 1) * size
