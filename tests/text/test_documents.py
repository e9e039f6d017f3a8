"""The text in documents: Word, EPUB, HTML, subtitles, notebooks; and what is hostile in them."""

import gzip
import io
import json
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charrnn.errors import NotText, TextError
from charrnn.text.corpus import read_corpus
from charrnn.text.formats import html, subtitles

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="{}"/></Relationships>'
)
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
    '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    '<item id="one" href="text/ch%201.xhtml#top" media-type="application/xhtml+xml"/>'
    '<item id="two" href="two.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="pic" href="p.svg" media-type="image/svg+xml"/></manifest><spine>'
    '<itemref idref="nav"/><itemref idref="two"/><itemref idref="one"/><itemref idref="pic"/>'
    "</spine></package>"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def zipped(name: str, members: dict[str, str | bytes]) -> str:
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return name


def word(body: str, main: str = "word/document.xml", name: str = "d.docx", prolog: str = "") -> str:
    document = f'{prolog}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    relations = RELATIONS.format(main)
    return zipped(
        name, {"[Content_Types].xml": "<Types/>", "_rels/.rels": relations, main: document}
    )


def book(chapters: dict[str, str], name: str = "b.epub", **others: str) -> str:
    pages = {
        member: f"<html><head><title>no</title></head><body>{body}</body></html>"
        for member, body in chapters.items()
    }
    start = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}
    return zipped(name, {**start, "OEBPS/content.opf": PACKAGE, **pages, **others})


def text_of(name: str, **how: object) -> str:
    return read_corpus([name], **how).text


# Word


def test_a_word_document_is_a_line_a_paragraph(here: Path) -> None:
    stops = '<w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>'
    word(
        f"<w:p>{stops}<w:r><w:t>Hello </w:t></w:r><w:r><w:t>wörld</w:t><w:tab/><w:t>&amp; on</w:t>"
        "</w:r></w:p><w:p><w:r><w:t>one</w:t><w:br/><w:t>two</w:t></w:r>"
        "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        '<w:p><mc:AlternateContent xmlns:mc="x"><mc:Choice><w:r><w:t>box</w:t></w:r></mc:Choice>'
        "<mc:Fallback><w:r><w:t>box</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
        '<w:p><a:t xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">chart</a:t></w:p>'
    )
    corpus = read_corpus(["d.docx"])
    assert corpus.text == "Hello wörld\t& on\none\ntwo\nbox\n\n"
    assert corpus.notes == ("d.docx is a Word document; its text is read",)
    assert corpus.sources[0].encoding == "utf-8"


