"""Why is this language worse than that one here? Asked with the keys, on Transfer and on Entity."""

import pandas as pd
import pytest
from tui_driving import explorer, press, settle

from nerspace.engine.runs import Run
from nerspace.engine.statistics.cells import OWN, cell_of
from nerspace.engine.statistics.factors import factor_table, factor_term_table
from nerspace.engine.swapping.contrasts import COUNTERFACTUALS


@pytest.fixture
def explained(rich_copy: Run) -> Run:
    """A run with factors, and changed names that it read itself: with the donor's form nothing of be is wrong."""
    rich = rich_copy
    predictions, sentences = rich.read_table("predictions"), rich.read_table("sentences")
    factors = factor_table(predictions, sentences)
    rich.write_table("factors", factors)
    rich.write_table("factor_terms", factor_term_table(factors))
    rows = []
    for row in factors.itertuples():
        cell = cell_of(row.sentence)
        about = (row.donor, row.seed, row.recipient, row.sentence, row.type, cell.context, cell.entity)
        undone = 0 if row.recipient == "be" else row.wrong
        rows += [
            (*about, OWN, "as it is", "x", 1, row.wrong, ""),
            (*about, "donor's form", "changed", "y", 1, undone, ""),
        ]
    table = pd.DataFrame(rows, columns=list(COUNTERFACTUALS.columns))
    rich.write_table("counterfactuals", table.astype({"wrong": "Int64", "pieces": "Int64"}))
    return rich


def held_together(text: str) -> str:
    """A screen as one line, without the frames of windows."""
    return " ".join(word for word in text.split() if any(sign.isalnum() or sign in "+-" for sign in word))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.slow
async def test_w_on_transfer_names_causes_and_their_sizes(explained: Run, corpus, size: tuple[int, int]) -> None:
    app = explorer(explained, corpus)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "6")
        for _ in range(40):
            if app.in_view.pair == ("en", "be"):
                break
            await press(pilot, "j")
        assert app.in_view.pair == ("en", "be")
        text = await press(pilot, "w")
        said = held_together(text)
        assert "Why is Belarusian" in said
        assert "here?" in said
        assert "points, " in said
        assert "cells, trained on en" in said
        assert "form of the name" in said
        assert "with the donor's form in the same sentence: be" in said
        for _ in range(30):
            text = await press(pilot, "j")
        assert "Parts do not add up to the gap: causes work together." in held_together(text)
        assert all(len(line) <= size[0] for line in text.splitlines())


@pytest.mark.slow
async def test_a_on_entity_answers_for_the_language_under_the_cursor(explained: Run, corpus) -> None:
    app = explorer(explained, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "7")
        for _ in range(12):
            if app.in_view.language == "be":
                break
            await press(pilot, "j")
        assert app.in_view.language == "be"
        pages = held_together(await press(pilot, "a"))
        # Below what the name itself says stands the card of its language.
        for _ in range(6):
            pages += " " + held_together(await press(pilot, *["j"] * 6))
        # Compared to the donor, which is no recipient of itself: the best of its script answers.
        assert "Why is Belarusian worse than" in pages
        assert "than English" not in pages
        assert "points, " in pages
        assert "form of the name" in pages
        await press(pilot, "escape", "c")
        assert app.in_view.reference == "be"
        for _ in range(12):
            if app.in_view.language != "ru":
                await press(pilot, "j")
        assert app.in_view.language == "ru"
        pages = held_together(await press(pilot, "a"))
        for _ in range(6):
            pages += " " + held_together(await press(pilot, *["j"] * 6))
        assert "than Belarusian here?" in pages
