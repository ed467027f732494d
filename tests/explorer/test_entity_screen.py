"""Entity: everything about one name, one key away from everywhere, and the way of a newcomer to it."""

import pandas as pd
import pytest
from tui_driving import explorer, press, settle

from nerspace.engine.geometry.siblings import siblings_table
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.names.distances import tnld
from nerspace.tui.explorer.entity.model import read_entity
from nerspace.tui.explorer.session import Session


@pytest.mark.slow
async def test_a_newcomer_finds_why_two_names_are_far_apart_and_leaves_with_the_csv(rich, corpus, tmp_path):
    """Only `?` is known: it names `i`, `/`, `c` and `e`."""
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        text = await press(pilot, "question_mark")
        pages = text
        for _ in range(3):
            pages += await press(pilot, *["j"] * 12)
        assert "Entity: everything about one name" in pages
        await press(pilot, "escape", "7")
        text = await press(pilot, "question_mark")
        pages = text
        for _ in range(4):
            pages += await press(pilot, *["j"] * 10)
        assert "find a name by a part of it" in pages
        assert "compare all languages to" in pages
        text = await press(pilot, "escape", "slash", *"Вашынгтон", "enter")
        assert "Washington" in text
        # Down to Russian, which is what Belarusian is to be compared to; then back up.
        text = await press(pilot, "j")
        assert "ru Вашингтон – en Washington" in text
        text = await press(pilot, "c")
        assert "compared to ru" in text
        text = await press(pilot, "k")
        assert "be Вашынгтон – ru Вашингтон" in text
        assert "TNLD 0.10 · 4 to 1 pieces, none shared" in text
        assert "cosine  before 12: 0." in text
        assert "after 12: 0." in text
        text = await press(pilot, "e", "enter")
        assert "Wrote 11 rows" in text
    written = pd.read_csv(tmp_path / "entity_washington_ru.csv").set_index("language")
    assert written.loc["be", "pieces"] == "▁Ваш ын г тон"
    assert written.loc["be", "tnld"] == pytest.approx(tnld("Вашингтон", "Вашынгтон"))
    stored = read_stored(rich)
    siblings = siblings_table(stored.vectors, stored.rows, "washington")
    row = siblings.query("a == 'be' and b == 'ru' and stage == 'after' and layer == 12").iloc[0]
    assert written.loc["be", "after 12"] == pytest.approx(row["cosine"])
    assert set(written["reference"]) == {"ru"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_the_room_shows_forms_predictions_neighbours_and_partners_at(rich, corpus, size):
    app = explorer(rich, corpus)
    async with app.run_test(size=size) as pilot:
        text = await press(pilot, "7", "slash", *"london", "enter")
        assert "London  LOC · nominative" in text
        assert "Лондан" in text
        assert "predictions  44" in text
        text = await press(pilot, "tab", "tab")
        assert "nearest neighbours  40" in text
        assert "cosine" in text
        text = await press(pilot, "tab")
        assert "No other type has a name that is spelt like this" in text
        for line in text.splitlines():
            assert len(line) <= size[0]


@pytest.mark.slow
async def test_one_key_leads_here_from_rows_points_and_errors(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "slash", *"reuters", "enter")
        assert "Reuters  ORG · nominative" in await press(pilot, "i")
        await press(pilot, "2", "j", "j", "j")
        chosen = app.in_view.entity.id
        await press(pilot, "i")
        assert app.in_view.about == chosen
        await press(pilot, "4", "slash", *"vaşing", "enter")
        text = await press(pilot, "i")
        assert "Washington  LOC" in text
        assert app.in_view.language == "tr"
        # A neighbour of the name is a name too.
        await press(pilot, "tab", "tab", "j")
        wanted = app.in_view.near["entity"].iloc[1]
        await press(pilot, "i")
        assert app.in_view.about == wanted
        text = await press(pilot, "5", "i")
        assert "The cursor is on no name here." in text


async def test_a_name_that_is_in_no_test_sentence_still_shows_its_forms(rich, corpus, tmp_path):
    import shutil

    from nerspace.engine.runs import Run

    path = tmp_path / "workspace" / "runs" / rich.id
    shutil.copytree(rich.path, path)
    run = Run(path)
    for table in ("points", "predictions"):
        frame = run.read_table(table)
        run.write_table(table, frame[~frame["sentence"].str.endswith("/minsk")])
    app = explorer(run, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "7", "slash", *"minsk", "enter")
        text = await press(pilot, "j")
        assert "Мінск" in text
        assert "so the run keeps no vectors and no errors of it" in text
        assert "No prediction of this name" in text


async def test_without_a_run_the_forms_are_shown_and_it_says_what_to_do(tmp_path, corpus):
    from nerspace.tui.explorer.app import NerspaceApp

    app = NerspaceApp(Session(tmp_path, None, str(corpus), "builtin"))
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "7", "j")
        assert "Anna Novak" in text
        assert "n on Training starts it" in text
        text = await press(pilot, "slash", *"nobody", "enter")
        assert "Anna Novak" in text