def test_it_is_known_by_what_it_is_and_not_by_its_name(here: Path) -> None:
    word("<w:p><w:r><w:t>text</w:t></w:r></w:p>", "word/document2.xml", "letter.bak")
    assert text_of("letter.bak") == "text\n"
    Path("plain.docx").write_text("only text")
    assert text_of("plain.docx") == "only text"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d [<!ENTITY % a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_are_refused(here: Path, prolog: str) -> None:
    word("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", prolog=prolog)
    with pytest.raises(TextError, match=r"^d\.docx: word/document.xml: declares entities, .* ref"):
        text_of("d.docx")


def test_a_bomb_is_stopped_at_the_bound_and_takes_no_memory(here: Path) -> None:
    word(f"<w:p><w:r><w:t>{'a' * (64 << 20)}</w:t></w:r></w:p>")
    assert Path("d.docx").stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(TextError, match=r"^d\.docx: here the text grows beyond 30,000,000"):
            text_of("d.docx", max_bytes=30_000_000)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_tag_without_end_is_refused(here: Path) -> None:
    word(f'<w:p w:x="{"a" * (8 << 20)}"/>')
    with pytest.raises(TextError, match="holds a tag of more than 1048576 bytes"):
        text_of("d.docx")


def test_damaged_documents_are_text_errors_wherever_they_are_damaged(here: Path) -> None:
    for name in (word("<w:p><w:r><w:t>text</w:t></w:r></w:p>"), book({"OEBPS/two.xhtml": "text"})):
        whole = Path(name).read_bytes()
        places = range(0, len(whole), 3)
        flipped = [whole[:k] + bytes([whole[k] ^ 0xFF]) + whole[k + 1 :] for k in places]
        for damaged in (*(whole[:k] for k in places), *flipped):
            Path(name).write_bytes(damaged)
            with suppress(TextError):
                text_of(name)


def test_an_encrypted_document_is_reported(here: Path) -> None:
    word("<w:p/>")
    whole = bytearray(Path("d.docx").read_bytes())
    for at in range(len(whole)):
        if whole[at : at + 4] in (b"PK\3\4", b"PK\1\2"):
            whole[at + (6 if whole[at + 2] == 3 else 8)] |= 1
    Path("d.docx").write_bytes(whole)
    with pytest.raises(TextError, match="is encrypted; name a copy that is not"):
        text_of("d.docx")


# EPUB


def test_a_book_is_its_chapters_in_order(here: Path) -> None:
    book(
        {
            "OEBPS/nav.xhtml": "contents",
            "OEBPS/text/ch 1.xhtml": "<h1>First</h1><p>It was&nbsp;dark &amp; <i>stormy</i>.</p>",
            "OEBPS/two.xhtml": "<p>Second</p>",
        }
    )
    corpus = read_corpus(["b.epub"])
    assert corpus.text == "Second\n\nFirst\n\nIt was\u00a0dark & stormy.\n"
    assert corpus.notes == ("b.epub is an EPUB book; its text is read",)


def test_books_that_cannot_be_read_are_reported(here: Path) -> None:
    book({"OEBPS/two.xhtml": "x"}, **{
        "META-INF/encryption.xml":
        '<e><CipherReference URI="OEBPS/two.xhtml"/></e>', "OEBPS/text/ch 1.xhtml": "",
    })  # fmt: skip
    with pytest.raises(TextError, match=r"^b\.epub: is encrypted; name a copy that is not"):
        text_of("b.epub")
    zipped("c.epub", {"mimetype": "application/epub+zip", "META-INF/container.xml": "<a/>"})
    with pytest.raises(TextError, match=r"^c\.epub: damaged \(it names no book\)"):
        text_of("c.epub")
    book({"OEBPS/two.xhtml": "x"})
    with pytest.raises(TextError, match=r"text/ch 1.xhtml: damaged \(.*no item named"):
        text_of("b.epub")


def test_a_document_that_is_packed_or_piped_is_named(here: Path, monkeypatch) -> None:
    name = word("<w:p/>")
    Path("d.docx.gz").write_bytes(gzip.compress(Path(name).read_bytes()))
    with pytest.raises(NotText, match=r"^d\.docx\.gz: is a ZIP archive"):
        text_of("d.docx.gz")
    with pytest.raises(
        NotText, match=r"is a Word document, not a text; read its text with extract=True"
    ):
        text_of(name, extract=False)
    stream = io.TextIOWrapper(io.BytesIO(Path(name).read_bytes()))
    monkeypatch.setattr("sys.stdin", stream)
    with pytest.raises(NotText, match=r"^standard input: is a ZIP archive"):
        text_of("-")
    assert len(text_of(name, as_bytes=True)) == Path(name).stat().st_size


# HTML


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one<p>two", "one\n\ntwo\n"),
        ("<h1>A &amp; B</h1>text", "A & B\n\ntext\n"),
        ("a  b\n\tc<br>d<BR/>e", "a b c\nd\ne\n"),
        ("x<b>y</b> <i>z</i>", "xy z\n"),
        ("<ul><li>one<li>two</ul>end", "one\ntwo\n\nend\n"),
        ("<pre>  a\n   b</pre>c", "  a\n   b\n\nc\n"),
        ("<table><tr><td>1<td>2<tr><td>3</table>", "1\t2\n3\n"),
        ("<head><title>t</title></head><script>var a='<p>';</script>a<style>p{}</style>", "a\n"),
        ("<head><title>t</title><body>a", "a\n"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt></ruby>字", "漢字\n"),
        ("&eacute;&#233;&#xe9;&nbsp;&unknown;&lt;b&gt;", "ééé\u00a0&unknown;<b>\n"),
        ("a<!-- b -->c<![CDATA[d]]>e<![foo]>f<?php g ?>h", "acefh\n"),
        ("a<!-- never closed", "a\n"),
        ("a < b > c", "a < b > c\n"),
        ("", ""),
        ("<p></p> <div></div>", ""),
    ],
)
def test_a_page_gives_its_visible_text(page: str, text: str) -> None:
    assert "".join(html.text_of([page])) == text


MARKS = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<br/>", "<!--", "-->", "<script>", "</script>", "<![", "]]>", "&am", "p;",
         "<a href='x", "'>", "<", ">", "text ", "é", "\n", "<pre>", "</pre>", "<td>",
         "<!DOCTYPE", "&#"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(MARKS, st.integers(1, 9))
@example("<!--<!--" * 9, 3)
@example("<script>" + "a" * 50, 4)
def test_pages_of_any_form_give_one_text_however_they_are_cut(page: str, size: int) -> None:
    pieces = [page[at : at + size] for at in range(0, len(page), size)]
    text = "".join(html.text_of(pieces))
    assert text == "" or text.endswith("\n")
    assert "".join(html.text_of([page])).split() == text.split()


def test_unclosed_elements_take_linear_time() -> None:
    piece = "<!-- " * 13_000
    assert "".join(html.text_of(["a", *[piece] * 400])) == "a\n"
    assert "".join(html.text_of(["a<script>", *["x" * 65_536] * 400])) == "a\n"


