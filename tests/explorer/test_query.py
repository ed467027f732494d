"""One language in which every table is asked: what it means, and that it is the same wherever `f` and `/` are."""

import numpy as np
import pandas as pd
import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input
from tui_driving import explorer, press, settle

from nerspace import datasets
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.engine.errors import UsageError
from nerspace.tui.explorer.data.parallel import ParallelIndex, SentenceRows
from nerspace.tui.filters import Filter, parse_filter, parse_typed_filter
from nerspace.tui.query import Term, matcher, parse, parse_typed
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.modals import TYPING_SECONDS
from nerspace.tui.widgets.rows import Arranged, FrameRows

FRAME = pd.DataFrame(
    {
        "type": ["LOC", "PER", "LOC", "ORG", None],
        "language": ["tr", "tr", "be", "en", "be"],
        "form": ["Vaşington", "Anna Novak", "Нью Ёрк", 'a "b": c', "-5"],
        "gold": ["B-LOC O", "B-PER I-PER", "O B-LOC", "B-ORG", "O"],
        "wrong": [1, 0, 1, 0, 1],
        "tnld": [0.2, 0.30004, float("nan"), 1.0, 0.0],
        "size": pd.array([10, 2, None, 80, 10], dtype="Int64"),
        "share": [0.5, 0.25, 1.0, 0.0, 0.125],
        "created": ["2026-01-02", "2026-02-01", "2025-12-31", "", "2026-01-02T10:00"],
    }
)

ASKED = [
    ("", [0, 1, 2, 3, 4]), ("type:LOC", [0, 2]), ("type:loc,per", [0, 1, 2]), ("-type:LOC", [1, 3, 4]),
    ("type:LOC lang:tr wrong:yes vaşing", [0]), ("wrong:no", [1, 3]), ("-wrong:yes", [1, 3]), ("vasing", []),
    ("VAŞINGTON", [0]), ("form:novak", [1]), ("form:nova", []), ("form:nova*", [1]), ("form:*vak", [1]),
    ('form="anna novak"', [1]), ("form=anna", []), ('"нью ёрк"', [2]), ('"a novak" type:per', [1]),
    ("-anna", [0, 2, 3, 4]),
    ("tnld>0.3", [1, 3]), ("tnld>=1", [3]), ("tnld<0.1", [4]), ("tnld:0.3", [1]), ("tnld:0.2,1", [0, 3]),
    ("tnld:none", [2]), ("type:none", [4]), ("-tnld:none size>=10", [0, 3, 4]), ("size:10", [0, 4]), ("size=80", [3]),
    ("gold:loc", [0, 2]), ("gold:B-LOC", [0, 2]), ("created>2026-01-01", [0, 1, 4]), ("created<2026", [2]),
    ("share>=50%", [0, 2]), ("share:25%", [1]), ("share>0.4", [0, 2]), ("ty:org", [3]), ("80", [3]), ('"b\\": c"', [3]),
    ('"-5"', [4]), ("-5", [3]), ("type: lang:be", [2, 4]), ('a\\ "\\"b"', [3]), ("TYPE:per", [1]),
    ('form:"ёрк', [2]), ("name:anna", [1]), ("\\:", [3, 4]), ("- -", [0, 1, 2, 3, 4]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), ASKED)
