"""Transfer: errors against spelling distance, what may be said of them, and the sentences behind them."""

import re

import pandas as pd
import pytest
from tui_driving import explorer, press, text_in

from nerspace.engine.runs import to_csv
from nerspace.engine.statistics.pairs import pair_table
from nerspace.tui.explorer.sentences import tagged_words
from nerspace.tui.explorer.transfer.model import in_order
from nerspace.tui.widgets.plane import Plane


async def test_pairs_are_drawn_as_means_with_their_spread_beside_a_verdict(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(160, 50)) as pilot:
        text = await press(pilot, "6")
        assert "wrong sentences · 2 donors · mean of 2 seeds" in text
        assert "line: all pairs   →  TNLD to the donor" in text
        assert "en→cs" in text
        assert "the paper's claim" in text
        assert "Pearson" in text
        assert "donors down, recipients across" in text
        text = await press(pilot, "d")
        assert "donor be" in text
        assert "en→cs" not in text
        await press(pilot, "e", "enter")
    pairs = pair_table(rich.read_table("transfer"))
    ordered = in_order(pairs)
    assert list(ordered.columns)[:5] == ["donor", "recipient", "share", "low", "high"]
    assert set(ordered.columns) == set(pairs.columns)
    written = (tmp_path / "transfer_pairs_be.csv").read_text(encoding="utf-8")
    assert written == to_csv(ordered[ordered["donor"] == "be"])


async def test_the_line_is_that_of_the_subset(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "6")
        regression = app.in_view.tables.regression.set_index("subset")
        assert app.query_one(Plane).line == tuple(regression.loc["all", ["slope", "intercept"]])
        text = await press(pilot, "s")
        assert "line: pairs of one script" in text
        assert app.query_one(Plane).line == tuple(regression.loc["same_script", ["slope", "intercept"]])


async def test_plot_table_and_matrix_share_a_cursor_and_open_the_wrong_sentences(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "6", "j", "j", "j")
        plane, table = app.query_one(Plane), app.in_view.query_one("#pairs")
        assert plane.picked == table.cursor > 0
        await press(pilot, "tab", "tab", "j")
        assert plane.picked == table.cursor
        donor, recipient = app.in_view.pair
        predictions = rich.read_table("predictions")
        own = predictions[(predictions["donor"] == donor) & (predictions["language"] == recipient)]
        text = await press(pilot, "enter")
        assert f"{int(own['wrong'].sum())} wrong in" in text
        assert "‹B-" in text
        await press(pilot, "e", "enter")
        written = (tmp_path / f"wrong_{donor}_{recipient}.csv").read_text(encoding="utf-8")
        assert written.count("\n") == own["wrong"].sum() + 1
        text = await press(pilot, "i")
        assert app.in_view.id == "entity"
        assert f"{recipient} " in text


async def test_a_cell_of_the_matrix_opens_the_same_sentences(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "6", "m")
        assert "donors down" in text
        assert "TNLD to the donor" not in text
        text = await press(pilot, *"hhhhhhhhhhhh", "j", "enter")
        assert "wrong in Belarusian, trained on English" in text


async def test_statistics_are_listed_whole(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "6")
        text = await press(pilot, "v")
        assert "same_script" in text
        assert "spearman" in text


async def test_a_run_of_the_first_version_with_one_donor_is_shown_too(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        text = await press(pilot, "6")
        assert "wrong sentences · 1 donor · one seed" in text
        assert "The run has no table correlations." in text
        text = await press(pilot, "d")
        assert "nerspace finetune --donor en,be" in text.replace("\n", " ") or "This run has one donor" in text


async def test_without_errors_the_room_says_what_to_do(run, corpus):
    for name in ("transfer", "predictions"):
        run.table_path(name).unlink()
    app = explorer(run, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "6")
        assert "This run counted no errors by language: o opens another, 3 n trains one." in text
        await press(pilot, "enter", "s", "m", "tab", "e", "escape")


def test_wrong_tags_stand_behind_their_words():
    text = tagged_words("Here is Minsk .", "O O B-LOC O", "O O B-PER O")
    assert text.plain == "Here is Minsk‹B-PER . "


async def test_a_pair_says_why_its_recipient_is_worse(rich_copy, corpus, tmp_path):
    from nerspace.engine.statistics.factors import factor_table, factor_term_table

    factors = factor_table(rich_copy.read_table("predictions"), rich_copy.read_table("sentences"))
    rich_copy.write_table("factors", factors)
    rich_copy.write_table("factor_terms", factor_term_table(factors))
    app = explorer(rich_copy, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "6")
        text = await press(pilot, "j", "j", "j", "w")
        assert " than " in text
        assert "here?" in text
        assert "points" in text
        assert "nerspace swap --counterfactual adds" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_the_verdict_is_always_whole_beside_the_advice(rich, corpus, size):
    from nerspace.tui.verdict import verdict

    app = explorer(rich, corpus)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "6", "j", "j", "j")
        seen = text_in(pilot, "#verdict")
        lines = verdict(rich.read_table("correlations"))
        wanted = lines[:2] if size[0] < 110 else lines
        assert all(word in seen for line in wanted for word in line.split())
        assert seen.startswith(f"{' '.join(wanted)} v: all")
        assert "partial" in seen
        assert app.query_one(Plane).size.height > 7
        recipient = app.in_view.pair[1]
        advice = text_in(pilot, "#advice")
        assert f"Donor for {recipient}" in advice
        assert "spelling" in advice
        assert "random" in advice
        # It follows the cursor.
        await press(pilot, "j")
        assert app.in_view.pair[1] != recipient
        assert f"Donor for {app.in_view.pair[1]}" in text_in(pilot, "#advice")


async def test_the_advice_is_that_of_the_engine_and_is_exported(rich, corpus, tmp_path):
    from nerspace.engine.tables.index import Held

    advice = Held(transfer=rich.read_table("transfer"), seed=0)["advice"]
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "6", "j", "j")
        recipient = app.in_view.pair[1]
        own = advice[advice["recipient"] == recipient]
        best = own.sort_values(["wrong_rank", "donor"]).iloc[0]
        assert f"{best['donor']} {best['wrong']:g}" in text_in(pilot, "#advice")
        text = await press(pilot, "a")
        assert "which donor to train on for" in text
        await press(pilot, "e", "enter")
        written = pd.read_csv(tmp_path / f"advice_{recipient}.csv", keep_default_na=False)
        assert written["donor"].tolist() == own["donor"].tolist()
        text = await press(pilot, "escape", "A")
        assert "what each ranking is worth" in text


async def test_one_donor_has_no_advice_and_says_how_to_get_it(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "6")
        assert not app.in_view.query_one("#advice").display
        await press(pilot, "a")
        assert "8, then a: transfer trains and ranks several." in text_in(pilot, "Toast")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_labels_of_the_plot_stand_beside_their_dots_and_touch_no_other(rich, corpus, size):
    app = explorer(rich, corpus)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "6")
        plane = app.query_one(Plane)
        rows = {}
        for (column, row), (sign, _) in plane._signs.items():
            rows.setdefault(row, {})[column] = sign
        lines = ["".join(cells.get(at, " ") for at in range(max(cells) + 1)) for cells in rows.values()]
        labels = {point.label for point in plane.points}
        written = [word for line in lines for word in re.findall(r"[^\s•│⠀-⣿]+", line)]
        assert set(written) <= labels
        assert len(written) > 5
        dots = {plane._cell(point.x, point.y) for point in plane.points if point.x == point.x}
        assert all(plane._signs[cell][0] == "•" for cell in dots)
