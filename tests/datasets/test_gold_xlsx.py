"""Gold tags in spreadsheets."""

import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.readers import xlsx as spreadsheet
from nerspace.datasets.tagged import TaggedCorpus

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "slavner" / "Framework" / "data" / "wikiner_gold"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument"
HEAD = ("token", "label")


def inline(column: str, row: int, text: str) -> str:
    return f'<c r="{column}{row}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>' if text else ""


def sheet(rows: list[tuple[str, ...]]) -> str:
    body = "".join(
        f'<row r="{n}">{"".join(inline("ABC"[i], n, text) for i, text in enumerate(row))}</row>'
        for n, row in enumerate(rows, start=1)
        if any(row)
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def workbook(path: Path, *sheets: str, strings: str = "", styles: str = "", level: int = zipfile.ZIP_DEFLATED) -> Path:
    numbers = range(1, len(sheets) + 1)
    links = "".join(
        f'<Relationship Id="r{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
    kinds = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{OFFICE}.spreadsheetml.{kind}+xml"/>'
        for part, kind in (("workbook", "sheet.main"), ("sharedStrings", "sharedStrings"), ("styles", "styles"))
        if part == "workbook" or (strings if part == "sharedStrings" else styles)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{kinds}</Types>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{names}</sheets></workbook>',
        **{f"xl/worksheets/sheet{n}.xml": text for n, text in zip(numbers, sheets, strict=True)},
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}"><cellXfs>{styles}</cellXfs></styleSheet>'
    with zipfile.ZipFile(path, "w", level) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def load(path: Path) -> TaggedCorpus:
    corpus = datasets.load(path)
    assert isinstance(corpus, TaggedCorpus)
    return corpus


def texts(corpus: TaggedCorpus) -> list[tuple[str, str]]:
    return [(" ".join(s.words), " ".join(s.tags)) for s in corpus.sentences()]


def test_a_bare_label_starts_an_entity_and_empty_rows_part_sentences(tmp_path: Path) -> None:
    rows = [HEAD, ("New", "LOC"), ("York", "I-LOC"), ("Ann", "PER"), ("won", "O"), ("", ""), ("Bob", "PER")]
    corpus = load(workbook(tmp_path / "gold_be.xlsx", sheet(rows)))
    assert texts(corpus) == [("New York Ann won", "B-LOC I-LOC B-PER O"), ("Bob", "B-PER")]
    assert corpus.languages == ("be",)
    assert corpus.schemes == {"gold_be.xlsx": "bare first"}


def test_a_row_without_label_or_token_drops_its_sentence(tmp_path: Path) -> None:
    rows = [HEAD, ("a", "O"), ("b", ""), ("", ""), ("c", "O"), ("", ""), ("", "O"), ("", ""), ("d", "O"), ("", ""),
            ("e", "I-LOC"), ("f", "LOC"), ("", ""), ("g", "LOC")] + [("", ""), ("h", "O")] * 4  # fmt: skip
    corpus = load(workbook(tmp_path / "x.xlsx", sheet(rows)))
    assert texts(corpus)[:3] == [("c", "O"), ("d", "O"), ("g", "B-LOC")]
    assert [(row.line, row.reason) for row in corpus.dropped] == [
        (2, "a word without a tag"), (7, "an empty word"), (11, "I- does not follow its entity"),
    ]  # fmt: skip


def test_columns_are_found_by_name_in_the_first_sheet_that_has_them(tmp_path: Path) -> None:
    right = sheet([("note", "Label", "Token"), ("x", "O", "Oh"), ("", "PER", "Ann"), ("only a note", "", "")])
    corpus = load(workbook(tmp_path / "x.xlsx", sheet([("a", "b")]), right))
    assert texts(corpus) == [("Oh Ann", "O B-PER")]
    assert [(row.reason, row.text) for row in corpus.dropped] == [("a sheet that was not read", "S1")]
    with pytest.raises(DataError, match="no sheet with the columns token and label"):
        load(workbook(tmp_path / "y.xlsx", sheet([("token", "x"), ("a", "O")])))


def test_shared_rich_and_phonetic_texts_are_the_text_that_is_shown(tmp_path: Path) -> None:
    strings = (
        "<si><t>token</t></si><si><t>label</t></si><si><r><t>Lon</t></r><r><t>don</t></r>"
        '<rPh sb="0" eb="1"><t>no</t></rPh></si><si><t>LOC</t></si>'
    )
    body = "".join(
        f'<row><c t="s"><v>{a}</v></c><c t="s"><v>{b}</v></c></row>' for a, b in ((0, 1), (2, 3))
    )  # without references, which are optional
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
    assert texts(load(workbook(tmp_path / "x.xlsx", xml, strings=strings))) == [("London", "B-LOC")]


def test_cells_that_show_something_else_than_they_store_are_not_guessed(tmp_path: Path) -> None:
    def cell(row: int, kind: str, style: int, value: str) -> str:
        return f'<row r="{row}"><c r="A{row}" t="{kind}" s="{style}"><v>{value}</v></c>{inline("B", row, "O")}</row>'

    head = f'<row r="1">{inline("A", 1, "token")}{inline("B", 1, "label")}</row>'
    cells = [("n", 0, "1984"), ("n", 1, "45000"), ("b", 0, "1"), ("e", 0, "#N/A"), ("n", 0, "0.1"), ("str", 1, "f"),
             ("n", 0, "7"), ("n", 0, "8"), ("n", 0, "9")]  # fmt: skip
    body = head + "".join(cell(2 * i, *spec) for i, spec in enumerate(cells, start=1))
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
    path = workbook(tmp_path / "x.xlsx", xml, styles='<xf numFmtId="0"/><xf numFmtId="14"/>')
    corpus = load(path)
    assert [text for text, _ in texts(corpus)] == ["1984", "f", "7", "8", "9"]
    assert [row.line for row in corpus.dropped] == [4, 6, 8, 10]


def test_a_file_that_a_spreadsheet_program_saved_is_read_as_it_is_shown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.create_sheet("Hidden", 0)
    hidden.sheet_state = "hidden"
    for row in (HEAD, ("007", "O"), ("1e5", "O"), (" Ann ", "PER"), (1984, "O"), ("=1+1", "O"), ("_x0041_", "O")):
        hidden.append(row)
    hidden["A6"].data_type = "s"
    hidden.append(())
    for value, number_format in (
        (datetime(1984, 5, 1, tzinfo=UTC).replace(tzinfo=None), "yyyy-mm-dd"), (12, "0.00"), (7, "0"), (8, "@"),
    ):  # fmt: skip
        hidden.append((value, "O"))
        hidden.cell(hidden.max_row, 1).number_format = number_format
        hidden.append(())
        # What belongs to a merged cell is empty.
        hidden.append(("Bob", "PER", "a note"))
        hidden.merge_cells(f"C{hidden.max_row}:D{hidden.max_row + 1}")
        hidden.append(())
    book.save(tmp_path / "gold_en.xlsx")
    corpus = load(tmp_path / "gold_en.xlsx")
    assert [text for text, _ in texts(corpus)] == [
        "007 1e5 Ann 1984 =1+1 _x0041_",
        *["Bob"] * 2,
        "7",
        "Bob",
        "8",
        "Bob",
    ]
    assert [(row.line, row.reason) for row in corpus.dropped] == [
        (9, spreadsheet.UNREADABLE), (13, spreadsheet.UNREADABLE), (0, "a sheet that was not read"),
    ]  # fmt: skip


def test_a_row_in_the_wrong_place_is_damage(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", sheet([HEAD, ("a", "O")]).replace('r="A2"', 'r="A9"'))
    with pytest.raises(DataError, match="damaged .*: a cell A9 in row 2"):
        load(path)


def test_document_types_and_entities_are_refused(tmp_path: Path) -> None:
    for declaration in ('<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', '<!DOCTYPE w SYSTEM "file:///x">'):
        path = workbook(tmp_path / "x.xlsx", declaration + sheet([HEAD, ("a", "O")]))
        with pytest.raises(DataError, match="declares a document type"):
            load(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, peak: Callable[[], int]) -> None:
    path = tmp_path / "x.xlsx"
    workbook(path, sheet([HEAD]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/styles.xml", "w") as part:
        for _ in range(150):
            part.write(b" " * 1_000_000)
    with pytest.raises(DataError, match="unpacks to"):
        load(path)
    assert peak() < 20_000_000


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"\x80\x04\x95", "pickle"), (b"PK\x03\x04rest", "damaged"), (b"<html>", "no .xlsx"), (b"", "empty"),
     (b"\xd0\xcf\x11\xe0\xa1", "old Office")],
)  # fmt: skip
def test_files_that_only_pretend_are_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "gold.xlsx").write_bytes(content)
    with pytest.raises(DataError, match=f"gold.xlsx.*{problem}"):
        load(tmp_path / "gold.xlsx")


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"]
)  # fmt: skip
def test_a_workbook_without_a_part_is_damaged(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path / "whole.xlsx", sheet([HEAD, ("a", "O")]))
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "less.xlsx", "w") as less:
        for name in whole.namelist():
            if name != part:
                less.writestr(name, whole.read(name))
    with pytest.raises(DataError, match=r"less\.xlsx.*damaged"):
        load(tmp_path / "less.xlsx")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_gives_sentences_or_a_data_error(tmp_path: Path, data: st.DataObject) -> None:
    level = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    path = workbook(
        tmp_path / "fuzz.xlsx", sheet([HEAD, ("Ann", "PER"), ("", ""), ("é", "O")]),
        strings="<si><t>token</t></si>", styles='<xf numFmtId="0"/>', level=level,
    )  # fmt: skip
    content = bytearray(path.read_bytes())
    generator = random.Random(data.draw(st.integers(0, 10**9)))
    for _ in range(data.draw(st.integers(0, 8))):
        content[generator.randrange(len(content))] = generator.randrange(256)
    cut = data.draw(st.integers(0, 40))
    path.write_bytes(bytes(content[: len(content) - cut]))
    try:
        corpus = load(path)
    except DataError:
        return
    assert all(len(s.words) == len(s.tags) for s in corpus.sentences())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["<row>", "</row>", '<row r="2">', '<row r="x">', "<c>", "</c>", '<c t="s">', '<c r="A1">', '<c r="1A">',
             "<v>", "</v>", "0", "9", "-1", "nan", "<is><t>", "</t></is>", '<c t="n" s="-1">', "&#0;", "Ann", "PER"]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_any_xml_in_the_sheet_gives_sentences_or_a_data_error(tmp_path: Path, pieces: list[str]) -> None:
    xml = sheet([HEAD, ("a", "O")]).replace("</sheetData>", "".join(pieces) + "</sheetData>")
    path = workbook(tmp_path / "fuzz.xlsx", xml, strings="<si><t>token</t></si>", styles='<xf numFmtId="0"/>')
    try:
        corpus = load(path)
    except DataError:
        return
    assert len(corpus)