def test_a_query_holds_of_these_rows(text, rows):
    held = matcher(parse(text), FrameRows(FRAME))
    assert np.flatnonzero(held(range(len(FRAME)))).tolist() == rows
    # Whatever rows are looked at, in whatever order.
    order = [4, 2, 0, 3, 1]
    found = matcher(parse(text), Arranged(FrameRows(FRAME), order))(range(5))
    assert sorted(order[place] for place in np.flatnonzero(found)) == rows
    # What is shown is read as what was typed.
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "Unknown field colour. Choose from type, language, form, gold, wrong, tnld, size, share,"),
        ("-colour>2", "Unknown field colour."), ("tnld:far", "tnld:far: tnld holds numbers. Write one, as in tnld>0.3"),
        ("tnld>", "tnld> compares with nothing."), ("s:2", "s may be size or share. Type more letters"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told_in_one_line(text, said):
    with pytest.raises(UsageError) as told:
        matcher(parse(text), FrameRows(FRAME))
    assert str(told.value).startswith(said)
    assert "\n" not in str(told.value)


def test_what_is_still_typed_may_be_a_beginning():
    def left(text: str) -> list[int]:
        return np.flatnonzero(matcher(parse_typed(text), FrameRows(FRAME))(range(len(FRAME)))).tolist()

    assert left("type:L") == left("type:LOC") == [0, 2]
    assert left("type:L ") == left('type:"L"') == []
    assert left("-type:L") == [1, 3, 4]
    assert left("type:LOC,P") == [0, 1, 2]
    assert left("wrong:y") == [0, 1, 2, 3, 4]
    assert left("type=L") == left("type:L")
    # No number yet, but on the way to one.
    assert left("type:LOC tnld>") == left("type:LOC tnld>-") == left("type:LOC tnld>1e") == left("type:LOC") == [0, 2]
    assert left("tnld:.") == left("-tnld>=") == [0, 1, 2, 3, 4]
    assert left("size:1") == []
    assert left("size:10") == [0, 4]
    for wrong in ("size:x", "tnld>far", "tnld> ", "tnld> anna", "hue:r"):
        with pytest.raises(UsageError):
            left(wrong)


def test_a_language_is_whatever_column_tells_it():
    pairs = pd.DataFrame({"a": ["be", "ru", "en"], "b": ["ru", "uk", "tr"], "cosine": [0.1, 0.2, 0.3]})
    assert matcher(parse("lang:ru"), FrameRows(pairs))(range(3)).tolist() == [True, True, False]
    transfer = pd.DataFrame({"donor": ["en", "be"], "recipient": ["be", "en"]})
    assert matcher(parse("lang:be -donor:be"), FrameRows(transfer))(range(2)).tolist() == [True, False]


def test_quotes_keep_signs_and_blanks():
    assert parse('"type:LOC" a\\:b -"x y"').terms == (
        Term(("type:loc",)), Term(("a:b",)), Term(("x y",), negated=True))  # fmt: skip
    assert parse('form:"a, b",c').terms == (Term(("a, b", "c"), "form", ":"),)
    assert parse_filter("a\\:b").words == ("a:b",)


def _corpus() -> SyntheticNER:
    names = [
        Entity("paris", "LOC", "", "", {"nominative": {"be": "Парыж", "ru": "Париж", "en": "Paris"}}),
        Entity("new_york", "LOC", "", "", {"nominative": {"be": "Нью Ёрк", "ru": "Нью Йорк", "en": "New York"}}),
        Entity("unesco", "ORG", "", "", {"nominative": {"be": "ЮНЕСКА", "ru": "ЮНЕСКО", "en": "UNESCO"}}),
    ]
    contexts = [
        Context("old", "LOC", "nominative", "", dict.fromkeys(("be", "ru", "en"), "[loc] is old.")),
        Context("big", "LOC", "nominative", "", dict.fromkeys(("be", "ru", "en"), "[loc] is big.")),
        Context("says", "ORG", "nominative", "", dict.fromkeys(("be", "ru", "en"), "[org] says.")),
    ]
    return SyntheticNER("small", contexts, names)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("-type:LOC", ["says/unesco"]), ("-big", ["old/paris", "old/new_york", "says/unesco"]),
        ("-paris -unesco", ["old/new_york", "big/new_york"]), ("entity:paris", ["old/paris", "big/paris"]),
        ("-entity:paris,unesco context:big", ["big/new_york"]), ('"new york" old', ["old/new_york"]),
        ("-len>1 type:LOC", ["old/paris", "big/paris"]), ("-lang:ru нью", ["old/new_york", "big/new_york"]),
        ("lang:be,ru -lang:ru юнеско", []), ("-identical:no", []),
    ],
)  # fmt: skip
def test_data_leaves_out_what_is_not_wanted(text, kept):
    index = ParallelIndex(_corpus())
    rows = SentenceRows(index.corpus, index.sentences(parse_filter(text)), ["en"])
    cells = [rows.cell(number)[1:] for number in range(len(rows))]
    assert sorted(f"{context.id}/{entity.id}" for context, entity in cells) == sorted(kept)
    again = parse_filter(str(parse_filter(text)))
    assert again == parse_filter(text)


