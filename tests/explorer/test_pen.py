"""Fewer bytes show the same screen: both outputs are drawn by a small terminal of this test, cell by cell."""

import random
import re
from io import StringIO

import pytest
from rich.console import Console
from tui_driving import press

from nerspace.tui.explorer.pen import Pen, ThriftyDriver

PARTS = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(.)", re.DOTALL)


class Terminal:
    """What stands in every cell, and how: of a blank only what is seen of it."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[object, ...]] = {}
        self.row = self.column = 0
        self.pen: dict[str, object] = {}

    def show(self, output: str) -> None:
        for codes, letter, sign in PARTS.findall(output):
            if letter == "m":
                self.paint([int(code or 0) for code in codes.split(";")])
            elif letter == "H":
                self.row, self.column = (int(part) - 1 for part in (codes or "1;1").split(";"))
            elif letter == "J":
                self.cells = {}
            elif sign == "\r":
                self.column = 0
            elif sign == "\n":
                self.row += 1
            elif sign:
                inked = sign != " " or any(self.pen.get(name) for name in ("line", "reverse", "strike"))
                look = self.pen if inked else {"background": self.pen.get("background")}
                told = tuple(sorted((key, value) for key, value in look.items() if value))
                self.cells[self.row, self.column] = (sign, told)
                self.column += 1

    def paint(self, codes: list[int]) -> None:
        names = {1: "bold", 2: "dim", 3: "italic", 4: "line", 7: "reverse", 9: "strike"}
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.pen = {}
            elif code in names:
                self.pen[names[code]] = True
            elif code == 22:
                self.pen["bold"] = self.pen["dim"] = False
            elif 20 < code < 30:
                self.pen[names[code - 20]] = False
            elif code in (38, 48):
                length = {5: 2, 2: 4}[codes[0]]
                self.pen["foreground" if code == 38 else "background"] = tuple(codes[:length])
                del codes[:length]
            elif code in (39, 49):
                self.pen["foreground" if code == 39 else "background"] = None
            else:
                self.pen["foreground" if code % 60 < 40 else "background"] = code


def stretch(draw: random.Random) -> str:
    """A stretch of a line as Textual writes it: its whole style, and all of it taken back."""
    codes = draw.sample(["1", "2", "3", "4", "7", "9"], draw.choice([0, 0, 0, 1, 2]))
    codes += draw.choices(["", "32", "38;5;80", "38;2;1;2;3"]) + draw.choices(["", "44", "48;2;9;9;9", "48;2;0;0;7"])
    text = draw.choice(["   ", "be", " a ", "▁W", " "])
    written = ";".join(code for code in codes if code)
    return f"\x1b[{written}m{text}\x1b[0m" if written else text


@pytest.mark.parametrize("seed", range(20))
def test_any_output_shows_the_same_in_fewer_bytes(seed):
    draw, pen = random.Random(seed), Pen()
    plain, thrifty = Terminal(), Terminal()
    before = after = 0
    for _ in range(30):
        output = f"\x1b[{draw.randrange(1, 20)};{draw.randrange(1, 60)}H" + "".join(
            stretch(draw) + draw.choice(["", "", "", "\r\n", "\x1b[2J", "\x1b[24m"])
            for _ in range(draw.randrange(1, 30))
        )
        thin = pen.thin(output)
        plain.show(output)
        thrifty.show(thin)
        assert thrifty.cells == plain.cells
        before, after = before + len(output), after + len(thin)
    assert after < before


@pytest.mark.parametrize("foreign", ["\x1b[4:3m", "\x1b[58;5;1m", "\x1b]8;;https://x\x1b\\", "\x1b[?1049h", "\x1b[K"])
def test_what_is_not_understood_is_left_as_it_is_and_the_pen_said_anew_behind_it(foreign):
    output = f"\x1b[31ma\x1b[0m{foreign}b\x1b[0m\x1b[31mc\x1b[0m"
    thin = Pen().thin(output)
    before, _, behind = thin.partition(foreign)
    # What it follows and what follows it is said whole, and reset.
    assert re.sub(r"\x1b\[[0-9;]*m", "", before) == "a"
    assert before.endswith("\x1b[m")
    assert "\x1b[0;31mc" in behind or "\x1b[31mc" in behind
    assert thin.endswith("\x1b[m")


@pytest.mark.parametrize("key", "123456789")
async def test_every_screen_is_drawn_the_same_by_fewer_bytes(app, key):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, key)
        console = Console(
            file=StringIO(), force_terminal=True, color_system="truecolor", width=80, legacy_windows=False
        )
        lines = [strip.render(console) for strip in app.screen._compositor.render_strips()]
    output = "\x1b[1;1H" + "\r\n".join(lines)
    plain, thrifty = Terminal(), Terminal()
    thin = Pen().thin(output)
    plain.show(output)
    thrifty.show(thin)
    assert thrifty.cells == plain.cells
    assert len(plain.cells) >= 80 * 23
    assert len(thin) < min(0.65 * len(output), 20_000), f"{len(output)} → {len(thin)}"


def test_the_explorer_writes_with_it(app):
    assert app.driver_class is ThriftyDriver
