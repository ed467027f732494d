"""A file of choices that holds something else is told, and the rest of it counts."""

from pathlib import Path

import pytest
from tui_driving import explorer, settle

from nerspace.tui.explorer.config import read_config


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keys = 5", "begin it with [keys]"), ('keys = "q"', "[keys]"), ("keys = [1, 2]", "[keys]"),
        ('[keys]\n"app.quit" = 5', "the keys of app.quit are no text"), ("theme = 5", "theme is no text"),
        ('[keys]\n"app.quit" = ["q"]', "no text"), ('ascii = "yes"', "neither true nor false"),
        ("theme = {a = 1}", "theme"),
        ('[keys]\n"no.such" = 5', "unknown action no.such"), ("theme = [" + "[" * 5000, "cannot be used"),
        ("= 5", "cannot be used"), ("\udcff", "cannot be used"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    folder = tmp_path / "config" / "nerspace"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_bytes(text.encode(errors="surrogateescape"))
    config = read_config()
    assert said in config.problem
    assert "\n" not in config.problem
    assert (config.keys, config.theme, config.ascii) == ({}, "", False)


def test_what_is_right_counts_beside_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "nerspace"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('theme = "nord"\nascii = 1\n[keys]\n"app.quit" = "Q"\n"space.color" = 3\n')
    config = read_config()
    assert (config.keys, config.theme, config.ascii) == ({"app.quit": "Q"}, "nord", False)
    assert "space.color" in config.problem


@pytest.mark.parametrize(
    ("keys", "left", "lost"),
    [
        ('"app.quit" = ""', {}, "app.quit"),
        ('"space.color" = "q"', {}, "space.color"),
        ('"space.color" = "?"\n"data.front" = "C"', {"data.front": "C"}, "space.color"),
        ('"space.color" = "q"\n"app.quit" = "Q,q"', {"space.color": "q", "app.quit": "Q,q"}, ""),
        ('"space.color" = "q"\n"app.quit" = "Q"', {"space.color": "q", "app.quit": "Q"}, ""),
    ],
)
def test_no_key_map_takes_help_or_quit_away(tmp_path, keys, left, lost):
    folder = tmp_path / "config" / "nerspace"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[keys]\n{keys}\n", encoding="utf-8")
    config = read_config()
    assert config.keys == left
    assert (f"the keys of {lost} would leave no way" in config.problem) == bool(lost)


async def test_an_unknown_theme_is_told_with_the_known_ones(finished, corpus, tmp_path):
    folder = tmp_path / "config" / "nerspace"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('theme = "nrod"\n', encoding="utf-8")
    async with explorer(finished, corpus).run_test(size=(120, 40), notifications=True) as pilot:
        assert "Unknown theme 'nrod'. Choose from " in await settle(pilot)
