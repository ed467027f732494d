"""Text from data can neither color, move nor hide anything on the screen."""

from rich.cells import cell_len
from terminals import EVIL, Terminal, acting
from textual.content import Content
from textual.widgets import Static
from tui_driving import explorer, press, settle, text_in

from nerspace.tui.literal import entity_text, fit, literal
from nerspace.tui.terminal import Door

SHOWN = "[red]x[/red]␛[31m"


def test_control_and_hidden_characters_become_visible():
    assert literal("a\x1b[31m\n\t\x7f") == "a␛[31m␊␉␡"
    assert literal("a\u202eb\u200bc\x9bd") == "a�b�c�d"
    assert literal("Vaşington Вашынгтон") == "Vaşington Вашынгтон"


def test_widths_are_counted_in_cells():
    assert fit("東京都", 4) == "東 …"
    assert cell_len(fit("東京都", 4)) == 4
    assert fit("ab", 5, right=True) == "   ab"


def test_the_name_is_found_in_the_text_by_its_words():
    shown = entity_text(("On", "met", "on", "."), ("O", "O", "B-PER", "O"), "bold", "On met on.")
    assert [(span.start, span.end) for span in shown.spans] == [(7, 9)]


async def test_hostile_names_are_drawn_literally_in_every_screen(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        text = await press(pilot, "G")
        assert SHOWN in text
        assert "\x1b" not in text
        text = await press(pilot, "enter")
        assert f"That is what {SHOWN} writes." in text
        text = await press(pilot, "escape", "T")
        assert f"{SHOWN}  ORG" in text
        assert "\x1b" not in text
        text = await press(pilot, "4", "slash", *"[red]", "enter")
        assert f"en {SHOWN}" in text or f" {SHOWN}  ORG  hostile" in text
        assert "\x1b" not in text


async def test_without_color_classes_are_letters_and_pieces_have_bars(finished, corpus, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "4", "p")
        assert not any(0x2800 < ord(letter) <= 0x28FF for letter in text)
        assert "B ● pl" in text
        assert text.count("B") > 3
        text = await press(pilot, "f2")
        assert "[▁Anna" in text


async def test_whatever_a_widget_draws_no_control_character_leaves_the_explorer(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.screen.mount(Static(Content(f"here {EVIL} there"), id="careless"))
        text = await settle(pilot)
        assert "vil" in text_in(pilot, "#careless")
        assert not acting(text)


async def test_a_run_whose_every_text_would_act_is_drawn_in_every_screen(evil_run, corpus):
    app = explorer(evil_run, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("f3", "f4", "f5", "f6", "f7", "f8"):
            assert not acting(await press(pilot, key)), key


async def test_what_is_told_of_a_crash_passes_the_door_too(finished, corpus, monkeypatch):
    import sys

    screen = Terminal()
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stderr", Door(screen, literal=True))
    app = explorer(finished, corpus)
    app.error_console.print(f"a file named {EVIL}", style="red")
    assert "vil" in screen.getvalue()
    assert not acting(screen.getvalue())