async def test_predictions_open_word_by_word_and_are_exported(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "7", "slash", *"washington", "enter")
        await press(pilot, "tab", "e", "enter")
        text = await press(pilot, "enter")
        assert "lowest probability of a predicted tag" in text
    written = pd.read_csv(tmp_path / "said_washington.csv")
    predictions = rich.read_table("predictions")
    own = predictions[predictions["sentence"].str.endswith("/washington")]
    assert len(written) == len(own)
    assert (written["verdict"] == "✗").sum() == own["wrong"].sum()


@pytest.mark.slow
async def test_a_name_is_put_into_contexts_of_other_types_with_what_a_swap_run_said(rich, corpus, tmp_path):
    import shutil

    from nerspace.engine.runs import Run, create

    workspace = tmp_path / "workspace"
    shutil.copytree(rich.path, workspace / "runs" / rich.id)
    swap = create(workspace, "swap", {"source": rich.id}, 0)
    swap.write_table("swap", pd.DataFrame(
        [("context", "be", "washington", "c0", "B-PER", 0.77)],
        columns=["kind", "language", "entity", "context", "predicted", "confidence"],
    ))  # fmt: skip
    app = explorer(Run(workspace / "runs" / rich.id), corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "7", "slash", *"washington", "enter")
        text = await press(pilot, "w")
        assert "Washington in other contexts, Belarusian" in text
        lines = [line for line in text.splitlines() if "Вашынгтон" in line and "c0" in line]
        assert any("PER" in line and "Вашынгтон‹B-PER прыйшла дадому" in line for line in lines)
        assert "Пра гэта піша Вашынгтон" in text
        await press(pilot, "e", "enter")
        await press(pilot, "escape")
        # What nobody read is told from what was read right, and a run without a model says what it lacks.
        assert "→ context" in text
        assert "· not read" in text
        assert "1 followed the context" in text
        text = await press(pilot, "W")
        assert "kept no model" in text
    written = pd.read_csv(tmp_path / "swap_washington_be.csv").set_index("context")
    assert written.loc["c0", "predicted"] == "B-PER O O O"
    assert written.loc["c0", "verdict"] == "context"
    assert set(written["type"]) == {"PER", "LOC", "ORG"}


def test_cosines_and_verdicts_follow_the_reference(rich, corpus):
    session = Session(rich.path.parent.parent, rich, str(corpus), "builtin")
    view = read_entity(session, "anna_novak", "tr")
    forms = view.forms.set_index("language")
    assert view.reference == "tr"
    assert forms.loc["tr", "tnld"] == 0
    assert forms["after 12"].isna().sum() == 1
    predictions = rich.read_table("predictions")
    own = predictions[
        predictions["sentence"].str.endswith("/anna_novak") & (predictions["language"] == "be")
        & (predictions["donor"] == "en") & (predictions["seed"] == 1)
    ]  # fmt: skip
    assert forms.loc["be", "en·1"].count("✗") == own["wrong"].sum()
    assert len(forms.loc["be", "en·1"]) == len(own)


async def test_the_points_of_a_name_are_found_although_the_maps_are_not_read_yet(rich, corpus):
    async with explorer(rich, corpus).run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "7", "slash", *"washington", "enter")
        assert "n goes to the next" in await press(pilot, "m")
