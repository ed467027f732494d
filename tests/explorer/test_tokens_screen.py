"""Tokens: a typed name is cut at once and leads to the name it is; pieces per word and distance stand beside."""

import pandas as pd
from tui_driving import explorer, press

from nerspace.engine.names.distances import tnld


async def test_a_typed_name_is_cut_at_once_beside_the_chosen_one_and_leads_to_its_own(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "2", "slash", *"Vaşingto")
        assert f"TNLD {tnld('Anna Novak', 'Vaşingto'):.2f} to Anna Novak" in text
        assert "goes to this name" not in text
        text = await press(pilot, "n")
        assert "3 pieces  ▁Va" in text
        assert "enter goes to this name" in text
        text = await press(pilot, "enter")
        assert "Washington  LOC · nominative · washington" in text
        # Pieces of what is typed bear the marks that they have in the chosen name.
        text = await press(pilot, "slash", "home", *["delete"] * 9, *"Washington")
        assert "1 piece  ▁Washington¹" in text
        await press(pilot, "escape", "e", "enter")
    written = pd.read_csv(tmp_path / "pieces_washington.csv").set_index("language")
    assert written.loc["be", ["pieces", "count", "fertility"]].tolist() == ["▁Ваш ын г тон", 4, 4.0]
    assert written.loc["be", "tnld"] == 0.2


async def test_pieces_per_word_count_the_words(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "2")
        cut = next(cut for cut in app.in_view.cuts if cut.language == "en")
        assert cut.form == "Anna Novak"
        assert cut.fertility == len(cut.pieces) / 2


async def test_pieces_higher_than_the_screen_scroll_by_keys(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 12)) as pilot:
        await press(pilot, "2")
        scroll = app.in_view.query_one("#pieces-scroll")
        assert scroll.max_scroll_y > 0
        await press(pilot, *"JJJJJJJJ")
        assert scroll.scroll_y == scroll.max_scroll_y
        await press(pilot, *"KKKKKKKK")
        assert scroll.scroll_y == 0
