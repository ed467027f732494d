"""Matrices: less their floor, less another slice or run; computed where the run holds only vectors."""

import shutil

import pandas as pd
import pytest
from tui_driving import explorer, press, settle

from nerspace.engine.geometry.comparing import above_floor_table, difference_table
from nerspace.engine.geometry.neighbours import retrieval_table
from nerspace.engine.geometry.similarity import cka_table
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.runs import Run, to_csv


def _slice(run, stage, layer):
    table = run.read_table("parallel_cosine")
    return table[(table["stage"] == stage) & (table["layer"] == layer)]


async def test_after_less_before_is_shown_and_exported(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "5", "d")
        assert "cosine of parallel names · after · layer 12  −  before · layer 12" in text
        assert "difference" in text
        await press(pilot, "e", "enter")
        expected = difference_table(_slice(rich, "after", 12), _slice(rich, "before", 12), "cosine")
        written = tmp_path / "differences_parallel_cosine_after_12_less_before___layer_12.csv"
        assert written.read_text(encoding="utf-8") == to_csv(expected)
        # D takes another slice away, d none.
        assert "−  after · layer 0" in await press(pilot, "D")
        assert "−" not in await press(pilot, "d")


async def test_values_above_the_floor_are_shown_and_exported(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "5", "v", "v")
        assert "above chance" in text
        await press(pilot, "e", "enter")
        expected = above_floor_table(_slice(rich, "after", 12), "cosine", "floor")
        assert (tmp_path / "above_floor_parallel_cosine_after_12.csv").read_text(encoding="utf-8") == to_csv(expected)


@pytest.mark.parametrize("name", ["retrieval", "cka"])
async def test_tables_that_the_run_lacks_are_made_of_its_vectors(rich, corpus, tmp_path, name):
    stored = read_stored(rich)
    make = {"retrieval": retrieval_table, "cka": cka_table}[name]
    expected = make(stored.vectors, stored.languages.tolist(), stored.cells)
    expected = expected[(expected["stage"] == "after") & (expected["layer"] == 12)]
    if name == "retrieval":
        expected = expected[expected["method"] == "csls"]
    title = {"retrieval": "P@1 of the parallel name", "cka": "CKA of parallel names"}[name]
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "5")
        for _ in range(6):
            if title in text:
                break
            text = await press(pilot, "m")
        assert title in text
        await press(pilot, "e", "enter")
    file = next(tmp_path.glob(f"{name}_after_12*.csv"))
    assert file.read_text(encoding="utf-8") == to_csv(expected)


async def test_a_table_without_a_value_is_not_what_is_shown_first(run, corpus):
    """As where the data has no parallel names, so that no distance is known."""
    shutil.rmtree(run.path / "vectors", ignore_errors=True)
    for name in ("parallel_cosine", "delta_correlations"):
        run.table_path(name).unlink(missing_ok=True)
    run.write_table("tnld", run.read_table("tnld").assign(tnld=float("nan")))
    pairs = run.read_table("transfer").assign(share=0.25, n=60)
    run.write_table("transfer_pairs", pairs[["donor", "recipient", "share", "n"]])
    async with explorer(run, corpus).run_test(size=(120, 40)) as pilot:
        assert "wrong sentences, donors down" in await press(pilot, "5")


async def test_donors_are_rows_and_recipients_columns(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "5", "m", "m", "m")
        assert "wrong sentences, donors down" in text
        assert "be Belarusian" in text
        assert "en English" in text
        assert "pl Polish" not in text.split("\n", 3)[3].split("share")[0]
        text = await press(pilot, *"hhhhhhhhhhhh", "j", "j")
        pairs = rich.read_table("transfer")
        own = pairs[(pairs["donor"] == "en") & (pairs["recipient"] == "be")]
        assert f"share {(own['wrong'] / own['sentences']).mean():.1%}" in text
        text = await press(pilot, "enter")
        assert "wrong over sentences, mean over seeds" in text


async def test_the_same_matrix_of_another_run_is_taken_away(rich, corpus, tmp_path):
    workspace = tmp_path / "two"
    for name in ("demo-a", "demo-b"):
        shutil.copytree(rich.path, workspace / "runs" / name)
    other = Run(workspace / "runs" / "demo-b")
    table = other.read_table("parallel_cosine")
    other.write_table("parallel_cosine", table.assign(cosine=table["cosine"] / 2))
    app = explorer(Run(workspace / "runs" / "demo-a"), corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "5", "b", "enter")
        assert "after · layer 12  −  demo-b" in text
        await press(pilot, "e", "enter")
        written = pd.read_csv(next(tmp_path.glob("differences_*demo_b.csv")))
        assert written["difference"].tolist() == pytest.approx((_slice(rich, "after", 12)["cosine"] / 2).tolist())
        assert "−" not in await press(pilot, "b")


async def test_a_run_that_lacks_the_matrix_is_refused_at_once(rich, corpus, tmp_path):
    workspace = tmp_path / "two"
    for name in ("demo-a", "demo-b"):
        shutil.copytree(rich.path, workspace / "runs" / name)
    (workspace / "runs" / "demo-b" / "tables" / "parallel_cosine.csv").unlink()
    app = explorer(Run(workspace / "runs" / "demo-a"), corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        text = await press(pilot, "5", "b", "enter")
        assert "demo-b holds no parallel_cosine" in text
        assert "after · layer 12  −" not in text
        assert app.session.other is None
        # A measure that both hold is taken away; the next one that it lacks is told, not shown as a difference.
        text = await press(pilot, "m", "b", "enter")
        assert "−  demo-b" in text
        for _ in range(6):
            text = await press(pilot, "m")
            if "cosine of parallel names" in text:
                break
        assert "−  demo-b" not in text
        assert "this run's alone" in text
    (workspace / "runs" / "demo-b" / "tables" / "predictions.csv").unlink()
    app = explorer(Run(workspace / "runs" / "demo-a"), corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        assert "demo-b holds no predictions" in await press(pilot, "4", "b", "enter")
        assert app.session.other is None


async def test_a_wide_screen_lists_the_values_in_order_and_follows_them(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "5", "tab")
        text = await press(pilot, "j")
        largest = _slice(rich, "after", 12).sort_values("cosine", ascending=False, kind="stable").iloc[1]
        assert f"cosine {largest['cosine']:.3f}" in text.splitlines()[-2]
        text = await press(pilot, "tab")
        await settle(pilot)
        assert app.in_view.query_one("#matrix").pair == (largest["a"], largest["b"])