TYPED = [
    ("type:L", ["LOC"]), ("type:l", ["LOC"]), ("type=O", ["ORG"]), ("type:LOC,O", ["LOC", "ORG"]),
    ("type:", []), ("len>", []), ("-len>=", []), ("identical:n", []), ("case:nom", []), ("lang:b", []), ("t", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "types"), TYPED)
def test_data_takes_what_is_still_typed_for_the_beginning_of_what_it_knows(text, types):
    index = ParallelIndex(_corpus())
    chosen = parse_typed_filter(text, index.known)
    assert list(chosen.types) == types
    index.sentences(chosen)
    index.names(chosen)


def test_every_letter_on_the_way_to_a_filter_is_taken():
    index = ParallelIndex(_corpus())
    for whole in (
        "identical:no lang:be,ru type:LOC len>1",
        "-type:ORG case:nominative entity:paris",
        "lang:en -lang:be",
    ):
        for end in range(len(whole) + 1):
            index.sentences(parse_typed_filter(whole[:end], index.known))
        assert parse_typed_filter(f"{whole} ", index.known) == parse_filter(whole)


@pytest.mark.parametrize(
    "text", ["type:X", "type:L ", "type:L lang:be", "lang:q", "case:w", "identical:x", "type>L", "hue:r"]
)
def test_what_can_become_no_filter_any_more_is_told_while_typing(text):
    index = ParallelIndex(_corpus())
    with pytest.raises(UsageError):
        index.sentences(parse_typed_filter(text, index.known))


def test_data_names_what_it_can_be_asked():
    with pytest.raises(UsageError, match="Unknown field wrong. Choose from type, lang, case, split, entity, context"):
        parse_filter("wrong:yes")
    with pytest.raises(UsageError, match="len alone is compared"):
        parse_filter("type>LOC")
    with pytest.raises(UsageError, match="stand in no context"):
        ParallelIndex(_corpus()).names(parse_filter("context:old"))
    assert parse_filter("") == Filter()


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield FoundTable()


async def _typed(pilot, *keys: str) -> str:
    """Press keys and wait as long as the line waits for the next."""
    await press(pilot, *keys)
    await pilot.pause(TYPING_SECONDS * 2)
    return await settle(pilot)


async def test_a_table_is_filtered_while_typing_and_esc_takes_it_back():
    async with TableApp().run_test(size=(90, 14), notifications=True) as pilot:
        table = pilot.app.query_one(FoundTable)
        table.show(FrameRows(FRAME))
        table.focus()
        await _typed(pilot, "f", *"type:LOC -lang:be")
        assert table.count == 1
        assert table.rows.cells(table.row)[2] == "Vaşington"
        # A letter that makes no sense is told in place, and what was shown stays.
        assert "Unknown field hue. Choose from type" in await _typed(pilot, *" hue:red")
        await press(pilot, "escape")
        assert table.count == 5
        await press(pilot, "f", *"wrong:yes", "enter")
        assert table.count == 3
        assert table.left_note == " · wrong:yes · 3 of 5"
        # The old text is selected: typing takes its place, another key goes on with it.
        await press(pilot, "f")
        line = pilot.app.screen.query_one(Input)
        assert line.value[slice(*sorted(line.selection))] == "wrong:yes"
        await press(pilot, "end", *" lang:tr", "enter")
        assert str(table.query_asked) == "wrong:yes lang:tr"
        await press(pilot, "f", *"anna", "enter")
        assert str(table.query_asked) == "anna"
        await press(pilot, "escape")
        assert table.count == 5