def test_no_part_is_read_beyond_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "x.xlsx", sheet([HEAD, ("a" * 40_000, "O")]))
    with pytest.raises(DataError, match="a cell of 40,000 characters"):
        load(path)
    path = workbook(tmp_path / "x.xlsx", sheet([HEAD, ("a", "O"), ("b", "O")]))
    monkeypatch.setattr(spreadsheet, "MOST_ELEMENTS", 5)
    with pytest.raises(DataError, match="more than 5 XML elements"):
        load(path)
    monkeypatch.setattr(spreadsheet, "LARGEST_FILE", 100)
    with pytest.raises(DataError, match="larger than"):
        load(path)


def test_a_part_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", sheet([HEAD, ("a", "O")]))
    content = path.read_bytes()
    size = len(sheet([HEAD, ("a", "O")])).to_bytes(4, "little")
    assert size in content
    path.write_bytes(content.replace(size, (30).to_bytes(4, "little")))
    with pytest.raises(DataError, match="damaged"):
        load(path)


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
def test_wikiner_gold_loads_with_its_counts() -> None:
    corpus = load(SHARED)
    rows = corpus.counts().set_index("language").loc[:, "sentences":]
    assert rows.loc["be"].to_list() == [720, 11765, 1424, 478, 821, 125, 0]
    assert rows.loc["en"].to_list() == [454, 9525, 1031, 339, 336, 356, 0]
    assert rows.loc["pl"].to_list() == [562, 10898, 1325, 414, 716, 195, 0]
    assert rows.loc["ru"].to_list() == [727, 11128, 1217, 373, 552, 292, 0]
    assert [(row.file, row.line, row.reason) for row in corpus.dropped] == [
        ("gold_be.xlsx", 6339, "a word without a tag"),
        ("gold_en.xlsx", 3143, "a word without a tag"),
    ]
