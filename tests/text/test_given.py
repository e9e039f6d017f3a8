"""A text, or the name of its file."""

from pathlib import Path

import pytest

from charrnn.errors import TextError
from charrnn.text.corpus import read_corpus
from charrnn.text.given import corpus_of, ids_of
from charrnn.text.names import LONGEST_PATH, is_there, looks_like_path
from charrnn.text.vocabulary import Vocabulary

TEXT = "the cat sat on the mat\n" * 10


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    for name in ("book.md", "book.csv", "book", "with space.txt", "folder/a.txt", "[1].log"):
        Path(name).write_text(TEXT)
    return tmp_path


def test_an_existing_file_is_read_whatever_its_ending(here):
    names = ["book.md", "book.csv", "book", "with space.txt", "folder", "[1].log", "bo*.md"]
    for name in [*names, str(here / "book.md"), Path("book.md"), here, f"{here}/folder/"]:
        assert corpus_of(name).text.startswith("the cat sat"), name
        assert corpus_of(name).sources[0].name != "text"
    corpus = read_corpus(["book.md"])
    assert corpus_of(corpus) is corpus


def test_a_text_is_a_text():
    for text in (TEXT, "one line without an end, as long as a text has to be " * 3,
                 "A sentence ends in a point, and a text in one. " * 3 + "Like this.",
                 "ab\nc", "it has\nbook.md", "x" * (LONGEST_PATH + 1)):  # fmt: skip
        assert corpus_of(text).text == text
        assert corpus_of(text).sources[0].name == "text"


@pytest.mark.parametrize(
    "name",
    ["nosuch.md", "no such.txt", "folder/none", "/nowhere/at/all", r"C:\books\one.txt", "*.zip",
     "~/nosuch.txt", "book.markdown", "./x"],
)  # fmt: skip
def test_a_missing_path_is_refused(name):
    with pytest.raises(TextError, match=r"no such file|no file matches"):
        corpus_of(name)


@pytest.mark.parametrize("name", ["plays", "two words", "a" * 99, "the end."])
def test_a_text_too_short_is_refused(name):
    with pytest.raises(TextError, match=r"names no file or folder, and .* are too few"):
        corpus_of(name)


def test_other_things():
    for thing in (b"bytes", 3, None, ["book.md"]):
        with pytest.raises(TextError, match="cannot be learnt"):
            corpus_of(thing)


def test_names():
    assert is_there("book")
    assert not is_there("")
    assert not is_there("a\0b")
    assert not is_there("b" * 10_000)
    for text in ("a.md", "x/y", "*.txt", "deep/er.tar.gz"):
        assert looks_like_path(text)
    for text in ("", "The end.", "a b/c", "3.", "...", "book", "a.md\n", "one.two words"):
        assert not looks_like_path(text), text


def test_a_score_takes_a_word_or_a_file():
    vocabulary = Vocabulary.of(TEXT + "book.md nook.md")
    expected = vocabulary.encode(TEXT).tolist()
    assert vocabulary.decode(ids_of("book", vocabulary)) == "book"
    for given in ("book.md", Path("book"), read_corpus(["book"])):
        assert ids_of(given, vocabulary).tolist() == expected
    assert len(ids_of("nook.md", vocabulary)) == 7
    Path("other.md").write_text("the zeba")
    with pytest.raises(TextError, match="'z'"):
        ids_of("other.md", vocabulary)
    assert vocabulary.decode(ids_of("other.md", vocabulary, "skip")) == "the eba"