async def test_finding_goes_along_with_what_is_typed_and_esc_comes_back():
    async with TableApp().run_test(size=(90, 14), notifications=True) as pilot:
        table = pilot.app.query_one(FoundTable)
        table.show(FrameRows(FRAME))
        table.focus()
        await press(pilot, "j")
        await _typed(pilot, "slash", *"lang:be")
        assert table.row == 2
        await press(pilot, "escape")
        assert table.row == 1
        await press(pilot, "slash", *"lang:be", "enter")
        await press(pilot, "n")
        assert table.row == 4


@pytest.mark.slow
async def test_one_query_is_asked_of_sentences_points_runs_and_tables(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        # The sentences that a language gets wrong: title, rows and columns of help.
        await press(pilot, "6")
        await press(pilot, "j", "enter")
        text = await press(pilot, "f", *"type:PER wrong:yes", "enter")
        window = app.screen
        assert "type:PER wrong:yes · " in text
        assert set(window.table.arranged().raw(range(window.table.count))["type"]) == {"PER"}
        text = await press(pilot, "question_mark")
        assert "This list" in text
        # From help, from the filter, from the list.
        await press(pilot, "escape", "escape", "escape")
        # Points of the map.
        await press(pilot, "4")
        await press(pilot, "slash", *"type:LOC lang:tr wrong:yes", "enter")
        screen = app.in_view
        points = screen.maps.points.iloc[screen.found]
        assert len(points)
        assert set(zip(points["type"], points["language"], strict=True)) == {("LOC", "tr")}
        assert set(points["wrong"]) == {1}
        text = await press(pilot, "slash", *"colour:red", "enter")
        assert "Unknown field colour." in text
        # Runs, with the query in the caption; and the predictions of one, as a table.
        await press(pilot, "8")
        text = await press(pilot, "f", *"state:finished kind:demo", "enter")
        assert "state:finished kind:demo · 1 of 1" in text
        await press(pilot, "enter")
        await press(pilot, "slash", *"table=predictions", "enter")
        await press(pilot, "enter")
        text = await press(pilot, "f", *"type:LOC lang:tr wrong:yes", "enter")
        assert "type:LOC lang:tr wrong:yes · " in text
        rows = app.screen.table.arranged()
        frame = rows.raw(range(len(rows)))
        assert set(frame["wrong"]) == {1}
        assert set(frame["language"]) == {"tr"}


@pytest.mark.slow
async def test_data_is_filtered_while_typing_with_the_old_text_selected(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        text = await _typed(pilot, "slash", *"type:LOC -lang:ru")
        assert "4 of 23" in text
        assert "type:LOC -lang:ru" in text.splitlines()[1]
        text = await _typed(pilot, *" colour:red")
        assert "Unknown field colour. Choose from" in text.splitlines()[1]
        text = await press(pilot, "escape")
        assert "Sentences  23" in text
        # A value that is not typed to its end is no mistake, until enter says that it is all.
        text = await _typed(pilot, "f", *"type:L")
        assert "Unknown" not in text
        assert "of 23" in text
        assert "  ·  type:L" in text.splitlines()[1]
        await press(pilot, "escape")
        assert "No row holds that so far; identical: …" in await _typed(pilot, "f", *"identic")
        await press(pilot, "escape")
        assert "Unknown type 'L'. Choose from" in await press(pilot, "f", *"type:L", "enter")
        await press(pilot, "escape")
        await press(pilot, "f", *"type:LOC", "enter")
        line = app.in_view.query_one("#filter", Input)
        text = await press(pilot, "f", *"-type:LOC", "enter")
        assert line.value == "-type:LOC"
        assert "19 of 23" in text
    assert datasets.load(str(corpus)).languages
