"""Every kind of corpus in the explorer: tagged, parallel with gaps, huge, broken, and one opened after another."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from textual import events
from textual.widgets import Input
from tui_driving import explorer, press, settle, text_in

from nerspace import datasets
from nerspace.datasets import Reading
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.engine import runs
from nerspace.engine.errors import UsageError
from nerspace.engine.evaluation.scores import scores_table
from nerspace.engine.sampling import sentence_table
from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.data.model import Opened
from nerspace.tui.explorer.data.parallel import ParallelIndex
from nerspace.tui.explorer.data.tagged import TaggedIndex
from nerspace.tui.explorer.entity.model import read_entity
from nerspace.tui.explorer.entity.names import names_of
from nerspace.tui.explorer.run_data import RunData, data_of, reading_of_data
from nerspace.tui.explorer.session import Session
from nerspace.tui.filters import Filter, parse_filter
from nerspace.tui.widgets.frame_table import FrameTable

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])

TAGGED = {
    "en_train.conll": [
        "Anna B-PER\nNovak I-PER\nflew O\nto O\nParis B-LOC\n. O",
        "Reuters B-ORG\nwrites O\nthat O\nit O\nrained O\n. O",
        "[red]x[/red] B-LOC\nis O\nold O\n. O", "Nothing O\nhappened O\n. O",
    ],
    "en_test.conll": ["Paris B-LOC\nis O\nbig O\n. O", "A O\nbroken B-ORG\nrow I-PER\n. O"],
    "be_test.conll": ["Ганна B-PER\nНовак I-PER\nу O\nПарыжы B-LOC\n. O"],
}  # fmt: skip


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    folder = tmp_path / "gold"
    folder.mkdir()
    for name, sentences in TAGGED.items():
        (folder / name).write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    return folder


def gappy() -> SyntheticNER:
    """A nominative in four languages, a locative in two of them, a locative context in one alone."""
    codes = ("be", "ca", "en", "es")
    contexts = [
        Context("n", "LOC", "nominative", "", {code: f"{code}: [loc]." for code in codes}),
        Context("l", "LOC", "locative", "", {code: f"{code} lives [loc]." for code in ("be", "en")}),
        Context("l2", "LOC", "locative", "", {"en": "English alone lives [loc]."}),
    ]
    names = [
        Entity("paris", "LOC", "", "", {
            "nominative": dict.fromkeys(codes, "Paris"), "locative": {"be": "у Парыжы", "en": "in Paris"}}),
        Entity("minsk", "LOC", "", "", {"nominative": dict.fromkeys(codes, "Minsk")}),
    ]  # fmt: skip
    return SyntheticNER("gappy", contexts, names)


def huge(contexts: int = 6_398, names: int = 3_227) -> SyntheticNER:
    return SyntheticNER(
        "huge",
        [Context(f"c{i}", "PER", "nominative", "m", {c: f"{c} {i} [male]." for c in ["en", "be"]})
         for i in range(contexts)],
        [Entity(f"e{i}", "PER", "m", "", {"nominative": {"en": f"Name{i}", "be": f"Імя{i}"}}) for i in range(names)],
    )  # fmt: skip


def looking_at(finished, corpus: SyntheticNER) -> NerspaceApp:
    session = Session(finished.path.parent.parent, finished, "builtin", "builtin")
    session.adopt(Opened(corpus.name, ParallelIndex(corpus)))
    return NerspaceApp(session)


@SIZES
async def test_tagged_sentences_are_browsed_filtered_and_inspected(finished, tagged, size):
    async with explorer(finished, tagged).run_test(size=size) as pilot:
        text = await settle(pilot)
        assert "Sentences  6 in 2 languages" in text
        assert "gold · tagged · 1 row left out – d · PER LOC ORG · split test 2, train 4" in text
        assert "Ганна Новак у Парыжы ." in text
        assert "[red]x[/red] is old ." in text
        text = await press(pilot, "slash", *"type:loc split:test", "enter")
        assert "2 of 6" in text
        assert "Paris is big ." in text
        assert "Anna Novak" not in text
        text = await press(pilot, "slash", "end", *" lang:be", "enter")
        assert "1 of 6" in text
        text = await press(pilot, "enter")
        for line in ("Новак   I-PER", "у       O", "Парыжы  B-LOC", "language be · split test"):
            assert line in text
        text = await press(pilot, "escape", "escape")
        assert "Sentences  6 in" in text
        text = await press(pilot, "slash", *"lang:ru", "enter")
        assert "Unknown language 'ru'. Choose from" in text
        assert not [line for line in text.splitlines() if len(line) > size[0]]


async def test_letters_that_come_before_the_filter_line_is_open_are_not_taken_as_keys(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for letter in "/cdt anna\r":
            key = {"/": "slash", " ": "space", "\r": "enter"}.get(letter, letter)
            app.post_message(events.Key(key, letter))
        text = await settle(pilot)
        assert "0 of 23" in text
        assert " cdt anna " in text


async def test_a_long_sentence_is_shown_from_before_its_name(finished):
    corpus = huge(2, 2)
    context = Context("long", "PER", "nominative", "m", dict.fromkeys(("en", "be"), f"{'word ' * 40} [male] end."))
    data = SyntheticNER("long", [context], corpus.entities)
    async with looking_at(finished, data).run_test(size=(80, 24)) as pilot:
        text = await settle(pilot)
        assert "Name0" in text
        assert "Name1" in text
        assert "Імя1" in text


async def test_a_move_of_the_cursor_draws_two_rows_alone(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        drawn = []
        table = app.in_view.query_one(FrameTable)
        line = table.render_line
        table.render_line = lambda y: drawn.append(y) or line(y)
        await press(pilot, "j")
        assert set(drawn) == {1, 2}


async def test_names_of_different_types_look_different(finished, tagged):
    async with explorer(finished, tagged).run_test(size=(80, 24)) as pilot:
        await press(pilot, "slash", *"anna", "enter", "enter")
        styles = {}
        for strip in pilot.app.screen._compositor.render_strips():
            for segment in strip:
                for word in ("Anna", "Paris", "flew"):
                    if segment.text.strip().startswith(word):
                        styles[word] = (segment.style.color, segment.style.bold, segment.style.underline)
        assert len(set(styles.values())) == 3, styles


async def test_names_of_tagged_sentences_are_counted_and_lead_to_their_sentences(finished, tagged, tmp_path):
    async with explorer(finished, tagged).run_test(size=(80, 24), notifications=True) as pilot:
        text = await press(pilot, "t")
        assert "Names  6 in 2 languages" in text
        text = await press(pilot, "slash", *"type:LOC lang:en", "enter")
        assert "2 of 6" in text
        await press(pilot, "e", "enter")
        text = await press(pilot, "enter")
        assert "2 of 6" in text
        assert "type:LOC lang:en paris" in text
        assert "Anna Novak flew to Paris ." in text
    written = (tmp_path / "names.csv").read_bytes().decode()
    assert written == "name,type,language,count\nParis,LOC,en,2\n[red]x[/red],LOC,en,1\n"


async def test_tagged_sentences_are_exported_as_shown(finished, tagged, tmp_path):
    async with explorer(finished, tagged).run_test(size=(80, 24)) as pilot:
        await press(pilot, "slash", *"lang:be", "enter", "e", "enter")
    assert (tmp_path / "sentences.csv").read_text(encoding="utf-8") == (
        "number,split,language,type,text,tags\n1,test,be,mixed,Ганна Новак у Парыжы .,B-PER I-PER O B-LOC O\n"
    )


async def test_names_that_a_run_was_given_are_those_that_tokens_cuts(finished, tagged, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("be;en;hi\nМінск;Minsk;मिन्स्क\nВільня;Vilnius;विल्नियस\n", encoding="utf-8")
    run = runs.create(finished.path.parent.parent, "demo", {"data": str(tagged), "names": str(names)}, 0)
    async with explorer(run, tagged).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "2")
        assert "names of names.csv, given to" in text
        assert "Vilnius" in text
        assert pilot.app.session.names().corpus.languages == ("be", "en", "hi")


def test_the_data_of_a_run_is_shown_where_no_other_was_asked_for(finished, tagged, tmp_path):
    home = finished.path.parent.parent
    asked = {"data": str(tagged), "reading": {"types": ["PER"], "map": [["LOC", "PLACE"]], "rename": False}}
    own = runs.create(home, "finetune", asked, 0)
    shown = data_of(own)
    assert (shown.name, shown.note) == (str(tagged), f"data of {own.id}")
    assert shown.reading == Reading(types=("PER",), map=(("LOC", "PLACE"),), rename=False)
    # A map is of vectors that another run made of its sentences.
    drawn = runs.create(home, "project", {"source": str(own.path)}, 0)
    assert data_of(drawn).name == str(tagged)
    away = runs.create(home, "finetune", {"data": str(tmp_path / "away")}, 0)
    assert data_of(away).name == "builtin"
    assert "is not at" in data_of(away).note
    assert data_of(None) == data_of(runs.create(home, "demo", {"data": "builtin"}, 0)) == RunData()
    assert reading_of_data(own, str(tagged)) == shown.reading
    assert reading_of_data(own, "builtin") == Reading()
    assert data_of(runs.create(home, "demo", {"data": str(tagged), "reading": {"odd": 1}}, 0)).reading == Reading()


@SIZES
async def test_whose_data_is_shown_is_said(finished, tagged, size):
    session = Session(
        finished.path.parent.parent, finished, str(tagged), "builtin", Reading(types=("PER",)), "data of X"
    )
    async with NerspaceApp(session).run_test(size=size) as pilot:
        text = await settle(pilot)
        assert "gold · tagged · data of X" in text
        assert "PER · split" in text or size[0] < 100
        text = await press(pilot, "c", *"builtin", "enter")
        assert "data of X" not in text


async def test_every_screen_works_while_the_corpus_is_tagged_and_says_whose_names_it_shows(finished, tagged):
    async with explorer(finished, tagged).run_test(size=(120, 30)) as pilot:
        text = await press(pilot, "2")
        assert "names that gold tags" in text
        # Each name stands in one language: those of the chosen one are listed.
        assert "PER   Anna Novak" in text
        assert "Ганна Новак" not in text
        assert "▁" in text
        text = await press(pilot, "c")
        assert "PER   Ганна Новак" in text
        assert "Anna Novak" not in text
        for key in ("3", "4", "f5"):
            assert await press(pilot, key)
        await press(pilot, "f1", "slash", *"anna", "enter")
        text = await press(pilot, "T")
        assert "Anna Novak  PER · nominative" in text
        assert "▁Anna" in text
        text = await press(pilot, "f1", "t", "T")
        assert "▁" in text


def run_on(tagged: Path, home: Path) -> runs.Run:
    """A run that has read the test sentences of tagged text: right, but for one tag."""
    run = runs.create(home, "finetune", {"donor": "en", "languages": ["en", "be"], "data": str(tagged)}, 0)
    sentences = list(datasets.load(str(tagged)).sentences())
    run.write_table("sentences", sentence_table(sentences))
    said = [(one, " ".join(one.tags)) for one in sentences if one.split == "test"]
    run.write_table("predictions", pd.DataFrame(
        [("en", 0, one.id, one.language, one.type, tags, tags.replace("I-PER", "O"), int("I-PER" in tags), 0.9)
         for one, tags in said],
        columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
    ))  # fmt: skip
    run.update(state="finished")
    return run


def run_given(names: str, tagged: Path, home: Path) -> runs.Run:
    """The same with names beside it."""
    file = home.with_name("names.csv")
    file.write_text(names, encoding="utf-8")
    run = run_on(tagged, home)
    run.update(request={**run.info()["request"], "names": str(file)})
    return run


def write_points(run: runs.Run, *points: tuple[object, ...]) -> None:
    columns = ["sentence", "language", "type", "entity", "form"]
    table = pd.DataFrame(points, columns=columns)
    table.insert(0, "point", range(len(table)))
    run.write_table("points", table)


async def test_names_of_tagged_text_are_found_on_entity_with_what_the_models_said_of_them(tagged, tmp_path):
    async with explorer(run_on(tagged, tmp_path / "home"), tagged).run_test(size=(120, 30)) as pilot:
        # The corpus's own come first, the most frequent before.
        assert "Paris  LOC" in await press(pilot, "7")
        assert "Paris is big" in await settle(pilot)
        text = await press(pilot, "slash", *"новак", "enter")
        assert "Ганна Новак  PER" in text
        assert "Ганна Новак‹O у Парыжы" in text
        assert "predictions  1" in text
        assert "Tagged in one language alone" in text
        assert "No other language has it" in await press(pilot, "a")
        # Of a sentence with a wrong tag elsewhere the name itself was read right.
        text = await press(pilot, "escape", "slash", *"парыжы", "enter")
        assert "✓" in text
        assert "✗" not in text
        assert "Tagged text has no contexts" in await press(pilot, "escape", "W")
        # The built-in ones stay within reach.
        assert "Washington  " in await press(pilot, "slash", *"washington", "enter")


async def test_names_given_beside_tagged_text_have_their_errors_in_every_language(tagged, tmp_path):
    run = run_given("en,be\nAnna Novak,Ганна Новак\nParis,Парыжы\n", tagged, tmp_path / "home")
    async with explorer(run, tagged).run_test(size=(120, 30)) as pilot:
        text = await press(pilot, "7", "slash", *"парыжы", "enter")
        assert "Paris  NAME" in text
        assert "compared to en English" in text
        assert "predictions  2" in text
        text = await press(pilot, "k", "a")
        assert "Why is be Парыжы far from en Paris?" in text
        assert "the en model reads be wrong in 0 of 1 context, en in 0 of 1" in text
        text = await press(pilot, "escape", "slash", *"ганна", "enter", "a")
        assert "the en model reads be wrong in 1 of 1 context" in text


async def test_a_name_given_beside_tagged_text_is_near_or_far_in_the_space(tagged, tmp_path):
    run = run_given("en,be\nParis,Парыжы\n", tagged, tmp_path / "home")
    write_points(
        run, ("en//", "en", "LOC", "a.0", "Paris"), ("be//", "be", "LOC", "b.1", "Парыжы"),
        ("be//", "be", "PER", "b.0", "Ганна Новак"), ("en//", "en", "PER", "c.0", "Anna Novak"),
    )  # fmt: skip
    run.write_vectors("after-2-entities", np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], dtype=np.float32))
    # A point of the map, which is a mention, leads to its name.
    assert read_entity(Session(tmp_path / "home", run, str(tagged), "builtin"), "b.1", "en").title == "Paris"
    async with explorer(run, tagged).run_test(size=(120, 30)) as pilot:
        text = await press(pilot, "7", "slash", *"парыжы", "enter")
        assert "Paris  NAME" in text
        await press(pilot, "k")
        text = await press(pilot, "a")
        # Beside the other name here and there: 0 and -.6, -.3 in the mean.
        assert "cosine .60 (floor -.30) after fine-tuning, 1 mention" in text


def test_of_two_names_that_are_written_alike_the_first_is_meant_everywhere(tagged, tmp_path):
    run = run_given("en,be\nParis,Парыжы\nParis,Парыж\n", tagged, tmp_path / "home")
    write_points(run, ("en//", "en", "LOC", "a.0", "Paris"))
    session = Session(tmp_path / "home", run, str(tagged), "builtin")
    assert names_of(session)[0] == ("line 2", "Paris")
    assert read_entity(session, "en:LOC:Paris", "en").entity == "line 2"


def test_without_a_run_nothing_is_said_of_one(tagged, tmp_path):
    view = read_entity(Session(tmp_path / "home", None, str(tagged), "builtin"), "en:LOC:Paris", "en")
    assert view.why_no_vectors.startswith("No run:")


async def test_errors_that_an_evaluation_counted_are_on_transfer_and_lead_to_their_names(tagged, tmp_path):
    run = run_on(tagged, tmp_path / "home")
    run.write_table("scores", scores_table(run.read_table("predictions")))
    async with explorer(run, tagged).run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "6")
        assert "share of wrong sentences: donors down, recipients across · n 1" in text
        assert "nerspace evaluate --table confusion" in text
        assert "en     be         100.0%" in text
        text = await press(pilot, "h", "enter")
        assert "1 wrong in Belarusian, trained on English" in text
        text = await press(pilot, "i")
        assert "Ганна Новак  PER" in text
        assert "predictions  1" in text


async def test_scores_of_no_sentence_are_no_errors(tagged, tmp_path):
    run = run_on(tagged, tmp_path / "home")
    scores = scores_table(run.read_table("predictions"))
    for damaged in (scores.assign(type="7"), scores.assign(sentences=0)):
        run.write_table("scores", damaged)
        async with explorer(run, tagged).run_test(size=(120, 40)) as pilot:
            assert "This run counted no errors" in await press(pilot, "6")


async def test_rows_of_tagged_text_lead_to_their_names(tagged, tmp_path):
    run = run_on(tagged, tmp_path / "home")
    async with explorer(run, tagged).run_test(size=(120, 30), notifications=True) as pilot:
        await press(pilot, "1")
        assert "Ганна Новак  PER" in await press(pilot, "i")
        await press(pilot, "1", "slash", *"nothing", "enter")
        assert "cursor is on no name" in await press(pilot, "i")
        await press(pilot, "escape", "t")
        assert "Paris  LOC" in await press(pilot, "i")


async def test_a_row_of_tagged_text_leads_to_the_name_that_was_given_beside_it(tagged, tmp_path):
    run = run_given("en,be\nParis,Парыжы\n", tagged, tmp_path / "home")
    async with explorer(run, tagged).run_test(size=(120, 30)) as pilot:
        await press(pilot, "1", "t")
        text = await press(pilot, "i")
        assert "Paris  NAME" in text
        assert "Парыжы" in text


def test_points_that_are_mentions_are_one_name_and_those_that_share_an_id_are_too(tagged, tmp_path):
    run = run_on(tagged, tmp_path / "home")
    write_points(
        run, ("en/t/0", "en", "LOC", "t.0", "Paris"), ("en/u/0", "en", "LOC", "u.0", "Paris"),
        ("be/t/0", "be", "PER", "q1", "Ганна Новак"), ("en/v/0", "en", "PER", "q1", "Anna Novak"),
    )  # fmt: skip
    names = names_of(Session(tmp_path / "home", run, str(tagged), "builtin"))
    assert names[:2] == [("en:LOC:Paris", "Paris"), ("q1", "Anna Novak")]
    assert not {"t.0", "u.0"} & {id for id, _ in names}


@SIZES
async def test_what_was_left_out_is_counted_listed_and_exported(finished, tagged, tmp_path, size):
    async with explorer(finished, tagged).run_test(size=size, notifications=True) as pilot:
        text = await settle(pilot)
        assert "1 row left out – d" in text
        text = await press(pilot, "d")
        assert "en_test.conll" in text
        text = await press(pilot, "enter")
        assert "reason   I- does not follow its entity" in text
        assert "A broken row ." in text
        text = await press(pilot, "escape", "e", "enter")
        assert "Wrote 1 row to" in text
        text = await press(pilot, "escape")
        assert "Sentences  6" in text
    assert (tmp_path / "dropped.csv").read_text().startswith("file,line,language,reason,text\nen_test.conll,")


async def test_nothing_left_out_is_said(app):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        text = await settle(pilot)
        assert "left out –" not in text
        assert "Nothing was left out" in await press(pilot, "d")


@SIZES
async def test_another_corpus_is_opened_and_an_unreadable_one_leaves_the_old(app, tagged, size):
    async with app.run_test(size=size) as pilot:
        await press(pilot, "2", "1", "slash", *"anna", "enter", "c")
        text = await press(pilot, *"nowhere", "enter")
        assert "There is no data set 'nowhere'." in text
        assert not [line for line in text.splitlines() if len(line) > size[0]]
        text = await press(pilot, "escape")
        assert "anna" in text
        assert "of 23" in text
        await press(pilot, "c")
        pilot.app.screen.query_one(Input).value = str(tagged)
        text = await press(pilot, "enter")
        assert "Sentences  6 in 2 languages" in text
        text = await press(pilot, "2")
        assert "names that gold tags" in text
        await press(pilot, "f1", "c", *"builtin", "enter")
        text = await press(pilot, "2")
        assert "names that gold tags" not in text
        whole = int(datasets.load_parallel("builtin").counts()["valid"].sum())
        assert f"Sentences  {whole:,}  ×  11 languages" in await press(pilot, "f1")


async def test_leaving_while_a_corpus_is_read_keeps_the_old(app, tagged, monkeypatch):
    import threading

    from nerspace.tui.explorer.data import corpus_window as corpus

    go_on, reading = threading.Event(), corpus.open_corpus

    def slow(name: str) -> Opened:
        go_on.wait(10)
        return reading(name)

    monkeypatch.setattr(corpus, "open_corpus", slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "c")
        pilot.app.screen.query_one(Input).value = str(tagged)
        await pilot.press("enter")
        await pilot.pause()
        assert "esc leaves it." in text_in(pilot, "#problem")
        await pilot.press("escape")
        go_on.set()
        assert "Sentences  23" in await settle(pilot)
        assert "Sentences  23" in await press(pilot, "j")


@SIZES
async def test_an_unreadable_corpus_at_the_start_is_one_line_with_the_way_on(finished, tmp_path, size):
    async with explorer(finished, tmp_path / "no[red]where").run_test(size=size) as pilot:
        text = await settle(pilot)
        assert "There is no data set" in text
        assert "no[red]where" in "".join(text.split())
        assert "c opens another corpus" in text
        for keys in ("j", "G", "t", "enter", "e", "d", "T", "b", "escape", "r"):
            await press(pilot, keys)
        text = await press(pilot, "2")
        assert "names of the built-in corpus" in text
        text = await press(pilot, "f1", "c", *"builtin", "enter")
        forms = sum(len(entity.forms) for entity in datasets.load_parallel().entities)
        assert f"Names  {forms:,}" in text
        assert "There is no data set" not in text


async def test_sentences_are_shown_in_the_languages_they_have(finished, tmp_path):
    async with looking_at(finished, gappy()).run_test(size=(120, 24)) as pilot:
        text = await settle(pilot)
        assert "Sentences  3  ×  4 languages" in text
        text = await press(pilot, "G")
        assert "be lives у Парыжы." in text
        assert "–" in text.splitlines()[6]
        text = await press(pilot, "enter")
        assert "en English     en lives in Paris." in text
        assert "ca Catalan" not in text
        await press(pilot, "escape", "e", "enter")
        text = await press(pilot, "slash", *"case:locative", "enter")
        assert " ca " not in text.splitlines()[3]
        text = await press(pilot, "escape", "slash", *"lang:en lives", "enter")
        assert "2 of 3" in text
        assert "English alone lives in Paris." in text
    assert (tmp_path / "sentences.csv").read_text(encoding="utf-8").splitlines()[-1] == (
        "l,paris,LOC,locative,be lives у Парыжы.,,en lives in Paris.,"
    )


@pytest.mark.parametrize("languages", [None, ("en",), ("be", "en"), ("en", "es")])
def test_the_index_holds_the_sentences_of_the_product(languages, corpus):
    for data in (gappy(), datasets.load(str(corpus)), datasets.load("builtin"))[: 3 if languages is None else 1]:
        found = ParallelIndex(data).sentences(Filter(languages=languages or ()))
        cells = {(context.id, entity.id, block.case) for block in found for context, entity in _cells(block)}
        assert len(cells) == sum(map(len, found))
        if languages is None:
            assert len(cells) == data.counts()["valid"].sum()
        else:
            chosen = data.select(languages=languages)
            assert cells == {(c.id, e.id, c.case) for c, e in map(chosen.cell, range(len(chosen)))}


def _cells(block):
    return (block.cell(index) for index in range(len(block)))


@SIZES
async def test_both_ends_and_one_of_twenty_million_sentences_are_reached(finished, size):
    async with looking_at(finished, huge()).run_test(size=size) as pilot:
        text = await settle(pilot)
        assert "Sentences  20,646,346  ×  2 languages" in text
        text = await press(pilot, "G")
        assert "en 6397 Name3226." in text
        assert "20646346" in text
        text = await press(pilot, "g", "ctrl+d", "l")
        assert "Name" in text
        text = await press(pilot, "slash", *"імя3226 be", "enter")
        assert "6,398 of 20,646,346" in text
        text = await press(pilot, "slash", "end", *" 6397", "enter")
        assert "1 of 20,646,346" in text
        text = await press(pilot, "enter")
        assert "en 6397 Name3226." in text
        assert "be 6397 Імя3226." in text


def test_a_filter_of_tagged_sentences_says_what_it_does_not_know(tagged):
    index = TaggedIndex(datasets.load(str(tagged)))
    assert len(index.sentences(Filter())) == index.total == 6
    assert len(index.sentences(parse_filter("split:TEST type:per"))) == 1
    with pytest.raises(UsageError, match="no case"):
        index.sentences(parse_filter("case:locative"))
    with pytest.raises(UsageError, match="Unknown type 'MISC'"):
        index.names(parse_filter("type:misc"))
    with pytest.raises(UsageError, match="not split"):
        ParallelIndex(gappy()).names(parse_filter("split:test"))


def test_the_sentences_that_are_browsed_are_those_that_the_corpus_makes():
    whole = datasets.load_parallel("builtin")
    assert any(context.fits for context in whole.contexts)
    assert ParallelIndex(whole).total == whole.counts()["valid"].sum()
