"""Every text and point can be read in every theme, and over SSH all colors but a matrix's are the terminal's own."""

import pytest
from rich.color import ColorType
from textual.app import App
from tui_driving import explorer, press, settle

from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.legible import contrast, least_contrast

THEMES = ("nerspace", "textual-light")
SCREENS = ("1", "t", "T", "3", "4", "f5", "f6", "f7", "f8", "question_mark", "escape", "o", "escape", "e", "escape")


def segments_of(app: NerspaceApp):
    """The segments of the screen as the terminal gets them."""
    for strip in app.screen._compositor.render_strips():
        yield from (segment for segment in strip if segment.style is not None and segment.text.strip())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.slow
async def test_every_text_has_its_contrast(rich, corpus, theme):
    app = explorer(rich, corpus)
    faint = {}
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        app.theme = theme
        app.tell("A warning.", "warning")
        for keys in SCREENS:
            await press(pilot, keys)
            for text, style, _ in segments_of(app):
                if style.color is None or style.bgcolor is None or not (least := least_contrast(text)):
                    continue
                ratio = contrast(style.color, style.bgcolor)
                # Rounding to whole parts of a color may cost a little.
                if ratio < least - 0.05:
                    faint[keys, text.strip()[:30]] = (round(ratio, 2), str(style))
    assert not faint


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
@pytest.mark.slow
async def test_over_ssh_all_colors_are_the_terminals_own(rich, corpus, monkeypatch, theme):
    monkeypatch.setenv("SSH_CONNECTION", "1")
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert app.theme == "ansi-dark"
        app.theme = theme
        for keys in SCREENS:
            # The cells of a matrix stand on exact colors, with a foreground that can be read on them.
            await press(pilot, keys)
            for text, style, _ in segments_of(app):
                exact = [c for c in (style.color, style.bgcolor) if c is not None and c.type is ColorType.TRUECOLOR]
                if exact and keys in ("f5", "f6", "3"):
                    assert len(exact) == 2, (keys, text, style)
                    assert contrast(style.color, style.bgcolor) >= 4.5
                    continue
                for color in (style.color, style.bgcolor):
                    assert color is None or color.type in (ColorType.DEFAULT, ColorType.STANDARD), (keys, text, style)
                on_white = theme == "ansi-light" and not style.reverse and style.color and style.bgcolor
                if on_white and style.bgcolor.type is ColorType.DEFAULT:
                    assert style.color.number not in (3, 7, 9, 10, 11, 12, 13, 14, 15), (keys, text, style)


async def test_a_table_follows_a_change_of_theme(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = {str(style.color) for _, style, _ in segments_of(app) if style.color}
        app.theme = "textual-light"
        await settle(pilot)
        after = {str(style.color) for _, style, _ in segments_of(app) if style.color}
        assert not before & after


def test_themes_are_those_of_textual():
    assert {*THEMES[1:], "ansi-dark", "ansi-light"} <= set(App().available_themes)