def test_a_page_says_its_encoding(here: Path) -> None:
    body = "<p>Старик сидел у окна"
    page = '<html><head><META http-equiv="Content-Type" content="text/html; charset=windows-1251">'
    Path("a.htm").write_bytes((page + body).encode("cp1251"))
    corpus = read_corpus(["a.htm"])
    assert corpus.text == "Старик сидел у окна\n"
    assert corpus.sources[0].encoding == "cp1251"
    assert corpus.notes == (
        "a.htm says itself that it is in cp1251",
        "a.htm is HTML; its text is read, without the marks",
    )
    # Valid UTF-8 is UTF-8, unless an encoding is given.
    Path("a.htm").write_text(page + body)
    assert text_of("a.htm") == "Старик сидел у окна\n"
    Path("a.htm").write_bytes((page + body).encode("koi8-r"))
    assert text_of("a.htm", encoding="koi8-r") == "Старик сидел у окна\n"
    Path("b.html").write_bytes(b"<meta charset=iso-8859-1><p>\x93quoted\x94")
    assert text_of("b.html") == "“quoted”\n"
    Path("b.html").write_bytes(b"<meta charset=nonsense><p>plain")
    assert text_of("b.html") == "plain\n"


def test_verbatim_a_page_is_read_with_its_markup(here: Path) -> None:
    Path("a.html").write_text("<p>text</p>\n")
    assert text_of("a.html", extract=False) == "<p>text</p>\n"
    assert text_of("a.html", as_bytes=True) == "<p>text</p>\n"
    Path("a.txt").write_text("<!DOCTYPE html>\n<p>text</p>\n")
    corpus = read_corpus(["a.txt"])
    assert corpus.text.startswith("<!DOCTYPE")
    assert corpus.notes == ("a.txt is HTML, marks and all; named .html, its text is read",)


# Subtitles

CUE = "{}\n00:00:0{},000 --> 00:00:0{},900\n{}\n\n"


def test_subtitles_give_their_lines(here: Path) -> None:
    said = ["<i>Hello</i> there", "{\\an8}Two\nlines &amp; more", "12"]
    subs = "".join(CUE.format(k, k, k, text) for k, text in enumerate(said))
    for name, data in (("a.srt", subs), ("crlf.srt", subs.replace("\n", "\r\n"))):
        Path(name).write_bytes(b"\xef\xbb\xbf" + data.encode())
        assert text_of(name) == "Hello there\nTwo\nlines & more\n12\n"
    assert read_corpus(["a.srt"]).notes[0] == (
        "a.srt holds subtitles; what is said is read, without the times"
    )


def test_web_subtitles_have_remarks_and_names(here: Path) -> None:
    Path("a.vtt").write_text(
        "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000 line:0\n"
        "<v Ann>Hi <00:01.500>you</v>\n\nNOTE a\nremark\n\n00:03.000 --> 00:04.000\n- Yes.\n- No.\n"
    )
    assert text_of("a.vtt") == "Hi you\n- Yes.\n- No.\n"


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["1\n", "\n", "\r\n", "text\n", "00:00:01,0 --> 00:00:02,0\n",
                                 "NOTE\n", "-->", "\r"]), max_size=20).map("".join),
       st.integers(1, 7))  # fmt: skip
def test_subtitles_of_any_form_are_read_or_refused(data: str, size: int) -> None:
    try:
        found = list(subtitles.text_of([data], "x"))
    except TextError:
        with pytest.raises(TextError):
            list(subtitles.text_of([data[k : k + size] for k in range(0, len(data), size)], "x"))
        return
    pieces = [data[k : k + size] for k in range(0, len(data), size)]
    assert list(subtitles.text_of(pieces, "x")) == found


def test_a_file_without_subtitles_is_reported(here: Path) -> None:
    Path("a.srt").write_text("only a text\n")
    with pytest.raises(TextError, match=r"^a\.srt: holds no subtitles; rename it"):
        text_of("a.srt")


# Notebooks


def test_of_a_notebook_the_source_of_its_cells(here: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {"cell_type": "code", "source": "print(1)\n", "outputs": [{"text": "1"}]},
        {"cell_type": "code", "source": ""},
    ]
    Path("n.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    assert text_of("n.ipynb") == "# Title\ntext\n\nprint(1)\n"
    before = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]}
    Path("n.ipynb").write_text(json.dumps(before))
    assert text_of("n.ipynb") == "x = 1\n"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("{", "is no JSON"), ("[" * 200_000, "is no JSON"), ("1" * 9999, "is no JSON"),
        ("{}", "holds no cells"), ("[]", "holds no cells"), ('{"cells": 5}', "holds no cells"),
        ('"text"', "holds no cells"), ("null", "holds no cells"),
    ],
)  # fmt: skip
def test_an_invalid_notebook_is_reported(here: Path, data: str, found: str) -> None:
    Path("n.ipynb").write_text(data)
    with pytest.raises(TextError, match=rf"^n\.ipynb: {found}") as refusal:
        text_of("n.ipynb")
    assert str(refusal.value).isprintable()


def test_cells_of_other_forms_are_passed_over(here: Path) -> None:
    cells = [5, None, {}, {"source": 5}, {"source": [1, "a", None]}]
    Path("n.ipynb").write_text(json.dumps({"cells": cells}))
    assert text_of("n.ipynb") == "a\n"
