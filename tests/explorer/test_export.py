"""What is exported is what is shown, byte by byte, and nothing is overwritten unasked."""

import json

import pandas as pd
import pytest
from tui_driving import press, text_in

from nerspace.engine.runs import to_csv


async def _path(pilot, path) -> None:
    """Replace the path in the export window."""
    from textual.widgets import Input

    pilot.app.screen.query_one(Input).value = str(path)


async def test_names_are_exported_as_filtered_with_raw_values(app, tmp_path):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "t", "slash", *"type:ORG lang:en", "enter")
        text = await press(pilot, "e")
        assert "3 rows, as filtered" in text
        text = await press(pilot, "enter")
        assert "Wrote 3 rows" in text
    written = (tmp_path / "names.csv").read_bytes().decode()
    assert written == (
        "entity,type,gender,case,en\n"
        "unesco,ORG,,nominative,UNESCO\n"
        "reuters,ORG,,nominative,Reuters\n"
        "hostile,ORG,,nominative,[red]x[/red]\x1b[31m\n"
    )


async def test_sentences_are_exported_in_the_order_shown(app, tmp_path):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "slash", *"washington lang:en,tr", "enter", "e", "enter")
    assert (tmp_path / "sentences.csv").read_text(encoding="utf-8") == (
        "context,entity,type,case,en,tr\n"
        "c2,washington,LOC,nominative,The city of Washington is old.,Vaşington şehri eski.\n"
    )


async def test_a_file_is_only_replaced_after_a_second_enter(app, tmp_path):
    target = tmp_path / "tnld.csv"
    target.write_text("precious")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "5", "m", "m", "e")
        await _path(pilot, target)
        text = await press(pilot, "enter")
        assert "exists." in text
        assert target.read_text() == "precious"
        await press(pilot, "enter")
        assert target.read_text().startswith("a,b,type,subset,n,tnld\n")


async def test_a_missing_folder_is_one_clear_line(app, tmp_path):
    async with app.run_test(size=(100, 24)) as pilot:
        await press(pilot, "5", "e")
        await _path(pilot, tmp_path / "no" / "where.csv")
        text = await press(pilot, "enter")
        assert "No such folder: " in text
        await press(pilot, "escape")
    assert not (tmp_path / "no").exists()


async def test_a_matrix_is_exported_as_the_rows_of_its_slice(app, finished, tmp_path):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "5", "e", "enter")
    table = finished.read_table("parallel_cosine")
    expected = to_csv(table[(table["stage"] == "after") & (table["layer"] == 12)])
    assert (tmp_path / "parallel_cosine_after_12.csv").read_text(encoding="utf-8") == expected


async def test_a_map_is_exported_without_hidden_classes(app, finished, tmp_path):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "c", "x", "1", "e", "enter")
    written = pd.read_csv(tmp_path / "map_after_12.csv", keep_default_na=False)
    assert len(written) == (finished.read_table("points")["type"] != "PER").sum()
    drawn = finished.read_table("map").query("stage == 'after' and layer == 12").set_index("point")
    assert (drawn.loc[written["point"], "x"].to_numpy() == written["x"].to_numpy()).all()


async def test_curves_are_exported_as_the_probes_in_view(app, finished, tmp_path):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "3", "m", "left_square_bracket", "e", "enter")
    written = pd.read_csv(tmp_path / "probes_isoscore_0.csv")
    probes = finished.read_table("probes").query("measure == 'isoscore' and layer == 0")
    assert written["value"].tolist() == probes["value"].tolist()


async def test_copy_puts_the_row_on_the_clipboard(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "5", "y")
        assert "cosine=" in app.clipboard
        await press(pilot, "4", "y")
        assert app.clipboard.count("\t") == 4


async def test_a_name_that_no_file_system_takes_is_told_in_the_window(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "e")
        for name in ("a" * 300, "~nobody-at-all/x.csv", "a\0b"):
            await _path(pilot, name)
            assert "That cannot be the name of a file" in await press(pilot, "enter"), name


async def test_a_folder_is_made_after_asking_and_what_the_table_is_of_stands_beside_it(app, finished, tmp_path):
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await press(pilot, "4")
        await press(pilot, "e")
        await _path(pilot, tmp_path / "new" / "deep" / "points.csv")
        await press(pilot, "enter")
        assert "enter again makes it" in text_in(pilot, "#problem")
        assert not (tmp_path / "new").exists()
        await press(pilot, "enter")
    written = pd.read_csv(tmp_path / "new" / "deep" / "points.csv", keep_default_na=False)
    about = json.loads((tmp_path / "new" / "deep" / "points.csv.json").read_text(encoding="utf-8"))
    assert (about["run"], about["donors"], about["stage"], about["layer"]) == (finished.id, ["en"], "after", 12)
    assert about["rows"] == len(written)
    assert about["columns"]["language"]
    assert set(about["holds"]["type"]) == set(written["type"])


async def test_the_filter_of_a_list_and_the_run_it_is_of_stand_beside_it(app, finished, tmp_path):
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "8")
        await press(pilot, "enter")
        await press(pilot, "slash", *"table=transfer", "enter")
        await press(pilot, "enter")
        await press(pilot, "f", *"recipient:be,tr -wrong:2", "enter")
        await press(pilot, "e")
        await _path(pilot, tmp_path / "some.xlsx")
        text = await press(pilot, "enter")
        assert "Wrote 1 row to" in text
    about = json.loads((tmp_path / "some.xlsx.json").read_text(encoding="utf-8"))
    assert about["filter"] == "filter recipient:be,tr -wrong:2"
    assert about["run"] == finished.id
    assert about["holds"]["recipient"] == ["tr"]
    assert pd.read_excel(tmp_path / "some.xlsx")["recipient"].tolist() == ["tr"]


def test_the_command_writes_the_same_files_and_asks_in_the_same_language(command, finished, tmp_path):
    pytest.importorskip("pyarrow")
    at = ("--run", finished.id, "--workspace", str(finished.path.parent.parent))
    asked = ("export", "transfer", "--where", "lang:be,tr wrong>2", *at)
    for name, read in (("x.csv", pd.read_csv), ("x.parquet", pd.read_parquet), ("x.xlsx", pd.read_excel)):
        done = command(*asked, "--csv", name)
        assert done.returncode == 0, done.stderr
        assert read(tmp_path / name)["recipient"].tolist() == ["tr"]
        about = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        assert (about["run"], about["donors"], about["rows"]) == (finished.id, ["en"], 1)
        assert about["filter"] == "lang:be,tr wrong>2"
        assert about["command"].startswith("nerspace export transfer --where 'lang:be,tr wrong>2'")
    wrong = command("export", "transfer", "--where", "colour:red", *at)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("nerspace: Unknown field colour. Choose from donor, recipient, seed")
    (tmp_path / "mine.csv.json").write_text("mine")
    assert "not of nerspace" in command(*asked, "--csv", "mine.csv").stderr
    assert (tmp_path / "mine.csv.json").read_text() == "mine"
    assert not (tmp_path / "mine.csv").exists()
